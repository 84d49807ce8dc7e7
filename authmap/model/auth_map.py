"""One aws-auth map: the object it stands in, its sections, and its entries as they are read."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from authmap.authenticator import arn, resolve
from authmap.authenticator.entry import read_accounts, read_entries, store_entries
from authmap.authenticator.placeholder import braced
from authmap.authenticator.section import SECTIONS, Section
from authmap.syntax.source import BOM, Source
from authmap.syntax.yaml.nodes import Scalar

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Mapping as StrMapping

    from authmap.authenticator.entry import Entry, Group
    from authmap.authenticator.placeholder import Delimiters
    from authmap.model.directive import Directive
    from authmap.syntax.layer import Layer
    from authmap.syntax.yaml.nodes import Mapping, Node


class DataKey(NamedTuple):
    """One key of the object's `data`, with the nodes of the key and of its value."""

    name: str
    key: Scalar
    value: Node


class Problem(NamedTuple):
    """What kept a file or document from being read.

    Attributes:
        kind: `yaml`, `template`, `terraform` (a module's source), `placeholder` (an unquoted one),
            `encoding`, `size`, or `unknown` (before Terraform applies it).
        message: what is wrong, for the reader.
        start: text offset of the place.
        end: text offset behind it.
        remedy: what to do.
    """

    kind: str
    message: str
    start: int = 0
    end: int = 0
    remedy: str = ""


class Login(NamedTuple):
    """How a user of a kubeconfig gets a token: a command.

    Attributes:
        user: what the kubeconfig calls the user.
        words: the command and its arguments.
        env: the names of the variables that are set for it; their values are nobody's business.
    """

    user: str
    words: tuple[Scalar, ...]
    env: dict[str, Scalar]


