"""What a map gives a principal: usernames, groups, and the bindings that apply to them.

A grant is symbolic: it holds for all callers of a principal at once. Placeholders whose value
depends on the login stay in its patterns, and the login itself may depend on it, because
`{{EC2PrivateDNSName}}` fails for every session that is not named after an EC2 instance. Two grants
are equal only if they are equal for every session: values are filled in without braces, so two
different patterns never hide the same text behind a placeholder.
"""

from __future__ import annotations

from enum import Enum, auto
from functools import cache, lru_cache
from typing import TYPE_CHECKING, NamedTuple

from authmap.authenticator import username_overlap
from authmap.authenticator.placeholder import (
    ACCOUNT_ID,
    EC2_PRIVATE_DNS_NAME,
    SESSION_NAME,
    SESSION_NAME_RAW,
)
from authmap.model.bindings import MASTERS, Bindings
from authmap.model.reserved_entries import NODE_PREFIX

if TYPE_CHECKING:
    from authmap.access.principal import Principal
    from authmap.authenticator.entry import Entry
    from authmap.model.auth_map import AuthMap
    from authmap.model.bindings import Binding

OWN_ARN = "the caller's ARN"
SERVICE_ACCOUNT = "system:serviceaccount:"


class Kind(Enum):
    """The kinds of access.

    Attributes:
        LOGIN: to log in; `instances` of EC2, or `others`.
        GROUP: to be in a group, bound or not.
        USER: to be a user that a binding names.
        NAME: to have a username at all, where bindings are not known: one may name it.
        NODE: to be a node for the node authorizer, under one name or another.
    """

    LOGIN = auto()
    GROUP = auto()
    USER = auto()
    NAME = auto()
    NODE = auto()


class Access(NamedTuple):
    """One thing that a principal may do or be.

    Attributes:
        kind: what kind of access it is.
        name: the group, or the user that a binding names, or a node's username.
        through: for a user, the pattern that can become the user's name. Sessions that a pattern
            lets become a user are not those of another pattern.
    """

    kind: Kind
    name: str = ""
    through: str = ""


INSTANCES, OTHERS = "instances", "others"
_ALL = frozenset([INSTANCES, OTHERS])
_NAME = Access(Kind.NAME)


@cache
def _login(who: str) -> Access:
    return Access(Kind.LOGIN, who)


@lru_cache(maxsize=8192)
def _in_group(name: str) -> Access:
    return Access(Kind.GROUP, name)


class Grant(NamedTuple):
    """What an entry, or mapAccounts, makes of a principal.

    Attributes:
        username: the username pattern with the account filled in; for mapAccounts the caller's
            canonical ARN, or `OWN_ARN` if it is not known.
        groups: the group patterns with the account filled in.
        logins: who can log in: `INSTANCES`, which are sessions named after an EC2 instance, and
            `OTHERS`. Empty if every login with this entry fails.
        entry: the entry; None for mapAccounts.
        account: the account ID of its callers.
    """

    username: str
    groups: frozenset[str]
    logins: frozenset[str]
    entry: Entry | None
    account: str

    @property
    def effect(self) -> tuple[str, frozenset[str], frozenset[str], bool]:
        """All of it but the entry that it comes from."""
        return self.username, self.groups, self.logins, self.entry is None

    @property
    def place(self) -> tuple[str, int | None]:
        """The section, and the index of the entry in it; None for mapAccounts."""
        if self.entry is None:
            return "mapAccounts", None
        return self.entry.section.name, self.entry.index


def grants(auth_map: AuthMap, principal: Principal) -> tuple[Grant, ...]:
    """What a map gives a principal.

    Returns:
        The grants, of which each login gets any one: several only for users whose ARN is written
        in several cases. No grant if nobody of the principal can log in.
    """
    entries = auth_map.index.matches(principal.arn) if principal.arn else []
    if entries:
        found = tuple(_grant(entry, principal) for entry in entries)
        return found if any(grant.logins for grant in found) else ()
    if principal.account not in auth_map.index.accounts:
        return ()
    username = principal.arn or OWN_ARN
    return (Grant(username, frozenset(), _ALL, None, principal.account),)


def _grant(entry: Entry, who: Principal) -> Grant:
    username, groups, logins = entry.username, entry.groups, _ALL
    if "{{" in username or any("{{" in group for group in groups):
        if any(EC2_PRIVATE_DNS_NAME in text for text in (username, *groups)):
            logins = frozenset([INSTANCES] if who.has_session else [])
        username, groups = _filled(username, who), [_filled(group, who) for group in groups]
    return Grant(username, frozenset(groups), logins, entry, who.account)


def _filled(text: str, who: Principal) -> str:
    text = text.replace(ACCOUNT_ID, who.account)
    if not who.has_session:
        text = text.replace(SESSION_NAME, "").replace(SESSION_NAME_RAW, "")
    return text


def pattern(text: str) -> str:
    """The pattern of a filled-in username or group, for `username_overlap` and `Bindings`."""
    return username_overlap.pattern(text, "", sessions=True)


def access(grant: Grant, bindings: Bindings) -> frozenset[Access]:
    """What a grant allows.

    Args:
        grant: the grant.
        bindings: the known bindings, those of the API server among them.
    """
    if not grant.logins:
        return frozenset()
    found = set(map(_login, grant.logins))
    found.update(map(_in_group, grant.groups))
    if grant.username.startswith(NODE_PREFIX) and "system:nodes" in grant.groups:
        found.add(Access(Kind.NODE, grant.username))
    if grant.username and bindings.missing is not None:
        found.add(_NAME)
    if grant.username.startswith(SERVICE_ACCOUNT):  # has all that is bound to it
        found.add(Access(Kind.USER, grant.username))
    if grant.entry is None:
        found.update(Access(Kind.USER, user) for user, _ in bindings.of_arn(grant.username))
        return frozenset(found)
    text = pattern(grant.username)
    through = text if username_overlap.is_open(text) else ""
    found.update(Access(Kind.USER, user, through) for user, _ in bindings.of_user(text))
    return frozenset(found)


def bindings_of(item: Access, bindings: Bindings) -> list[Binding]:
    """The bindings because of which a group or user counts, without duplicates."""
    if item.kind is Kind.GROUP:
        found = bindings.of_group(pattern(item.name))
    else:
        found = bindings.of_user(item.name) if item.kind is Kind.USER else []
    return list({binding[:4]: binding for _, binding in found}.values())


def as_instance(item: Access) -> Access:
    """Access as EC2 instances have it.

    Their session names start with `i-`, so a group `system:{{SessionName}}` is never
    `system:masters`.
    """
    name = item.name
    for placeholder in (SESSION_NAME, SESSION_NAME_RAW):
        name = name.replace(placeholder, f"i-{placeholder}")
    return item._replace(name=name)


def is_admin(item: Access, bindings: Bindings) -> bool:
    """Whether a group or user gives full control of the cluster."""
    if item == Access(Kind.GROUP, MASTERS):
        return True
    return any(
        (binding.kind, binding.role) == ("ClusterRoleBinding", "ClusterRole/cluster-admin")
        for binding in bindings_of(item, bindings)
    )
