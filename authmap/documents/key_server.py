"""The configuration of an authenticator server: `mapRoles` and so on below `server`.

Source: https://github.com/kubernetes-sigs/aws-iam-authenticator. viper reads the file, ignores the
case of keys, and decodes weakly: numbers become text, and a text becomes a list (`getConfig` in
cmd/aws-iam-authenticator/root.go). ARNs are converted to their canonical form. The server does not
start if an ARN is invalid or missing (`NewFileMapper` in pkg/mapper/file/mapper.go).
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from authmap.authenticator.consumer import Consumer, text_of
from authmap.authenticator.section import SECTIONS, Section
from authmap.model.auth_map import AuthMap, Shape
from authmap.syntax.nodes import Mapping, Scalar, Sequence, resolve_alias
from authmap.syntax.yaml import go_types
from authmap.syntax.yaml.go_types import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from authmap.authenticator.consumer import MissingField
    from authmap.documents.reading import Document
    from authmap.model.content import Content
    from authmap.syntax.nodes import Node


class Server(Consumer):
    """The authenticator, which reads its own configuration."""

    canonical = True
    weak = True
    on_eks = False

    @staticmethod
    def text_of(node: Node) -> str | None:
        """The value that a string field gets: go-yaml v3, then mapstructure's weak decoding."""
        target = resolve_alias(node)
        if not isinstance(target, Scalar) or target.style or target.tag is not None:
            return text_of(node)
        value = target.value
        kind = go_types.resolve(value, None, True)[0]
        if kind is Kind.NULL:
            return None
        if kind is Kind.BOOL and value.lower() in ("true", "false"):
            return "1" if value.lower() == "true" else "0"  # in v3, yes, no, on and off are text
        if kind is Kind.INT:
            return str(go_types.integer(value))
        if kind is Kind.FLOAT:
            return f"{Decimal(repr(float(value.replace('_', '')))).normalize():f}"
        return value

    @classmethod
    def account(cls, node: Scalar) -> str:
        """The value that an item of mapAccounts gets; without quotes, leading zeros are lost."""
        return cls.text_of(node) or ""

    def refusal(self, what: str = "", *, missing: MissingField | None = None) -> str:
        """See `Consumer.refusal`; the server starts only if nothing but a username is missing."""
        return "" if missing and what == "username" else "the authenticator does not start"


SERVER = Server()


def read(document: Document) -> Iterator[Content]:
    """The map in a configuration."""
    layer, sections = document.layer, {}
    names = {name.lower(): name for name in SECTIONS}
    for server in _values(document.root, "server"):
        for key, node in server.pairs if isinstance(server, Mapping) else ():
            name = names.get(key.value.lower()) if isinstance(key, Scalar) else None
            if name:
                sections[name] = Section.native(name, layer, _listed(node), SERVER)
    if sections:
        yield AuthMap(layer.source, Shape.SERVER, sections, layer=layer, root=document.root)


def _values(root: Mapping, key: str) -> Iterator[Node | None]:
    """The values of all keys that equal a key when their case is ignored."""
    for name, value in root.pairs:
        if isinstance(name, Scalar) and name.value.lower() == key:
            yield resolve_alias(value)


def _listed(node: Node) -> Node:
    """The list in a node; a single entry counts as a list of one."""
    target = resolve_alias(node)
    if not isinstance(target, Mapping):
        return target or node
    found = Sequence(target.start, target.flow, None, None)
    found.items, found.end = [target], target.end
    return found
