"""Who a caller is to the cluster: the entry that wins, and the name and groups it gives.

Facts: `Map` in pkg/mapper/configmap/mapper.go, `doMapping` and `renderTemplates` in
pkg/server/server.go and `Verify` in pkg/token/token.go of kubernetes-sigs/aws-iam-authenticator.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from authmap.authenticator import placeholder
from authmap.authenticator.arn import canonical, parse
from authmap.authenticator.entry import go_lower

if TYPE_CHECKING:
    from collections.abc import Iterable

    from authmap.authenticator.entry import Entry


class Identity(NamedTuple):
    """What a caller is to the API server.

    Attributes:
        username: as rendered.
        groups: as rendered.
        section: `mapRoles`, `mapUsers` or `mapAccounts`.
        entry: the entry that wins; None for mapAccounts.
        others: further entries that may win instead: the authenticator picks at random.
    """

    username: str
    groups: list[str]
    section: str
    entry: Entry | None
    others: tuple[Entry, ...] = ()


class LoginError(ValueError):
    """An entry matches, but the login fails all the same; the message says why."""


class Caller(NamedTuple):
    """A caller as the token tells of it.

    Attributes:
        arn: the canonical ARN.
        account: the account id.
        session: the session name; empty where there is none, None where it is not known.
        access_key: the access key id, None where it is not known.
        dns_name: the private DNS name of the EC2 instance, None where it is not known.
    """

    arn: str
    account: str
    session: str | None
    access_key: str | None = None
    dns_name: str | None = None


def caller(
    arn: str,
    *,
    account_id: str | None = None,
    session_name: str | None = None,
    access_key_id: str | None = None,
    private_dns_name: str | None = None,
) -> Caller:
    """A caller from an ARN, and from what the ARN does not hold.

    Raises:
        ArnError: the authenticator refuses such an ARN.
    """
    parsed = parse(arn)
    kind = parsed.kind
    session: str | None = ""  # users and root have none
    if kind == "assumed-role":
        session = parsed.name if session_name is None else session_name
    elif kind == "role":
        session = session_name
    account = parsed.account if account_id is None else account_id
    return Caller(canonical(arn, parsed), account, session, access_key_id, private_dns_name)


class Index:
    """The maps of the authenticator's store, for looking callers up.

    Args:
        roles: entries of mapRoles that it holds.
        users: entries of mapUsers that it holds.
        accounts: ids of mapAccounts.
    """

    def __init__(
        self, roles: Iterable[Entry], users: Iterable[Entry], accounts: Iterable[str]
    ) -> None:
        self._sections = (_by_arn(roles), _by_arn(users))
        self._accounts = frozenset(accounts)

    def matches(self, arn: str) -> list[Entry]:
        """The entries for a canonical ARN: several where it is random which of them holds."""
        key = arn.lower() if arn.isascii() else fold(go_lower(arn))
        for entries in self._sections:
            found = entries.get(key)
            if found:
                return found
        return []

    def find(self, who: Caller) -> Identity | None:
        """The identity of a caller, or None where nothing maps it.

        Raises:
            LoginError: an entry matches, but cannot be rendered for this caller.
        """
        found = self.matches(who.arn)
        if found:
            entry = found[0]
            username = render(entry.username, who)
            groups = [render(text, who) if "{{" in text else text for text in entry.groups]
            return Identity(username, groups, entry.section.name, entry, tuple(found[1:]))
        if who.account in self._accounts:
            return Identity(who.arn, [], "mapAccounts", None)
        return None


def _by_arn(entries: Iterable[Entry]) -> dict[str, list[Entry]]:
    found: dict[str, list[Entry]] = {}
    for entry in entries:
        if entry.arn:
            found.setdefault(key(entry), []).append(entry)
    return found


def key(entry: Entry) -> str:
    """An entry's ARN, such that it is equal to a caller's folded one where it matches."""
    return fold(entry.section.consumer.match(entry.arn))


def fold(text: str) -> str:
    """A text such that two are equal where strings.EqualFold says they are."""
    return text.lower() if text.isascii() else "".join(map(_fold, text))


def _fold(character: str) -> str:
    for folded in (character.casefold(), character.lower()):
        if len(folded) == 1:
            return folded
    return character


def render(pattern: str, who: Caller) -> str:
    """A username or group with its placeholders filled in; what is not known is left in place.

    Raises:
        LoginError: the placeholder of an instance's name, and the caller is no instance.
    """
    if "{{" not in pattern:
        return pattern
    session = who.session
    if placeholder.EC2_PRIVATE_DNS_NAME in pattern:
        if session is not None and not re.fullmatch(r"i-(\w{8}|\w{17})", session, re.ASCII):
            named = f"this one is named `{session}`" if session else "there is none"
            needed = f"{placeholder.EC2_PRIVATE_DNS_NAME} needs a session named like an instance"
            raise LoginError(f"{needed} of EC2, and {named}")
        if who.dns_name is not None:
            pattern = pattern.replace(placeholder.EC2_PRIVATE_DNS_NAME, who.dns_name)
    pattern = pattern.replace(placeholder.ACCOUNT_ID, who.account)
    if session is not None:
        pattern = pattern.replace(placeholder.SESSION_NAME, session.replace("@", "-"))
        pattern = pattern.replace(placeholder.SESSION_NAME_RAW, session)
    if who.access_key is not None:
        pattern = pattern.replace(placeholder.ACCESS_KEY_ID, who.access_key)
    return pattern
