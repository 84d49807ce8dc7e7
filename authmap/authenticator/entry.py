"""The entries that the authenticator reads from a map, which of them it keeps, and which win.

Implements exactly the semantics of kubernetes-sigs/aws-iam-authenticator: pkg/mapper/configmap
(`ParseMap`, `saveMap`), pkg/config/mapper.go and pkg/server/server.go, on top of Go's
encoding/json.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from authmap.authenticator.arn import PARTITIONS, principal
from authmap.authenticator.consumer import CONFIG_MAP, Consumer, MissingField, is_null
from authmap.syntax.located import Located
from authmap.syntax.nodes import Mapping, Node, Scalar, Sequence, resolve_alias
from authmap.syntax.printable import safe
from authmap.syntax.yaml import go_types
from authmap.syntax.yaml.merge_keys import merged

if TYPE_CHECKING:
    from authmap.authenticator.arn import Principal
    from authmap.authenticator.section import Section
    from authmap.syntax.source import Source

SSO_FIELDS = {name: name for name in ("permissionsetname", "accountid", "partition")}


class Field(NamedTuple):
    """A key and value of an entry; `name` is the field that it sets, or empty if it sets none."""

    name: str
    key: Scalar
    value: Node


class Group(NamedTuple):
    """An item of `groups` or mapAccounts; `text` is empty if the item is not text."""

    text: str
    node: Node


class Sso(NamedTuple):
    """The `sso` matcher of a role."""

    permission_set: str
    account: str
    partition: str


class Entry(Located):
    """An item of mapRoles or mapUsers as the authenticator reads it.

    Attributes:
        section: its section.
        index: its 0-based position in the section.
        node: its node in the section's text (an alias if it is written as one).
        fields: its keys and values in the order in which they are read.
        arn: its rolearn or userarn, or an empty string.
        username: the username pattern.
        groups: the group patterns.
        group_items: the group patterns with their nodes.
        sso: the SSO matcher, if there is one.
        userid: the principal ID, which nothing uses.
        dropped: why the authenticator drops it, or None.
        principal: the principal of its ARN, or None if the ARN does not have six parts.
        winner: the entry that overrides it, or None.
    """

    __slots__ = (
        "arn", "dropped", "fields", "group_items", "groups", "index", "node", "principal",
        "section", "sso", "userid", "username", "winner",
    )  # fmt: skip

    def __init__(self, section: Section, index: int, node: Node) -> None:
        self.section = section
        self.index = index
        self.node = node
        self.fields: list[Field] = []
        self.arn: str = ""
        self.username: str = ""
        self.userid: str = ""
        self.groups: list[str] = []
        self.group_items: list[Group] = []
        self.sso: Sso | None = None
        self.principal: Principal | None = None
        self.dropped: str | None = None
        self.winner: Entry | None = None

    def __repr__(self) -> str:
        return safe(f"<Entry {self.title} as `{self.username}` {self.location}>")

    @property
    def _stretch(self) -> tuple[Source, int, int]:
        return (self.section.source, *self.section.span(self.node.start, self.node.end))

    @property
    def account_id(self) -> str:
        """The account of its callers, as written in the entry; may be empty."""
        found = self.sso or self.principal
        return found.account if found else ""

    @property
    def has_session_name(self) -> bool:
        """Whether its callers have a session name: only callers who assume a role do."""
        found = None if self.sso else self.principal
        if found is None:
            return self.section.name == "mapRoles"
        return found.kind in ("role", "assumed-role")

    @property
    def role_name(self) -> str:
        """The name of its role or user without the path; the ARN if that has no name."""
        if self.sso is not None:
            return f"AWSReservedSSO_{self.sso.permission_set}"
        return self.principal.name if self.principal else self.arn

    @property
    def title(self) -> str:
        """Its role or user, as messages show it: `role/staff`, `user/jane`."""
        if self.sso is not None:
            return f"permission set {self.sso.permission_set}"
        found = self.principal
        if found is None:
            return self.arn
        if found.kind in ("role", "assumed-role"):
            return f"role/{found.name}"
        return f"{found.kind}/{found.name}" if found.kind.endswith("user") else self.arn

    def missing(self, name: str) -> MissingField:
        """How the entry lacks a field."""
        return MissingField(self.field(name) is not None, bool(self.groups))

    def field(self, name: str) -> Field | None:
        """The last key and value that sets a field, or None."""
        for field in reversed(self.fields):
            if field.name == name:
                return field
        return None


def read_entries(section: Section, root: Node | None = None) -> list[Entry]:
    """Read the items of mapRoles or mapUsers, dropped ones included.

    Args:
        section: the section.
        root: the list to read instead of the section's root, for a section that cannot be read.
    """
    root = resolve_alias(root or section.root)
    if not isinstance(root, Sequence):
        return []
    consumer = section.consumer
    known = {consumer.fold(key): field for key, field in consumer.keys[section.name].items()}
    numbers = range(len(root.items)) if section.only is None else section.only
    return [_entry(section, index, root.items[index], consumer, known) for index in numbers]


def is_unreadable(section: Section) -> bool:
    """Whether a section has content but the authenticator cannot read any of it."""
    if section.problem is not None:
        return True
    root = resolve_alias(section.root)
    try:
        return root is not None and not isinstance(root, Sequence) and not is_null(root)
    except go_types.GoYamlError:
        return True


def read_accounts(section: Section) -> list[Group]:
    """Read the items of mapAccounts; yaml.v2 reads every plain scalar verbatim.

    yaml.v2 stops at a tag that does not fit its text. The items before it apply; that item and the
    items after it are empty.
    """
    root = resolve_alias(section.root)
    items = root.items if isinstance(root, Sequence) else []
    found: list[Group] = []
    try:
        for node in items:
            target = resolve_alias(node)
            if isinstance(target, Scalar):
                found.append(Group(section.consumer.account(target), node))
    except go_types.GoYamlError:
        found += [Group("", node) for node in items[len(found) :]]
    return found


def store_entries(found: list[Entry]) -> dict[str, Entry]:
    """The entries of one section by store key; a later entry overrides an earlier one.

    Sets `winner` on overridden entries.
    """
    kept: dict[str, Entry] = {}
    if found and found[0].section.consumer.random:
        return kept
    keys = [(entry_key(entry), entry) for entry in found if entry.dropped is None]
    kept.update(keys)
    for key, entry in keys if len(kept) < len(keys) else ():
        last = kept[key]
        entry.winner = None if last is entry else last
    return kept


def entry_key(entry: Entry) -> str:
    """The key in the authenticator's store: a role's ARN in lower case, a user's ARN as written."""
    consumer = entry.section.consumer
    if entry.section.name == "mapUsers" and not consumer.canonical:
        return entry.arn
    if entry.sso is None:
        return go_lower(consumer.match(entry.arn))
    # SSOArnLike sets only the default partition, and ignores a configured one
    partition = "" if entry.sso.partition else "aws"
    role = f"role/AWSReservedSSO_{entry.sso.permission_set}_*"
    return go_lower(f"arn:{partition}:iam::{entry.sso.account}:{role}")


