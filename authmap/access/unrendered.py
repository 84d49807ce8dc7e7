"""What cannot be compared, because another tool still has to render it.

An entry whose username, groups or ARN contain a template (`${var}`, `<ACCOUNT_ID>`, Helm's braces)
gives its callers something that only rendering can tell.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from authmap.access.rendering import Renderings, can_become
from authmap.authenticator.foreign_template import templates
from authmap.model.bindings import MASTERS
from authmap.model.places import at_entry, at_node
from authmap.syntax.layer import At
from authmap.syntax.problem import ProblemKind

if TYPE_CHECKING:
    import re
    from collections.abc import Iterable, Iterator

    from authmap.access.compare import AccessChange, Comparison
    from authmap.access.grant import Grant
    from authmap.access.principal import Principal
    from authmap.model.auth_map import AuthMap


class Unrendered(NamedTuple):
    """An entry, an item of mapAccounts or a whole section that contains a template.

    Attributes:
        title: its name in messages; the name of the section for a whole section.
        section: the name of its section.
        template: the first template in it.
        at: its place.
        arn: its ARN or account as written; empty for a whole section.
        groups: the groups of an entry.
        text: the username of an entry, or the text of a whole section.
    """

    title: str
    section: str
    template: str
    at: At
    arn: str = ""
    groups: tuple[str, ...] = ()
    text: str = ""

    @property
    def written(self) -> tuple[str, ...]:
        """What it says, wherever it is: what both maps say means the same in both."""
        return self.section, self.arn, self.text, *sorted(self.groups)

    @property
    def is_section(self) -> bool:
        """Whether it is a whole section."""
        return not self.arn and self.title == self.section

    @property
    def may_be_admin(self) -> bool:
        """Whether its callers have full control of the cluster, or may have it once rendered."""
        return self.is_section or any(can_become(group, MASTERS) for group in self.groups)


def unrendered(auth_map: AuthMap) -> list[Unrendered]:
    """The active entries, accounts and sections of a map that contain a template."""
    return [*_sections(auth_map), *_entries(auth_map), *_accounts(auth_map)]


def _sections(auth_map: AuthMap) -> Iterator[Unrendered]:
    for name, section in auth_map.sections.items():
        problem = section.problem
        if problem and problem.kind is ProblemKind.TEMPLATE:
            first = section.text[problem.start : problem.end].split("\n")[0]
            at = At(section, problem.start, problem.end)
            yield Unrendered(name, name, first, at, text=section.text)


def _entries(auth_map: AuthMap) -> Iterator[Unrendered]:
    for entry in (*auth_map.roles, *auth_map.users):
        found = [m[0] for text in (entry.arn, entry.username, *entry.groups) for m in _found(text)]
        if found:
            name, groups = entry.section.name, tuple(entry.groups)
            at = at_entry(entry)
            yield Unrendered(entry.title, name, found[0], at, entry.arn, groups, entry.username)


def _accounts(auth_map: AuthMap) -> Iterator[Unrendered]:
    for item in auth_map.account_items:
        found = _found(item.text)
        if found:
            at = at_node(auth_map.sections["mapAccounts"], item.node)
            yield Unrendered(item.text, "mapAccounts", found[0][0], at, item.text)


def _found(text: str) -> list[re.Match[str]]:
    return templates(text) if text else []


class _Candidates:
    """What is not rendered yet on one side, and not the same on the other one."""

    def __init__(self, found: Iterable[Unrendered]) -> None:
        arns: dict[bool, list[str]] = {True: [], False: []}
        self._sections: set[str] = set()
        for each in found:
            if each.is_section:
                self._sections.add(each.section)
            elif _found(each.arn):
                arns[each.section == "mapAccounts"].append(each.arn)
        self._accounts, self._arns = Renderings(arns[True]), Renderings(arns[False])

    def may_give(self, who: Principal, own: tuple[Grant, ...], other: tuple[Grant, ...]) -> bool:
        """Whether rendering this side can give a principal what only the other side gives it.

        Args:
            who: the principal.
            own: what this side gives it as written.
            other: what the other side gives it.
        """
        if any(grant.place[0] in self._sections for grant in other):
            return True
        if own or not other:
            return False
        places = (self._accounts, who.account), (self._arns, who.arn)
        return any(text and renderings.include(text) for renderings, text in places)


def differing(before: list[Unrendered], after: list[Unrendered]) -> list[Unrendered]:
    """What is not rendered yet in one of two maps, and not the same in the other one."""
    old, new = ({each.written for each in side} for side in (before, after))
    return [
        *(each for each in before if each.written not in new),
        *(each for each in after if each.written not in old),
    ]


def unjudged(
    comparison: Comparison, before: Iterable[Unrendered], after: Iterable[Unrendered]
) -> list[Principal]:
    """The principals whose access cannot be compared.

    Args:
        comparison: the comparison of the maps as they are written.
        before: what is not rendered yet in the map before.
        after: what is not rendered yet in the map after.
    """
    sides = list(before), list(after)
    known = [{each.arn for each in side} for side in sides]
    old, new = [  # an ARN that both sides write is somebody else's, before and after
        _Candidates(each for each in side if each.is_section or each.arn not in other)
        for side, other in zip(sides, reversed(known), strict=True)
    ]
    changed = differing(*sides)
    places = {(each.section, each.arn) for each in changed if each.arn}
    return [
        change.principal
        for change in comparison.principals
        if _has_template(change, places)
        or old.may_give(change.principal, change.before, change.after)
        or new.may_give(change.principal, change.after, change.before)
    ]


def _has_template(change: AccessChange, places: set[tuple[str, str]]) -> bool:
    """Whether an entry of the principal contains a template that decides what changes.

    Whatever it is rendered to, somebody who has no entry on the other side gains or loses access.
    """
    if not (change.before and change.after):
        return False
    entries = [grant.entry for grant in (*change.before, *change.after) if grant.entry]
    return any((entry.section.name, entry.arn) in places for entry in entries)
