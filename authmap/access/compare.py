"""Compares two maps: who gains, who loses, and whose name changes.

See docs/access.md for why the comparison covers every caller.
"""

from __future__ import annotations

from enum import Flag, auto
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from authmap.access.bootstrap import with_bootstrap
from authmap.access.grant import (
    INSTANCES,
    OTHERS,
    Access,
    Grant,
    Kind,
    access,
    as_instance,
    bindings_of,
    grants,
    is_admin,
)
from authmap.access.principal import Principal, principals
from authmap.model.auth_map import AuthMap
from authmap.model.bindings import AUTHENTICATED
from authmap.model.reserved_entries import NODE_GROUPS, NODE_PREFIX
from authmap.syntax.printable import safe

if TYPE_CHECKING:
    from authmap.model.bindings import Binding, Bindings
    from authmap.model.planned_change import PlannedChange


class Effect(Flag):
    """What a change of the map means for a principal. No effect: nothing changes.

    Attributes:
        RENAMED: the username changes.
        GAINED: callers can log in who could not before.
        LOST: callers can no longer log in.
        MORE: they get more groups or bindings.
        FEWER: they get fewer groups or bindings.
    """

    RENAMED = auto()
    GAINED = auto()
    LOST = auto()
    MORE = auto()
    FEWER = auto()

    def __str__(self) -> str:
        names = [each.name.lower() for each in Effect if each in self and each.name]
        return ", ".join(names) or "same"


class AccessChange(NamedTuple):
    """A principal's access before and after a change.

    Attributes:
        principal: the principal.
        before: what the map before gives it: its entry, username and groups. Several grants if
            each login gets any one of them; none if nobody can log in.
        after: what the map after gives it.
        effects: what the change means for it.
        gained: what it may do after, but not before.
        lost: what it may do before, but not after.
    """

    principal: Principal
    before: tuple[Grant, ...]
    after: tuple[Grant, ...]
    effects: Effect = Effect(0)
    gained: frozenset[Access] = frozenset()
    lost: frozenset[Access] = frozenset()

    def __repr__(self) -> str:
        return safe(f"<AccessChange {self.principal.title}: {self.effects}>")


class Comparison(NamedTuple):
    """Two maps compared.

    Attributes:
        principals: every principal that one of the maps knows, whether its access changes or not,
            in the order of the entries; entries that only the map after has come last.
        bindings: the known bindings, those of the API server among them. If `bindings.missing` is
            set, a renamed user may gain or lose a binding that is not known.
    """

    principals: list[AccessChange]
    bindings: Bindings

    def __repr__(self) -> str:
        return f"<Comparison: {len(self.changes)} of {len(self.principals)} principals change>"

    @property
    def changes(self) -> list[AccessChange]:
        """The principals whose access or username changes."""
        return [each for each in self.principals if each.effects]

    def evidence(self, item: Access) -> list[Binding]:
        """The bindings that make a group or user in `gained` or `lost` count."""
        return bindings_of(item, self.bindings)

    @property
    def nodes_lost(self) -> list[AccessChange]:
        """The principals whose nodes can no longer log in, or not as the same nodes."""
        return [
            change
            for change in self.changes
            if any(grant.username.startswith(NODE_PREFIX) for grant in change.before)
            and (Effect.LOST in change.effects or any(map(_concerns_nodes, change.lost)))
        ]

    @property
    def admins_lost(self) -> list[AccessChange]:
        """The principals that lose full control of the cluster, if nobody is left who has it.

        EC2 instances that have it do not count, if others had it.
        """
        left: set[str] = set()
        for each in self.principals:
            left |= self.admin_logins(each.after)
            if OTHERS in left:
                return []
        return [change for change in self.changes if self.admin_logins(change.before) - left]

    @property
    def admins_gained(self) -> list[AccessChange]:
        """The principals that gain full control of the cluster, if only for some logins."""
        return list(filter(self.gains_admin, self.changes))

    def gains_admin(self, change: AccessChange) -> bool:
        """Whether a principal gains full control of the cluster, if only for some logins."""
        return bool(self.admin_logins(change.after) - self.admin_logins(change.before))

    def admin_logins(self, grants: tuple[Grant, ...]) -> frozenset[str]:
        """Who gets full control of the cluster by grants: `INSTANCES`, `OTHERS`, both, or nobody.

        See `Grant.logins`.
        """
        return frozenset(
            login for grant in grants for login in grant.logins if self._admin(grant, login)
        )

    def through(self, grants: tuple[Grant, ...]) -> str:
        """The groups and users through which grants give full control, as messages show them."""
        found = {
            f"{'group' if item.kind is Kind.GROUP else 'user'} `{item.name}`"
            for grant in grants
            for login in grant.logins
            for item in self._admin(grant, login)
        }
        return " and ".join(sorted(found))

    def _admin(self, grant: Grant, login: str) -> list[Access]:
        """What gives full control of the cluster to those who log in with a grant."""
        items = access(grant, self.bindings) | {Access(Kind.GROUP, AUTHENTICATED)}
        if login == INSTANCES:
            items = frozenset(map(as_instance, items))
        return [item for item in items if is_admin(item, self.bindings)]


