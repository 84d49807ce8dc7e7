"""An aws-auth map: its object, its sections, and the entries that the authenticator reads."""

from __future__ import annotations

from enum import Enum, auto
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from authmap.authenticator import arn, resolve
from authmap.authenticator.entry import read_accounts, read_entries, store_entries
from authmap.authenticator.placeholder import braced
from authmap.authenticator.section import SECTIONS, Section
from authmap.model.content import Content
from authmap.syntax.located import Located
from authmap.syntax.nodes import Mapping, Scalar
from authmap.syntax.source import BOM, Source

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from collections.abc import Mapping as StrMapping

    from authmap.authenticator.entry import Entry, Group
    from authmap.authenticator.placeholder import Delimiters
    from authmap.syntax.layer import Layer
    from authmap.syntax.nodes import Node


class DataKey(NamedTuple):
    """A key in the object's `data`, with the nodes of the key and of its value."""

    name: str
    key: Scalar
    value: Node


class Shape(Enum):
    """The form in which a map is written.

    Attributes:
        CONFIG_MAP: a ConfigMap.
        PATCH: an object that has only `data`.
        ENTRIES: a bare list of entries.
        DATA: the data of a ConfigMap, from a cluster or from a caller of the library.
        EKSCTL: a ClusterConfig of eksctl.
        SERVER: the authenticator's own configuration.
        OBJECTS: IAMIdentityMapping objects.
        CONTROL_PLANE: a control plane of Cluster API.
        VALUES: values of a chart or a module.
    """

    CONFIG_MAP = auto()
    PATCH = auto()
    ENTRIES = auto()
    DATA = auto()
    EKSCTL = auto()
    SERVER = auto()
    OBJECTS = auto()
    CONTROL_PLANE = auto()
    VALUES = auto()