class AuthMap:
    """One aws-auth map.

    Attributes:
        source: the file it is in.
        path: its name; of a map made from data, the name of the object.
        shape: what it is written as: `configmap`, `patch` (data only), `entries` (a bare list),
            `data` (made from data), or `broken` (see `problem`); `eksctl`, `server` (of the
            authenticator), `objects` (IAMIdentityMapping), `control plane` (of Cluster API); or it
            is no map but a `kubeconfig`.
        layer: the text that its object stands in: the file's, or one inside it.
        keys: the keys of its data in the order they are written, those nobody reads among them.
        sections: the sections that are there, by name.
        name: node of metadata.name, if there is one.
        namespace: node of metadata.namespace, if there is one.
        root: node of the object, where it is written as one.
        problem: why it could not be read.
        logins: of a kubeconfig, which is no map, but can spoil one.
        address: of the Terraform resource that it is in.
        locked: why nothing in it may be changed, if that is so.
        outer: the object that holds the text in which it is an object, and that object's text.
        annotations: of the object, where that is not written here, each a text of its own.
    """

    address = ""
    locked = ""
    outer: tuple[Layer, Mapping] | None = None

    def __init__(
        self,
        source: Source,
        shape: str,
        sections: StrMapping[str, Section] | None = None,
        *,
        layer: Layer | None = None,
        keys: tuple[DataKey, ...] = (),
        name: Scalar | None = None,
        namespace: Scalar | None = None,
        root: Mapping | None = None,
        problem: Problem | None = None,
        logins: tuple[Login, ...] = (),
    ) -> None:
        self.source = source
        self.path = source.path
        self.shape = shape
        self.layer: Layer = layer or source
        self.sections = dict(sections or {})
        self.keys = keys
        self.name = name
        self.namespace = namespace
        self.root = root
        self.problem = problem
        self.logins = logins
        self.annotations: dict[str, Source] = {}

    @classmethod
    def from_data(
        cls,
        data: StrMapping[str, str],
        *,
        path: str = "aws-auth",
        annotations: StrMapping[str, str] | None = None,
    ) -> AuthMap:
        """A map from the `data` of a ConfigMap.

        Args:
            data: the texts of `mapRoles`, `mapUsers`, `mapAccounts`; other keys are ignored, as
                the authenticator ignores them.
            path: what findings call the place; the section's name is put behind it, or `data`
                where a key is concerned.
            annotations: of the object, if they are known.
        """
        sections, keys, at = {}, [], 0
        for name, text in data.items():
            if name in SECTIONS:
                data_bytes = text.encode(errors="replace")
                mark = BOM if data_bytes.startswith(BOM) else b""  # of the text, not of the file
                source = Source(mark + data_bytes, f"{path} {name}")
                sections[name] = Section(name, source, text)
            end = at + len(name)
            key = Scalar(name, at, end, "", None, None, in_flow=False)
            keys.append(DataKey(name, key, Scalar(text, end, end, "", None, None, in_flow=False)))
            at = end + 1
        listed = Source("\n".join(data).encode(errors="replace"), f"{path} data")
        made = cls(listed, "data", sections, keys=tuple(keys))
        made.path = path
        for name, text in (annotations or {}).items():
            made.annotations[name] = Source(text.encode(errors="replace"), f"{path} {name}")
        return made

    @property
    def start(self) -> int:
        """Where in the file it begins: its object, or the first of its lists."""
        nodes: list[tuple[Layer, Node | None]]
        nodes = [(section, section.tree) for section in self.sections.values()]
        if self.shape != "values":  # of which there may be several in one document
            nodes.append((self.layer, self.root))
        return min((at.span(n.start, n.start)[0] for at, n in nodes if n), default=0)

    @property
    def texts(self) -> list[Source]:
        """The texts it is written in: the file, or one for each section, each of them once."""
        sections = [section.source for section in self.sections.values()]
        return list(dict.fromkeys([self.source, *sections]))

    @property
    def delimiters(self) -> Delimiters:
        """What stands for the braces of placeholders in it until it is rendered."""
        return next((section.delimiters for section in self.sections.values()), ())

    @cached_property
    def directives(self) -> list[Directive]:
        """What its author asks authmap to be silent about."""
        if not self.annotations and not any(text.names_authmap for text in self.texts):
            return []
        from authmap.linting import comments

        return comments.read(self)

    @cached_property
    def entries(self) -> list[Entry]:
        """All items of mapRoles, then of mapUsers, those that are dropped or overridden too."""
        found: list[Entry] = []
        for name in SECTIONS[:2]:
            if name in self.sections:
                items = read_entries(self.sections[name])
                self._render(items, self.sections[name].delimiters)
                held = store_entries(items)
                if found:
                    self._shadow(found, held.values())
                found += items
        return found

    @staticmethod
    def _render(entries: Iterable[Entry], delimiters: Delimiters) -> None:
        """Give placeholders their braces, as what renders the file will do."""
        for entry in entries if delimiters else ():
            entry.username = braced(entry.username, delimiters)
            groups = [g._replace(text=braced(g.text, delimiters)) for g in entry.group_items]
            entry.group_items = groups

    @staticmethod
    def _shadow(roles: list[Entry], users: Iterable[Entry]) -> None:
        """Set `winner` on users whose ARN mapRoles has too: it is asked first."""
        first = {resolve.key(e): e for e in roles if e.arn and not (e.dropped or e.winner)}
        for user in users:
            user.winner = first.get(resolve.key(user))

    def namesakes(self, entry: Entry) -> list[Entry]:
        """The entries that are not dead and mean the same role or user, this one among them."""
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
        """The entries of mapRoles that the authenticator holds."""
        return self._live("mapRoles")

    @cached_property
    def users(self) -> list[Entry]:
        """The entries of mapUsers that the authenticator holds and that mapRoles does not hide."""
        return self._live("mapUsers")

    @cached_property
    def account_items(self) -> list[Group]:
        """The items of mapAccounts with their nodes."""
        section = self.sections.get("mapAccounts")
        return read_accounts(section) if section else []

    @property
    def accounts(self) -> list[str]:
        """The account ids that mapAccounts lets in."""
        return [item.text for item in self.account_items]

    @cached_property
    def index(self) -> resolve.Index:
        """The map as callers are looked up in it."""
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
        """Who a caller is to the cluster.

        Args:
            arn: of a role, of a role's session, of a user, a federated user or an account's root.
            account_id: the caller's account, where it is not the ARN's.
            session_name: the session's name, where the ARN is the role's own.
            access_key_id: for `{{AccessKeyID}}`.
            private_dns_name: for `{{EC2PrivateDNSName}}`.

        Returns:
            The identity, or None where nothing maps the caller. Placeholders for which nothing
            is given stay as they are.

        Raises:
            ArnError: no caller has such an ARN.
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

    def _live(self, name: str) -> list[Entry]:
        return [
            entry
            for entry in self.entries
            if entry.section.name == name and entry.dropped is None and entry.winner is None
        ]