def compare(before: AuthMap, after: AuthMap, *, bindings: Bindings | None = None) -> Comparison:
    """Compare who can log in, as what and with which access, in two maps.

    Args:
        before: one map; `AuthMap.from_data({})` is an empty one.
        after: the other map.
        bindings: the RBAC bindings of the cluster, if they are known.

    Raises:
        TypeError: one of them is not a map.
    """
    _check_type(before)
    _check_type(after)
    known = with_bootstrap(bindings)
    found = [
        _compared(AccessChange(who, grants(before, who), grants(after, who)), known)
        for who in principals(before, after)
    ]
    return Comparison(found, known)


def _check_type(value: object) -> None:
    if not isinstance(value, AuthMap):
        hint = "; `load` reads the maps in a file" if isinstance(value, bytes) else ""
        raise TypeError(f"authmap compares two AuthMap, not {type(value).__name__}{hint}")


def _compared(change: AccessChange, known: Bindings) -> AccessChange:
    """A change with its effects."""
    old, new = change.before, change.after
    if {grant.effect for grant in old} == {grant.effect for grant in new}:
        return change
    # a login gets any one of these, if there are several; nobody who logs in gets the empty set
    had = [access(grant, known) for grant in old] or [frozenset[Access]()]
    has = [access(grant, known) for grant in new] or [frozenset[Access]()]
    effects = Effect(0)
    gained = lost = frozenset[Access]()
    if not (_all_within(has, had) and _all_reach(had, has)):
        gained = frozenset().union(*has) - had[0].intersection(*had)
        login = any(item.kind is Kind.LOGIN for item in gained)
        effects |= Effect.GAINED if login else Effect.MORE
    if not (_all_within(had, has) and _all_reach(has, had)):
        lost = frozenset().union(*had) - has[0].intersection(*has)
        effects |= Effect.LOST if any(item.kind is Kind.LOGIN for item in lost) else Effect.FEWER
    if old and new and {grant.username for grant in old} != {grant.username for grant in new}:
        effects |= Effect.RENAMED
    if not effects:  # another grant in between, or the way in: not nothing
        effects = Effect.RENAMED
    return change._replace(effects=effects, gained=gained, lost=lost)


def _concerns_nodes(item: Access) -> bool:
    return item.kind is Kind.NODE or (item.kind is Kind.GROUP and item.name in NODE_GROUPS)


def _all_within(some: list[frozenset[Access]], others: list[frozenset[Access]]) -> bool:
    """Whether each of some is part of one of the others."""
    return all(any(each <= other for other in others) for each in some)


def _all_reach(some: list[frozenset[Access]], others: list[frozenset[Access]]) -> bool:
    """Whether each of some has one of the others that is part of it."""
    return all(any(other <= each for other in others) for each in some)


@lru_cache(maxsize=1)  # several rules ask
def planned(change: PlannedChange, bindings: Bindings | None) -> Comparison:
    """Compare the maps before and after a change in a Terraform plan."""
    return compare(change.before, change.after, bindings=bindings)
