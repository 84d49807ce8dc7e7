"""The principals that a map can know: everybody else is a stranger to it.

The authenticator decides by a caller's canonical ARN, without regard to case, and then by the
caller's account. So all callers with the same folded ARN share a fate, and so do all callers of an
account who have no entry. Nothing else about a caller selects an entry.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from authmap.authenticator import resolve
from authmap.authenticator.arn import meant, principal
from authmap.authenticator.arn_fault import is_sound

if TYPE_CHECKING:
    from collections.abc import Iterator

    from authmap.authenticator.entry import Entry
    from authmap.model.auth_map import AuthMap


class Principal(NamedTuple):
    """A role, user, federated user or root; or everybody else in an account.

    Attributes:
        arn: the canonical ARN as an entry spells it; empty for everybody else in an account.
        account: the account ID.
        title: the name in messages: `role/staff`, `user/jane`, `everyone else in account …`.
        has_session: whether its callers have a session name: only callers who assume a role do.
            Everybody else in an account includes both.
    """

    arn: str
    account: str
    title: str
    has_session: bool


def principals(*maps: AuthMap) -> Iterator[Principal]:
    """All principals that a map names, also in inactive entries, then those of its accounts.

    A role's ARN that is written with its path stands for the role without it, because STS never
    reports the path. ARNs that no caller can have are left out.
    """
    seen: set[str] = set()
    for auth_map in maps:
        for entry in auth_map.entries:
            arn = meant(entry.section.consumer.match(entry.arn)) if entry.arn else ""
            key = resolve.fold(arn)
            if not arn or key in seen:
                continue
            seen.add(key)
            if is_sound(key):
                yield _of(entry, arn)
    for auth_map in maps:
        for account in auth_map.accounts:
            if account not in seen and re.fullmatch(r"[0-9]{12}", account):
                seen.add(account)
                yield Principal("", account, f"everyone else in account {account}", False)


def _of(entry: Entry, arn: str) -> Principal:
    found = entry.principal if arn is entry.arn else principal(arn)
    if found is None:  # not with a sound ARN
        return Principal(arn, entry.account_id, entry.title, entry.has_session_name)
    title = f"{found.kind}/{found.name}"
    if found.kind == "root":
        title = f"the root user of account {found.account}"
    return Principal(arn, found.account, title, found.kind == "role")
