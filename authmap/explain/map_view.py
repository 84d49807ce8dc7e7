"""A map as the authenticator holds it, with all that does not count: what `authmap show` shows."""

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
    """What usernames in the audit log tell of the people behind them.

    Attributes:
        scope: who has a name of their own: `each session`, `each instance`, `each access key`,
            `this user`; or `everyone` together has one; `not rendered` where that is not known yet.
        username: the name, with `<session>` and so on for what differs.
    """

    scope: str
    username: str


class ActiveEntry(NamedTuple):
    """An entry that lets somebody in.

    Attributes:
        spot: where it stands.
        arn: its ARN.
        username: the username pattern.
        groups: the group patterns.
        audit: what the audit log will tell.
        random_with: lines of other entries for the same caller: which one holds is random.
    """

    spot: Spot
    arn: str
    username: str
    groups: list[str]
    audit: Audit
    random_with: list[int]


class InactiveEntry(NamedTuple):
    """An entry, or an item of mapAccounts, that lets nobody in.

    Attributes:
        spot: where it stands.
        arn: its ARN, or what it has in place of one; may be empty.
        username: the username pattern.
        groups: the group patterns.
        reason: why.
    """

    spot: Spot
    arn: str
    username: str
    groups: list[str]
    reason: Reason


class MappedAccount(NamedTuple):
    """An account that mapAccounts lets in."""

    spot: Spot
    account: str


class MapView(NamedTuple):
    """A map as the authenticator holds it.

    Attributes:
        path: the file.
        live: the entries that let somebody in, in the order in which they are written.
        dead: those that do not.
        accounts: the accounts of mapAccounts that are let in.
        lost: sections of which nothing is read.
        ignored: what else is written and not read; `what` is the code of the rule about it.
        notes: what else there is to know.
    """

    path: str
    live: list[ActiveEntry]
    dead: list[InactiveEntry]
    accounts: list[MappedAccount]
    unreadable_sections: list[Remark]
    ignored: list[Remark]
    notes: list[str]


def view(auth_map: AuthMap) -> MapView:
    """A map as the authenticator holds it."""
    live, dead, accounts = [], [], []
    for entry in auth_map.entries:
        reason = why_inactive(entry)
        if reason is None:
            rivals = [line_of(e) for e in auth_map.index.matches(_matched(entry)) if e is not entry]
            said = audit(auth_map, entry)
            live.append(
                ActiveEntry(spot(entry), entry.arn, entry.username, entry.groups, said, rivals)
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
    gone = unreadable_sections(auth_map)
    told = {each.line for each in (*gone, *refused(auth_map))}
    rest = [
        each
        for each in ignored(auth_map, About.UNREAD_TEXT, About.UNREAD_VALUE)
        if each.line not in told
    ]
    return MapView(auth_map.path, live, dead, accounts, gone, rest, unread(auth_map))


def _matched(entry: Entry) -> str:
    return entry.section.consumer.match(entry.arn)


def audit(auth_map: AuthMap, entry: Entry) -> Audit:
    """What the audit log will tell of those who come in by a live entry."""
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