def go_lower(text: str) -> str:
    """Lower-case like Go's strings.ToLower: by character, so that the text does not grow."""
    return text.lower() if text.isascii() else "".join(map(_lower, text))


def _lower(character: str) -> str:
    lowered = character.lower()
    return lowered if len(lowered) == 1 else lowered[0]


def _entry(
    section: Section, index: int, node: Node, consumer: Consumer, known: dict[str, str]
) -> Entry:
    entry = Entry(section, index, node)
    mapping = resolve_alias(node)
    if isinstance(mapping, Mapping):
        entry.fields = fields = _fields(mapping, known, consumer)
        go_slice: list[str] = []
        for field in fields:
            if field.name == "groups":
                _read_groups(entry, field.value, go_slice, consumer)
            elif field.name == "sso":
                _read_sso(entry, field.value, consumer)
            elif field.name:
                text = consumer.text_of(field.value)
                if text is None:
                    continue
                if field.name == "username":
                    entry.username = text
                elif field.name in ("rolearn", "userarn"):
                    entry.arn = text
                elif field.name == "userid":
                    entry.userid = text
    entry.principal = principal(entry.arn)
    entry.dropped = _drop_reason(entry)
    return entry


def _fields(mapping: Mapping, known: dict[str, str], consumer: Consumer) -> list[Field]:
    """The fields in the order in which encoding/json reads them.

    Merge keys are resolved, the last of equal keys wins, and keys are sorted by bytes.
    """
    pairs: dict[str, Field] = {}
    for key_node, value in merged(mapping):
        key = resolve_alias(key_node)
        if type(key) is Scalar:
            text = key.value
            if key.tag is not None:  # !!binary
                text = go_types.resolve(text, key.tag, not key.style)[1]
            name = known[text] if text in known else known.get(consumer.fold(text), "")
            pairs[text] = Field(name, key, value)
    if len({field.name for field in pairs.values()}) < len(pairs):
        return [pairs[key] for key in sorted(pairs, key=str.encode)]
    return list(pairs.values())