class AuthMap(Content, Located):
    """One aws-auth map.

    Attributes:
        path: the name of the file; for a map made from data, the name of the object.
        shape: the form in which it is written.
        keys: the keys of its data in written order, unknown keys included.
        sections: its sections, by name.
        name: the node of metadata.name, if there is one.
        namespace: the node of metadata.namespace, if there is one.
    """

    def __init__(
        self,
        source: Source,
        shape: Shape,
        sections: StrMapping[str, Section] | None = None,
        *,
        layer: Layer | None = None,
        keys: tuple[DataKey, ...] = (),
        name: Scalar | None = None,
        namespace: Scalar | None = None,
        root: Mapping | None = None,
    ) -> None:
        super().__init__(source, layer=layer, root=root)
        self.shape = shape
        self.sections = dict(sections or {})
        self.keys = keys
        self.name = name
        self.namespace = namespace

    def __repr__(self) -> str:
        entries = f"{len(self.roles)} roles, {len(self.users)} users"
        where = self.path if self.shape is Shape.DATA else self.location
        return f"<AuthMap {where}: {entries}, {len(self.accounts)} accounts>"

    @property
    def _stretch(self) -> tuple[Source, int, int]:
        if self.shape is Shape.DATA:  # each section is a separate text
            return self.source, 0, len(self.source.text)
        spans = [layer.span(node.start, node.end) for layer, node in self._written]
        return self.source, self.start, max((end for _, end in spans), default=0)

    @classmethod
    def from_data(
        cls,
        data: StrMapping[str, str],
        *,
        path: str = "aws-auth",
        annotations: StrMapping[str, str] | None = None,
    ) -> AuthMap:
        """Create a map from the `data` of a ConfigMap.

        Args:
            data: the texts of `mapRoles`, `mapUsers`, `mapAccounts`; other keys are ignored, as
                the authenticator does.
            path: the name shown in findings; it is followed by the section's name, or by `data`
                in findings about a key.
            annotations: the object's annotations, if they are known.
        """
        sections, keys, at = {}, [], 0
        for name, text in data.items():
            if not isinstance(text, str):
                raise TypeError(f"the data of `{name}` must be text, not {type(text).__name__}")
            if name in SECTIONS:
                data_bytes = text.encode(errors="replace")
                mark = BOM if data_bytes.startswith(BOM) else b""  # keep the text's own mark
                source = Source(mark + data_bytes, f"{path} {name}")
                sections[name] = Section(name, source, text)
            end = at + len(name)
            key = Scalar(name, at, end, "", None, None, in_flow=False)
            keys.append(DataKey(name, key, Scalar(text, end, end, "", None, None, in_flow=False)))
            at = end + 1
        listed = Source("\n".join(data).encode(errors="replace"), f"{path} data")
        made = cls(listed, Shape.DATA, sections, keys=tuple(keys))
        made.path = path
        for name, text in (annotations or {}).items():
            made.annotations[name] = Source(text.encode(errors="replace"), f"{path} {name}")
        return made

    @property
    def start(self) -> int:
        """Text offset in the file at which its object, or the first of its lists, begins."""
        spans = [layer.span(node.start, node.start) for layer, node in self._written]
        return min((start for start, _ in spans), default=0)

    @property
    def _written(self) -> list[tuple[Layer, Node]]:
        """Its object and its lists, each with its layer."""
        nodes = [(s, s.tree) for s in self.sections.values() if s.tree is not None]
        if self.root is None or self.shape is Shape.VALUES:  # several maps may share one document
            return [*nodes]
        return [*nodes, (self.layer, self.root)]

    @property
    def texts(self) -> list[Source]:
        """The texts that make up the map: the file and its sections' texts, without duplicates."""
        sections = [section.source for section in self.sections.values()]
        return list(dict.fromkeys([self.source, *sections]))

    @property
    def delimiters(self) -> Delimiters:
        """The delimiters used instead of placeholder braces until another tool renders the map."""
        return next((section.delimiters for section in self.sections.values()), ())

    @property
    def trees(self) -> list[tuple[Layer, Node]]:
        """The trees that make up the map, its sections included, each with its layer."""
        sections = [(s, s.tree) for s in self.sections.values() if s.tree is not None]
        whole = [(self.layer, self.root)] if self.root else []
        return [*whole, *sections, *([self.outer] if self.outer else [])]

    @property
    def objects(self) -> list[tuple[Layer, Mapping]]:
        """The Kubernetes objects that make up the map, each with its layer."""
        if self.shape is not Shape.OBJECTS or self.root is None:
            return super().objects
        values = (value for _, value in self.root.pairs)
        return [(self.layer, value) for value in values if isinstance(value, Mapping)]

    @property
    def partly_unread(self) -> bool:
        """Whether one of its sections cannot be read."""
        return any(section.problem for section in self.sections.values())

    def items(self) -> Iterator[tuple[Layer, Node]]:
        """Its entries, and the items of mapAccounts."""
        for entry in self.entries:
            yield entry.section, entry.node
        for item in self.account_items:
            yield self.sections["mapAccounts"], item.node

    @cached_property
    def entries(self) -> list[Entry]:
        """All items of mapRoles, then of mapUsers, dropped and overridden ones included."""
        found: list[Entry] = []
        for name in SECTIONS[:2]:
            if name in self.sections:
                items = read_entries(self.sections[name])
                self._render(items, self.sections[name].delimiters)
                stored = store_entries(items)
                if found:
                    self._shadow(found, stored.values())
                found += items
        return found

    @staticmethod
    def _render(entries: Iterable[Entry], delimiters: Delimiters) -> None:
        """Replace delimiters with braces, as the tool that renders the file will do."""
        for entry in entries if delimiters else ():
            entry.username = braced(entry.username, delimiters)
            groups = [g._replace(text=braced(g.text, delimiters)) for g in entry.group_items]
            entry.group_items = groups

    @staticmethod
    def _shadow(roles: list[Entry], users: Iterable[Entry]) -> None:
        """Set `winner` on users whose ARN is also in mapRoles, which is searched first."""
        first = {resolve.key(e): e for e in roles if e.arn and not (e.dropped or e.winner)}
        for user in users:
            user.winner = first.get(resolve.key(user))

    def namesakes(self, entry: Entry) -> list[Entry]:
        """The active entries for the same role or user, this entry included."""
        return self._by_meaning.get(resolve.fold(arn.meant(entry.arn)), [])

    @cached_property
    def _by_meaning(self) -> dict[str, list[Entry]]:
        found: dict[str, list[Entry]] = {}
        for entry in (*self.roles, *self.users):
            if entry.arn:
                found.setdefault(resolve.fold(arn.meant(entry.arn)), []).append(entry)
        return found

    @cached_property
    def roles(self) -> list[Entry]:
        """The active entries of mapRoles: neither dropped nor overridden."""
        return self._active("mapRoles")

    @cached_property
    def users(self) -> list[Entry]:
        """The active entries of mapUsers: neither dropped nor overridden, by mapRoles either."""
        return self._active("mapUsers")

    @cached_property
    def account_items(self) -> list[Group]:
        """The items of mapAccounts with their nodes."""
        section = self.sections.get("mapAccounts")
        return read_accounts(section) if section else []

    @cached_property
    def account_nodes(self) -> dict[str, Node]:
        """The node of each text in mapAccounts; the first one if a text is repeated."""
        return {item.text: item.node for item in reversed(self.account_items)}

    @property
    def accounts(self) -> list[str]:
        """The account IDs in mapAccounts."""
        return [item.text for item in self.account_items]

    @cached_property
    def index(self) -> resolve.Index:
        """The index for looking up callers."""
        return resolve.Index(self.roles, self.users, self.accounts)

    def resolve(
        self,
        arn: str,
        *,
        account_id: str | None = None,
        session_name: str | None = None,
        access_key_id: str | None = None,
        private_dns_name: str | None = None,
    ) -> resolve.Identity | None:
        """Look up the identity that a caller gets in the cluster.

        Args:
            arn: the ARN of a role, a role session, a user, a federated user or an account's root.
            account_id: the caller's account, if it is not the ARN's.
            session_name: the session name, if the ARN is a role's.
            access_key_id: the value of `{{AccessKeyID}}`.
            private_dns_name: the value of `{{EC2PrivateDNSName}}`.

        Returns:
            The identity, or None if the map does not map the caller. Placeholders without a value
            stay unchanged.

        Raises:
            ArnError: the authenticator rejects such an ARN.
            LoginError: an entry matches, but the login fails.
        """
        who = resolve.caller(
            arn,
            account_id=account_id,
            session_name=session_name,
            access_key_id=access_key_id,
            private_dns_name=private_dns_name,
        )
        return self.index.find(who)

    def _active(self, name: str) -> list[Entry]:
        return [
            entry
            for entry in self.entries
            if entry.section.name == name and entry.dropped is None and entry.winner is None
        ]
