"""A map as the authenticator reads it, and what it ignores: the data of `authmap show`."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from authmap.authenticator import arn as arns
from authmap.authenticator import placeholder
from authmap.authenticator.resolve import Caller, render
from authmap.explain.reasons import (
    Remark,
    account_spots,
    arn_kind,
    ignored,
    refused,
    spot,
    template_in,
    unread,
    unreadable_sections,
    why_inactive,
    why_no_account,
)
from authmap.model.places import line_of
from authmap.model.rule import About

if TYPE_CHECKING:
    from authmap.authenticator.entry import Entry
    from authmap.explain.reasons import Reason, Spot
    from authmap.model.auth_map import AuthMap

_VARYING = (
    (placeholder.SESSION_NAME, "each session", "<session>"),
    (placeholder.SESSION_NAME_RAW, "each session", "<session>"),
    (placeholder.EC2_PRIVATE_DNS_NAME, "each instance", "<private DNS name>"),
    (placeholder.ACCESS_KEY_ID, "each access key", "<access key>"),
)


class Audit(NamedTuple):
    """What the audit log shows for the callers of an entry.

    Attributes:
        scope: what has its own username: `each session`, `each instance`, `each access key` or
            `this user`; `everyone` if all share one; `not rendered` if that is not known yet.
        username: the username, with stand-ins such as `<session>` for the parts that vary.
    """

    scope: str
    username: str


class ActiveEntry(NamedTuple):
    """An entry that callers can log in through.

    Attributes:
        spot: its place.
        arn: its ARN.
        username: the username pattern.
        groups: the group patterns.
        audit: what the audit log shows for its callers.
        random_with: lines of other entries for the same caller; which one wins is random.
    """

    spot: Spot
    arn: str
    username: str
    groups: list[str]
    audit: Audit
    random_with: list[int]


class InactiveEntry(NamedTuple):
    """An entry, or an item of mapAccounts, that nobody can log in through.

    Attributes:
        spot: its place.
        arn: its ARN, or the text in its place; may be empty.
        username: the username pattern.
        groups: the group patterns.
        reason: why it is inactive.
    """

    spot: Spot
    arn: str
    username: str
    groups: list[str]
    reason: Reason


class MappedAccount(NamedTuple):
    """An account whose callers are mapped by mapAccounts."""

    spot: Spot
    account: str


class MapView(NamedTuple):
    """A map as the authenticator reads it.

    Attributes:
        path: the path of the file.
        live: the active entries, in the order of the file.
        dead: the inactive entries and items of mapAccounts.
        accounts: the accounts that mapAccounts maps.
        unreadable_sections: the sections that are ignored entirely.
        ignored: other parts that are not read; `what` is the code of the rule that reports it.
        notes: further remarks.
    """

    path: str
    live: list[ActiveEntry]
    dead: list[InactiveEntry]
    accounts: list[MappedAccount]
    unreadable_sections: list[Remark]
    ignored: list[Remark]
    notes: list[str]


def view(auth_map: AuthMap) -> MapView:
    """The view of a map."""
    live, dead, accounts = [], [], []
    for entry in auth_map.entries:
        reason = why_inactive(entry)
        if reason is None:
            rivals = [line_of(e) for e in auth_map.index.matches(_matched(entry)) if e is not entry]
            seen_as = audit(auth_map, entry)
            live.append(
                ActiveEntry(spot(entry), entry.arn, entry.username, entry.groups, seen_as, rivals)
            )
        else:
            arn = entry.arn if entry.sso is None else entry.title
            dead.append(InactiveEntry(spot(entry), arn, entry.username, entry.groups, reason))
    for place, account in account_spots(auth_map):
        reason = why_no_account(account)
        if reason is None:
            accounts.append(MappedAccount(place, account))
        else:
            dead.append(InactiveEntry(place, account, "", [], reason))
    unreadable = unreadable_sections(auth_map)
    reported = {each.line for each in (*unreadable, *refused(auth_map))}
    rest = [
        each
        for each in ignored(auth_map, About.UNREAD_TEXT, About.UNREAD_VALUE)
        if each.line not in reported
    ]
    return MapView(auth_map.path, live, dead, accounts, unreadable, rest, unread(auth_map))


def _matched(entry: Entry) -> str:
    return entry.section.consumer.match(entry.arn)


def audit(auth_map: AuthMap, entry: Entry) -> Audit:
    """What the audit log shows for the callers of an active entry."""
    if template_in(auth_map, entry.username):
        return Audit("not rendered", entry.username)
    arn = _matched(entry)
    account = arns.parse(arn).account
    if arn_kind(arn) != "role":
        return Audit("this user", render(entry.username, Caller(arn, account, "")))
    username = render(entry.username, Caller(arn, account, None))
    scopes = [scope for known, scope, _ in _VARYING if known in username]
    for known, _, stand_in in _VARYING:
        username = username.replace(known, stand_in)
    return Audit(scopes[0] if scopes else "everyone", username)