def _read_groups(entry: Entry, value: Node, go_slice: list[str], consumer: Consumer) -> None:
    """Read a list of groups.

    encoding/json decodes into the existing elements of a slice; an item that is not text leaves
    its element unchanged.

    Args:
        entry: gets the groups.
        value: the list.
        go_slice: the elements left in Go's slice by an earlier `groups` key; updated in place.
        consumer: the program that reads the list.
    """
    target = resolve_alias(value)
    if isinstance(target, Sequence):
        if not target.items:
            go_slice.clear()
        go_slice += [""] * (len(target.items) - len(go_slice))
        for index, item in enumerate(target.items):
            text = consumer.text_of(item)
            if text is not None:
                go_slice[index] = text
        entry.groups = go_slice[: len(target.items)]
        entry.group_items = list(map(Group, entry.groups, target.items))
    elif is_null(value):
        go_slice.clear()
        entry.groups, entry.group_items = [], []
    elif consumer.weak:
        text = consumer.text_of(value)
        entry.groups = text.split(",") if text else []
        entry.group_items = [Group(part, value) for part in entry.groups]


def sso_fields(value: Node) -> list[Field]:
    """The fields of an `sso` matcher in the order in which they are read."""
    target = resolve_alias(value)
    return _fields(target, SSO_FIELDS, CONFIG_MAP) if isinstance(target, Mapping) else []


def _read_sso(entry: Entry, value: Node, consumer: Consumer) -> None:
    if is_null(value):
        entry.sso = None
        return
    values = dict(zip(SSO_FIELDS, entry.sso or ("", "", ""), strict=True))
    for field in sso_fields(value):
        text = consumer.text_of(field.value) if field.name else None
        if text is not None:
            values[field.name] = text
    entry.sso = Sso(*values.values())


def _drop_reason(entry: Entry) -> str | None:
    """Why the authenticator drops an entry, or None (pkg/config/mapper.go, Validate)."""
    if entry.section.name == "mapUsers" or entry.sso is None:
        return None if entry.arn else f"it has no {entry.section.arn_key}"
    if entry.arn:
        return "it has both rolearn and sso"
    if not re.fullmatch("[0-9]{12}", entry.sso.account):
        return "its sso.accountID is not a quoted string of twelve digits"
    if not re.fullmatch(r"[\w+=,.@-]{1,32}", entry.sso.permission_set, re.ASCII):
        return "its sso.permissionSetName is not a valid permission set name"
    if entry.sso.partition and entry.sso.partition not in PARTITIONS:
        return "its sso.partition does not exist"
    return None
