"""The output of `terraform show -json` for a plan or state, and state files; also of OpenTofu.

For the format see https://developer.hashicorp.com/terraform/internals/json-format. A state contains
secrets in plain text, so authmap shows only keys and the values that the authenticator reads.
Terraform generates this JSON from its sources, so authmap does not fix anything in it.
"""

from __future__ import annotations

import json
from itertools import zip_longest
from typing import TYPE_CHECKING, NamedTuple

from authmap.authenticator.entry import read_accounts, read_entries
from authmap.documents import values
from authmap.documents.kind_configmap import config_map
from authmap.documents.reading import Document
from authmap.documents.recognise import inner, recognise
from authmap.documents.redaction import redacted
from authmap.documents.shapes import inside, text
from authmap.model.auth_map import AuthMap
from authmap.model.content import Content, Unreadable
from authmap.model.planned_change import PlannedChange
from authmap.syntax.nodes import Mapping, Scalar, Sequence, descend, resolve_alias
from authmap.syntax.problem import Problem, ProblemKind
from authmap.syntax.yaml.embedded import EmbeddedText

if TYPE_CHECKING:
    from collections.abc import Iterator

    from authmap.authenticator.section import Section
    from authmap.model.content import Content
    from authmap.syntax.nodes import Node
    from authmap.syntax.source import Source

LOCKED = "edit the Terraform source, from which this JSON is generated"
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
    for address, kind, node in (*_show_resources(root), *_state_resources(root)):
        layer = EmbeddedText(document.layer.text, document.layer.source, document.layer.source_map)
        layer.aliased = document.layer.aliased
        for auth_map in _in_resource(Document(root, layer, reading), kind, node):
            auth_map.address, auth_map.locked = address, LOCKED
            found.append(auth_map)
        problem = _known_after_apply(address, kind, node, unknown)
        if problem:
            unreadable = Unreadable(layer.source, problem, layer=layer)
            unreadable.address = address
            found.append(unreadable)
    found += _planned_changes(document)
    if found:
        source = redacted(
            document.layer, root, [each for auth_map in found for each in _visible(auth_map)]
        )
        for auth_map in found:
            _replace_source(auth_map, source)
    yield from found


def _show_resources(root: Mapping) -> Iterator[tuple[str, str, Mapping]]:
    """The address, type and values of each resource in the output of `terraform show -json`."""
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


def _state_resources(root: Mapping) -> Iterator[tuple[str, str, Mapping]]:
    """The address, type and values of each resource in a state file (format 4)."""
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
    """The mappings in a list, without duplicates from aliases."""
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
        texts = inside(node, "values")
        for item in texts.items if isinstance(texts, Sequence) else []:
            each = resolve_alias(item)
            if isinstance(each, Scalar):
                yield from inner(document, each, values.at_known_keys)


def _unknown(changes: Node | None) -> Iterator[tuple[str, Node | None]]:
    """The address of each changed resource, with its `after_unknown`."""
    for change in _items(changes):
        yield text(change.get("address")) or "", inside(change, "change", "after_unknown")


def _known_after_apply(
    address: str, kind: str, node: Mapping, unknown: dict[str, Node | None]
) -> Problem | None:
    """The problem that parts of an aws-auth are known only after the plan is applied, or None."""
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
        f"{' and '.join(names)} will be known only after apply",
        "authmap cannot check this yet: after the apply, lint the ConfigMap itself with "
        "`kubectl get configmap -n kube-system aws-auth -o yaml | authmap lint -`",
        node.start,
        node.start + 1,
    )


class _Resource(NamedTuple):
    """A resource that a plan changes.

    Attributes:
        address: its address.
        before: the aws-auth maps in it before.
        after: the aws-auth maps in it after; no map, and no map before, if it is not known.
        unknown: the sections that are known only after apply.
    """

    address: str
    before: list[AuthMap]
    after: list[AuthMap]
    unknown: frozenset[str]


