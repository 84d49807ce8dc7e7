"""Two maps compared for a report: what changes, for whom, and whether that fails the run."""

from __future__ import annotations

from collections import Counter
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from authmap.access.compare import AccessChange, Comparison, Effect, compare
from authmap.access.concern import Concern, concerns
from authmap.access.unrendered import differing, unjudged, unrendered

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from authmap.access.principal import Principal
    from authmap.access.unrendered import Unrendered
    from authmap.model.auth_map import AuthMap
    from authmap.model.bindings import Bindings


class Row(NamedTuple):
    """A principal whose access or username changes.

    Attributes:
        change: what changes.
        title: its name in the report; unlike `Principal.title`, no two principals share it.
        concerns: what the change means.
        admin: `gained` if it gains full control of the cluster, `lost` if it loses it and nobody
            else has it, or an empty string.
    """

    change: AccessChange
    title: str
    concerns: frozenset[Concern]
    admin: str

    @property
    def group(self) -> str:
        """The group of rows that it is in: `nodes`, `lost`, `gained` or `changed`."""
        if Concern.NODES in self.concerns:
            return "nodes"
        if Effect.LOST in self.change.effects:
            return "lost"
        return "gained" if Effect.GAINED in self.change.effects else "changed"


GROUPS = ("nodes", "lost", "gained", "changed")


class AccessReport:
    """Two maps compared.

    Args:
        before: one map.
        after: the other map.
        bindings: the RBAC bindings of the cluster, if they are known.
        fail_on: the concerns that fail the run.

    Attributes:
        before: see Args.
        after: see Args.
        fail_on: see Args.
        comparison: the comparison; principals that cannot be judged have no effects in it.
        unrendered: what is not rendered yet in one of the maps, and differs in the other one.
        unknown: the principals whose access is not judged because of that.
    """

    def __init__(
        self,
        before: AuthMap,
        after: AuthMap,
        *,
        bindings: Bindings | None = None,
        fail_on: Collection[Concern] = (),
    ) -> None:
        self.before = before
        self.after = after
        self.fail_on = fail_on
        self._bindings = bindings
        old, self._new = unrendered(before), unrendered(after)
        self.unrendered: list[Unrendered] = differing(old, self._new)
        whole = compare(before, after, bindings=bindings)
        self.unknown: list[Principal] = unjudged(whole, old, self._new)
        self.comparison: Comparison = _without(whole, set(self.unknown))

    @cached_property
    def rows(self) -> list[Row]:
        """The principals that change, group by group, in the order of the entries."""
        rows = list(self._rows())
        return [row for group in GROUPS for row in rows if row.group == group]

    def _rows(self) -> Iterator[Row]:
        comparison, titles = self.comparison, _titles(self.comparison)
        concerned = concerns(comparison)
        admins = {
            each.principal: "gained" if comparison.gains_admin(each) else "lost"
            for each in concerned[Concern.ADMIN]
        }
        if any(each.may_be_admin for each in self._new):  # somebody else may have it
            admins = {who: what for who, what in admins.items() if what == "gained"}
        found: dict[Principal, set[Concern]] = {}
        for concern, changes in concerned.items():
            for change in changes:
                if concern is not Concern.ADMIN or change.principal in admins:
                    found.setdefault(change.principal, set()).add(concern)
        for change in comparison.changes:
            who = change.principal
            yield Row(change, titles[who], frozenset(found.get(who, ())), admins.get(who, ""))

    @property
    def counts(self) -> dict[str, int]:
        """The number of rows in each group, and of the others who can log in."""
        counted = Counter(row.group for row in self.rows)
        rows, unknown = {group: counted[group] for group in GROUPS}, set(self.unknown)
        others = [each for each in self.comparison.principals if each.before and not each.effects]
        unchanged = sum(each.principal not in unknown for each in others)
        return {**rows, "unchanged": unchanged, "unknown": len(unknown)}

    @property
    def failed(self) -> list[Concern]:
        """The concerns that fail the run."""
        found = {concern for row in self.rows for concern in row.concerns}
        return [concern for concern in Concern if concern in found and concern in self.fail_on]

    def fails(self, row: Row) -> bool:
        """Whether a row fails the run."""
        return not row.concerns.isdisjoint(self.fail_on)

    @property
    def unchecked(self) -> str | None:
        """Why a binding to a username that changes may be unknown, or None."""
        if not any(Effect.RENAMED in row.change.effects for row in self.rows):
            return None
        if self._bindings is None:
            return "no bindings given (--rbac PATH or --context NAME)"
        return self._bindings.missing


def _without(comparison: Comparison, unknown: Collection[Principal]) -> Comparison:
    """A comparison in which unknown principals have no effects."""
    blank = AccessChange._field_defaults
    found = [
        each._replace(**blank) if each.principal in unknown else each
        for each in comparison.principals
    ]
    return comparison._replace(principals=found)


def _titles(comparison: Comparison) -> dict[Principal, str]:
    """A name for each principal, with its account or ARN where others share its title."""
    found = {each.principal: each.principal.title for each in comparison.principals}
    for more in ("{0.title} in account {0.account}", "{0.title} ({0.arn})"):
        shared = Counter(title.lower() for title in found.values())
        for who, title in found.items():
            if shared[title.lower()] > 1:
                found[who] = more.format(who)
    return found
