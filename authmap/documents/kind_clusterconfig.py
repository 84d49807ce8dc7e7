"""eksctl's ClusterConfig: eksctl adds its `iamIdentityMappings` to the ConfigMap one by one.

Source: https://github.com/eksctl-io/eksctl. eksctl reads the file strictly (`LoadConfigFromFile` in
pkg/eks/api.go). It adds an entry with `account` to mapAccounts, and any other entry to mapRoles or
mapUsers, depending on the ARN. It copies the ARN unchanged (`NewIdentity` in pkg/iam/mapping.go),
and adds the entry after the existing ones. An entry with `serviceName` has no ARN: eksctl knows the
service's role.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from authmap.authenticator.consumer import Consumer
from authmap.authenticator.section import Section
from authmap.documents.shapes import mixed, text, value
from authmap.model.auth_map import AuthMap, Shape
from authmap.syntax.nodes import Mapping, Scalar, Sequence, resolve_alias

if TYPE_CHECKING:
    from collections.abc import Iterator

    from authmap.authenticator.consumer import MissingField
    from authmap.documents.reading import Document
    from authmap.model.content import Content
    from authmap.syntax.nodes import Node

_KEYS = ("username", "groups", "account", "noDuplicateARNs", "serviceName", "namespace")


class Eksctl(Consumer):
    """eksctl, which passes the entries on to the authenticator."""

    called = "iamIdentityMappings"
    keys = {  # noqa: RUF012
        name: {"arn": arn} | {key: key.lower() for key in _KEYS}
        for name, arn in (("mapRoles", "rolearn"), ("mapUsers", "userarn"))
    }
    unknown = "eksctl rejects the file"

    def refusal(self, what: str = "", *, missing: MissingField | None = None) -> str:
        """See `Consumer.refusal`; eksctl checks types, and requires an ARN and a name or group."""
        if missing and what == "username" and missing.has_groups:
            return ""
        return "" if what == "arn" else self.unknown


EKSCTL = Eksctl()


def read(document: Document) -> Iterator[Content]:
    """The map that a ClusterConfig adds to."""
    root, layer = document.root, document.layer
    mappings = resolve_alias(root.get("iamIdentityMappings"))
    if mappings is None or not (text(root.get("apiVersion")) or "").startswith("eksctl.io/"):
        return
    sections = mixed(mappings, layer, EKSCTL)
    roles = sections["mapRoles"]
    if isinstance(mappings, Sequence) and roles.only is not None:
        others = {
            index: _accounts(item)
            for index, item in enumerate(mappings.items)
            if value(item, "account", EKSCTL) or value(item, "serviceName", EKSCTL)
        }
        roles.only = [index for index in roles.only if index not in others]
        accounts = Sequence(mappings.start, mappings.flow, None, None)
        accounts.end = mappings.end
        accounts.items = [node for nodes in others.values() for node in nodes]
        if accounts.items:
            sections["mapAccounts"] = Section.native("mapAccounts", layer, accounts, EKSCTL)
    yield AuthMap(layer.source, Shape.EKSCTL, sections, layer=layer, root=document.root)


def _accounts(item: Node) -> list[Node]:
    target = resolve_alias(item)
    pairs = target.pairs if isinstance(target, Mapping) else []
    return [
        node
        for key, node in pairs
        if isinstance(key, Scalar) and EKSCTL.fold(key.value) == "account"
    ]
