"""The user behind a login, as the API server and the map see them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from authmap.authenticator.arn import ArnError, canonicalize
from authmap.authenticator.resolve import Identity, LoginError, fold
from authmap.authenticator.username_overlap import entry_pattern, overlap

if TYPE_CHECKING:
    from authmap.authenticator.entry import Entry
    from authmap.cluster.change.plan import Plan
    from authmap.cluster.kube.session import Session
    from authmap.model.auth_map import AuthMap


class CurrentUser(NamedTuple):
    """The user that the API server sees behind a login.

    Attributes:
        username: the username the API server reports.
        groups: the groups the API server reports.
        arn: the caller's ARN from STS; None if the authenticator does not pass it on.
        mapped: whether the login is mapped by an entry of the map (and not by an access entry,
            a certificate or another token); None if unknown.
    """

    username: str
    groups: tuple[str, ...]
    arn: str | None
    mapped: bool | None

    def __str__(self) -> str:
        return f"`{self.username}`" + (f" ({self.arn})" if self.arn else "")


def who(session: Session, auth_map: AuthMap) -> CurrentUser | None:
    """The user behind a login, without impersonation; None if the API server does not report it.

    Args:
        session: the login.
        auth_map: the map that may have mapped the user.
    """
    info = session.who_am_i(impersonate=False)
    if info is None:
        return None
    username, groups = str(info.get("username", "")), tuple(info.get("groups") or ())
    extra: dict[str, Any] = info.get("extra") or {}
    arn = next((str(v[0]) for k, v in extra.items() if k.lower() == "arn" and v), None)
    if arn is None:
        possible = _possible_entries(auth_map, username, groups)
        return CurrentUser(username, groups, None, None if possible else False)
    identity = resolved(auth_map, arn)
    if identity is None:
        return CurrentUser(username, groups, arn, False)
    # another name comes from an access entry, or from an answer that the API server has cached
    return CurrentUser(username, groups, arn, True if identity.username == username else None)


def resolved(auth_map: AuthMap, arn: str) -> Identity | None:
    """The identity that a map gives a caller; None if it gives none."""
    try:
        return auth_map.resolve(arn)
    except (ArnError, LoginError):
        return None


def _possible_entries(auth_map: AuthMap, username: str, groups: tuple[str, ...]) -> list[Entry]:
    """The entries that could have mapped a caller to this user."""
    return [
        entry
        for entry in (*auth_map.roles, *auth_map.users)
        if _fits(entry, username)
        and {group for group in entry.groups if "{{" not in group} <= set(groups)
    ]


def _fits(entry: Entry, username: str) -> bool:
    """Whether an entry can give one of its callers this username."""
    return overlap(entry_pattern(entry, entry.username), username)


def under_new_map(plan: Plan, login: CurrentUser | None) -> bool | None:
    """Whether a login was mapped by the new map; None if its username does not show that.

    Each login may have a session name, and so a username, of its own.
    """
    if login is None or login.arn is None:
        return None
    old, new = resolved(plan.before, login.arn), resolved(plan.after, login.arn)
    if old is None or new is None or old.username == new.username:
        return None
    return login.username == new.username


def is_same(plan: Plan, caller: CurrentUser, login: CurrentUser) -> bool:
    """Whether a login after the write belongs to the user who wrote.

    With an ARN, the canonical ARNs decide; only a login by other means lacks the ARN that another
    one has. Without ARNs, the new username must be one that the entry of the user gives under the
    new map; a user without an entry keeps the name.

    Args:
        plan: the change that was written.
        caller: the user who wrote.
        login: the user of the login after the write.
    """
    if caller.arn or login.arn:
        return _canonical(caller.arn) == _canonical(login.arn)
    possible = _possible_entries(plan.before, caller.username, caller.groups)
    entries = [new for old, new in plan.pairs if old in possible]
    if not entries:
        return login.username == caller.username
    return any(_fits(entry, login.username) for entry in entries)


def _canonical(arn: str | None) -> str:
    """A caller's canonical ARN, folded as the authenticator compares it."""
    try:
        return fold(canonicalize(arn or ""))
    except ArnError:
        return arn or ""