def _planned_changes(document: Document) -> Iterator[PlannedChange]:
    """The changes of maps in a plan, as far as they are known before the plan is applied.

    A map that the plan creates is compared only with a map that the plan deletes elsewhere, as a
    move from one resource to another does.
    """
    resources = [
        found
        for resource in _items(inside(document.root, "resource_changes"))
        if (found := _changed(document, resource))
    ]
    created = [found.after[0] for found in resources if found.after and not found.before]
    for address, before, after, unknown in resources:
        for old, new in zip_longest(before, after):
            if old is None:
                continue
            later = new or (created.pop(0) if created else None)
            later = later or AuthMap(old.source, old.shape, layer=old.layer)
            for name in unknown:
                old.sections.pop(name, None)
                later.sections.pop(name, None)
            change = PlannedChange(old, later, partial=bool(unknown))
            change.address, change.locked = address, LOCKED
            yield change


def _changed(document: Document, resource: Mapping) -> _Resource | None:
    """A resource's maps before and after; None if it has none, or if they cannot be compared."""
    kind, change = text(resource.get("type")) or "", inside(resource, "change")
    actions = {each.value for each in _scalars(inside(change, "actions"))}
    before, after = inside(change, "before"), inside(change, "after")
    if actions <= {"forget", "no-op", "read"} or text(inside(before, "apply_only")) == "true":
        return None  # the object stays as it is
    unknown = _unknown_sections(kind, inside(change, "after_unknown"))
    if unknown is None:
        return None
    address = text(resource.get("address")) or ""
    return _Resource(
        address, _maps_in(document, kind, before), _maps_in(document, kind, after), unknown
    )


def _unknown_sections(kind: str, unknown: Node | None) -> frozenset[str] | None:
    """The sections that are known only after apply; None if that is all of them, or their place."""
    where = {"kubectl_manifest": "yaml_body", "helm_release": "values"}.get(kind)
    if where:
        return None if _is_unknown(inside(unknown, where)) else frozenset()
    if kind == "kubernetes_manifest":
        unknown = inside(unknown, "manifest")
    metadata = inside(unknown, "metadata")
    places = [*_items(metadata), *([metadata] if isinstance(metadata, Mapping) else [])]
    data = inside(unknown, "data")
    named = [each.get(key) for each in places for key in ("name", "namespace")]
    if any(map(_is_unknown, [*named, *(x for x in (unknown, data) if isinstance(x, Scalar))])):
        return None
    pairs = data.pairs if isinstance(data, Mapping) else []
    return frozenset(text(key) or "" for key, value in pairs if _is_unknown(value))


def _maps_in(document: Document, kind: str, node: Node | None) -> list[AuthMap]:
    """The maps in a resource's values that the authenticator will find."""
    if not isinstance(node, Mapping):
        return []
    layer = EmbeddedText(document.layer.text, document.layer.source, document.layer.source_map)
    layer.aliased = document.layer.aliased
    contents = _in_resource(Document(node, layer, document.reading), kind, node)
    return [
        content
        for content in contents
        if isinstance(content, AuthMap)
        and (content.name is None or content.name.value == "aws-auth")
        and (content.namespace is None or content.namespace.value == "kube-system")
    ]


def _scalars(node: Node | None) -> list[Scalar]:
    target = resolve_alias(node)
    items = target.items if isinstance(target, Sequence) else []
    return [each for each in items if isinstance(each, Scalar)]


def _is_unknown(node: Node | None) -> bool:
    """Whether `after_unknown` marks a value, or a part of it, as unknown."""
    found = descend(node) if node is not None else ()
    return any(isinstance(each, Scalar) and each.value == "true" for each in found)


def _visible(content: Content) -> Iterator[tuple[int, int]]:
    """The ranges of the file that may be shown: the object's name, and the fields of entries."""
    if isinstance(content, PlannedChange):
        yield from (*_visible(content.before), *_visible(content.after))
    if not isinstance(content, AuthMap):
        return
    for node in (content.name, content.namespace):
        if node is not None:
            yield content.layer.span(node.start, node.end)
    for section in content.sections.values():
        yield from (section.span(start, end) for start, end in _read(section))


def _read(section: Section) -> Iterator[tuple[int, int]]:
    """The ranges of a section's accounts, or of its entries' known keys and their values."""
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


def _replace_source(content: Content, source: Source) -> None:
    """Replace a content's source with a redacted text of the same length."""
    content.source = source
    if isinstance(content, PlannedChange):
        _replace_source(content.before, source)
        _replace_source(content.after, source)
    for section in content.sections.values() if isinstance(content, AuthMap) else ():
        section.source = source
    if isinstance(content.layer, EmbeddedText):
        content.layer.source = source
