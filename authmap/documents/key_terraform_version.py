"""What `terraform show -json` prints of a plan or a state, and a state file; of OpenTofu too.

The format is https://developer.hashicorp.com/terraform/internals/json-format. A state holds secrets
in plain text, so nothing of it is shown but keys and what the authenticator reads. And it is what
Terraform made of its sources, so nothing is mended in it.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from authmap.authenticator.entry import read_accounts, read_entries
from authmap.documents import values
from authmap.documents.kind_configmap import config_map
from authmap.documents.reading import Document
from authmap.documents.recognise import inner, recognise
from authmap.documents.redaction import redacted
from authmap.documents.shapes import inside, text
from authmap.model.auth_map import AuthMap
from authmap.model.content import Content, Unreadable
from authmap.syntax.nodes import Mapping, Scalar, Sequence, resolve_alias
from authmap.syntax.problem import Problem, ProblemKind
from authmap.syntax.yaml.embedded import EmbeddedText

if TYPE_CHECKING:
    from collections.abc import Iterator

    from authmap.authenticator.section import Section
    from authmap.model.content import Content
    from authmap.syntax.nodes import Node
    from authmap.syntax.source import Source

LOCKED = "edit the Terraform source: this JSON is made from it"
_CONFIG_MAPS = (
    "kubernetes_config_map",
    "kubernetes_config_map_v1",
    "kubernetes_config_map_v1_data",
)


def read(document: Document) -> Iterator[Content]:
    """The maps in the resources of a plan or state."""
    root, reading = document.root, document.reading
    reading.secret = True
    unknown = dict(_unknown(inside(root, "resource_changes")))
    found: list[Content] = []
    for address, kind, node in (*_shown(root), *_stored(root)):
        layer = EmbeddedText(document.layer.text, document.layer.source, document.layer.source_map)
        layer.aliased = document.layer.aliased
        for auth_map in _in_resource(Document(root, layer, reading), kind, node):
            auth_map.address, auth_map.locked = address, LOCKED
            found.append(auth_map)
        problem = _known_after_apply(address, kind, node, unknown)
        if problem:
            unknown_yet = Unreadable(layer.source, problem, layer=layer)
            unknown_yet.address = address
            found.append(unknown_yet)
    if found:
        source = redacted(
            document.layer, root, [each for auth_map in found for each in _stretches(auth_map)]
        )
        for auth_map in found:
            _hand_over(auth_map, source)
    yield from found


def _shown(root: Mapping) -> Iterator[tuple[str, str, Mapping]]:
    """The resources in the output of `terraform show -json`: address, type and values."""
    waiting = [inside(root, key, "root_module") for key in ("planned_values", "values")]
    seen: set[int] = set()
    while waiting:
        module = waiting.pop(0)
        if id(module) in seen:
            continue
        seen.add(id(module))
        for resource in _items(inside(module, "resources")):
            node = inside(resource, "values")
            if isinstance(node, Mapping) and text(resource.get("mode")) == "managed":
                yield text(resource.get("address")) or "", text(resource.get("type")) or "", node
        waiting += _items(inside(module, "child_modules"))


def _stored(root: Mapping) -> Iterator[tuple[str, str, Mapping]]:
    """The same in a state file (format 4), where addresses are put together."""
    for resource in _items(inside(root, "resources")):
        kind, name = text(resource.get("type")) or "", text(resource.get("name")) or ""
        module = text(resource.get("module"))
        address = f"{module}.{kind}.{name}" if module else f"{kind}.{name}"
        for instance in _items(resource.get("instances")):
            node, key = inside(instance, "attributes"), resolve_alias(instance.get("index_key"))
            if isinstance(node, Mapping) and text(resource.get("mode")) == "managed":
                index = ""
                if isinstance(key, Scalar):
                    index = f"[{json.dumps(key.value) if key.style else key.value}]"
                yield address + index, kind, node


def _items(node: Node | None) -> list[Mapping]:
    """The mappings in a list, each once, however many aliases it has."""
    target = resolve_alias(node)
    items = target.items if isinstance(target, Sequence) else []
    found = {id(each): each for item in items if isinstance(each := resolve_alias(item), Mapping)}
    return list(found.values())


def _in_resource(document: Document, kind: str, node: Mapping) -> Iterator[Content]:
    """The maps in the values of a resource."""
    if kind in _CONFIG_MAPS:
        metadata = next(iter(_items(node.get("metadata"))), None)
        yield from config_map(document._replace(root=node), metadata)
    elif kind == "kubernetes_manifest":
        manifest = inside(node, "manifest")
        if isinstance(manifest, Mapping):
            yield from recognise(document._replace(root=manifest))
    elif kind == "kubectl_manifest":
        body = inside(node, "yaml_body")
        if isinstance(body, Scalar):
            yield from inner(document, body)
    elif kind == "helm_release":
        given = inside(node, "values")
        for item in given.items if isinstance(given, Sequence) else []:
            each = resolve_alias(item)
            if isinstance(each, Scalar):
                yield from inner(document, each, values.at_known_keys)


def _unknown(changes: Node | None) -> Iterator[tuple[str, Node | None]]:
    for change in _items(changes):
        yield text(change.get("address")) or "", inside(change, "change", "after_unknown")


def _known_after_apply(
    address: str, kind: str, node: Mapping, unknown: dict[str, Node | None]
) -> Problem | None:
    """What is not to be seen of an aws-auth, as it is known only after the plan is applied."""
    metadata = next(iter(_items(node.get("metadata"))), None)
    if kind not in _CONFIG_MAPS or text(metadata and metadata.get("name")) != "aws-auth":
        return None
    data = inside(unknown.get(address), "data")
    if isinstance(data, Scalar) and data.value == "true":
        names = ["its data"]
    else:
        pairs = data.pairs if isinstance(data, Mapping) else []
        names = [f"`{text(key)}`" for key, value in pairs if text(value) == "true"]
    if not names:
        return None
    return Problem(
        ProblemKind.UNKNOWN,
        f"{' and '.join(names)} will be known after apply only",
        "nothing of it could be looked at: lint the ConfigMap itself when it is there, "
        "`kubectl get configmap -n kube-system aws-auth -o yaml | authmap lint -`",
        node.start,
        node.start + 1,
    )


def _stretches(content: Content) -> Iterator[tuple[int, int]]:
    """What of the file may be seen: the object's name, and what is read of its entries."""
    if not isinstance(content, AuthMap):
        return
    for node in (content.name, content.namespace):
        if node is not None:
            yield content.layer.span(node.start, node.end)
    for section in content.sections.values():
        yield from (section.span(start, end) for start, end in _read(section))


def _read(section: Section) -> Iterator[tuple[int, int]]:
    """Where the accounts of a section stand, or the known keys of its entries and their values."""
    if section.name == "mapAccounts":
        entries, items = [], read_accounts(section)
    else:
        entries, items = read_entries(section), []
    nodes: list[Node | None] = [item.node for item in items]
    for entry in entries:
        for field in entry.fields:
            if field.name:
                value = resolve_alias(field.value)
                nodes += (value, *(value.items if isinstance(value, Sequence) else ()))
                end = field.key.end
                yield field.key.start, end + section.text.startswith(":", end)
    for node in map(resolve_alias, nodes):
        if isinstance(node, Scalar):
            yield node.start, node.end


def _hand_over(content: Content, source: Source) -> None:
    """Move a content to another text of the same size, in which less is to be seen."""
    content.source = source
    for section in content.sections.values() if isinstance(content, AuthMap) else ():
        section.source = source
    if isinstance(content.layer, EmbeddedText):
        content.layer.source = source
