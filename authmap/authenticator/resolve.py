"""Resolves callers: finds the entry that wins, and renders its username and groups.

Source: `Map` in pkg/mapper/configmap/mapper.go, `doMapping` and `renderTemplates` in
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
    """The identity that a caller gets in the cluster.

    Attributes:
        username: the rendered username.
        groups: the rendered groups.
        section: `mapRoles`, `mapUsers` or `mapAccounts`.
        entry: the entry that wins; None for mapAccounts.
        others: other entries that could win instead: the authenticator picks one at random.
    """

    username: str
    groups: list[str]
    section: str
    entry: Entry | None
    others: tuple[Entry, ...] = ()


class LoginError(ValueError):
    """The login fails although an entry matches; the message says why."""


class Caller(NamedTuple):
    """A caller, as the authenticator knows it from the token.

    Attributes:
        arn: the canonical ARN.
        account: the account ID.
        session: the session name; empty if there is none, None if it is not known.
        access_key: the access key ID; None if it is not known.
        dns_name: the private DNS name of the EC2 instance; None if it is not known.
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
    """Create a caller from an ARN and from values that the ARN does not contain.

    Raises:
        ArnError: the authenticator rejects such an ARN.
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
    """The authenticator's map store, for looking up callers.

    Args:
        roles: the active entries of mapRoles.
        users: the active entries of mapUsers.
        accounts: the account IDs in mapAccounts.

    Attributes:
        accounts: see Args.
    """

    def __init__(
        self, roles: Iterable[Entry], users: Iterable[Entry], accounts: Iterable[str]
    ) -> None:
        self._sections = (_by_arn(roles), _by_arn(users))
        self.accounts = frozenset(accounts)

    def matches(self, arn: str) -> list[Entry]:
        """The entries for a canonical ARN; if there are several, a random one wins."""
        key = arn.lower() if arn.isascii() else fold(go_lower(arn))
        for entries in self._sections:
            found = entries.get(key)
            if found:
                return found
        return []

    def find(self, who: Caller) -> Identity | None:
        """The identity of a caller, or None if the map does not map the caller.

        Raises:
            LoginError: an entry matches, but cannot be rendered for this caller.
        """
        found = self.matches(who.arn)
        if found:
            entry = found[0]
            username = render(entry.username, who)
            groups = [render(text, who) if "{{" in text else text for text in entry.groups]
            return Identity(username, groups, entry.section.name, entry, tuple(found[1:]))
        if who.account in self.accounts:
            return Identity(who.arn, [], "mapAccounts", None)
        return None


def _by_arn(entries: Iterable[Entry]) -> dict[str, list[Entry]]:
    found: dict[str, list[Entry]] = {}
    for entry in entries:
        if entry.arn:
            found.setdefault(key(entry), []).append(entry)
    return found


def key(entry: Entry) -> str:
    """An entry's ARN, folded for comparison with a caller's folded ARN."""
    return fold(entry.section.consumer.match(entry.arn))


def fold(text: str) -> str:
    """Fold case: two texts fold to the same text if strings.EqualFold considers them equal."""
    return text.lower() if text.isascii() else "".join(map(_fold, text))


def _fold(character: str) -> str:
    for folded in (character.casefold(), character.lower()):
        if len(folded) == 1:
            return folded
    return character


def render(pattern: str, who: Caller) -> str:
    """Fill in the placeholders of a username or group; those with unknown values stay.

    Raises:
        LoginError: the pattern needs an EC2 instance, but the caller is not one.
    """
    if "{{" not in pattern:
        return pattern
    session = who.session
    if placeholder.EC2_PRIVATE_DNS_NAME in pattern:
        if session is not None and not re.fullmatch(r"i-(\w{8}|\w{17})", session, re.ASCII):
            actual = f"the session name is `{session}`" if session else "there is no session"
            needed = f"{placeholder.EC2_PRIVATE_DNS_NAME} requires an EC2 instance ID"
            raise LoginError(f"{needed} as the session name, but {actual}")
        if who.dns_name is not None:
            pattern = pattern.replace(placeholder.EC2_PRIVATE_DNS_NAME, who.dns_name)
    pattern = pattern.replace(placeholder.ACCOUNT_ID, who.account)
    if session is not None:
        pattern = pattern.replace(placeholder.SESSION_NAME, session.replace("@", "-"))
        pattern = pattern.replace(placeholder.SESSION_NAME_RAW, session)
    if who.access_key is not None:
        pattern = pattern.replace(placeholder.ACCESS_KEY_ID, who.access_key)
    return pattern
