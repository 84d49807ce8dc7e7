"""Helpers that find sections and entries in documents of all kinds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from authmap.authenticator.section import SECTIONS, Section
from authmap.model.auth_map import DataKey
from authmap.syntax.nodes import Mapping, Scalar, Sequence, descend, resolve_alias
from authmap.syntax.yaml.embedded import source_map_of

if TYPE_CHECKING:
    from authmap.authenticator.consumer import Consumer
    from authmap.syntax.layer import Layer
    from authmap.syntax.nodes import Node


def text(node: Node | None) -> str | None:
    """The text of a scalar; None for any other node."""
    target = resolve_alias(node)
    return target.value if isinstance(target, Scalar) else None


def data_keys(data: Node | None) -> tuple[DataKey, ...]:
    """The keys of a mapping that contains sections; empty for any other node."""
    target = resolve_alias(data)
    pairs = target.pairs if isinstance(target, Mapping) else ()
    keys = ((resolve_alias(key), value) for key, value in pairs)
    return tuple(DataKey(key.value, key, value) for key, value in keys if isinstance(key, Scalar))


def sections(keys: tuple[DataKey, ...], layer: Layer) -> dict[str, Section]:
    """The sections in an object's data, by name."""
    return {key.name: section(key.name, key.value, layer) for key in keys if key.name in SECTIONS}


def section(name: str, value: Node, layer: Layer) -> Section:
    """Create a section from a value: a text, or part of the document's own YAML.

    Args:
        name: the section's name.
        value: the node of the value.
        layer: the text that contains the value.
    """
    target = resolve_alias(value)
    if target is None:  # an alias inside its own target
        return Section(name, layer.source, "")
    if not isinstance(target, Scalar):
        return Section.native(name, layer, target)
    found = Section(name, layer.source, target.value, source_map_of(layer, target))
    found.node = target
    if id(target) in layer.aliased and found.tree is not None:
        found.aliased = frozenset(id(node) for node in descend(found.tree))
    return found


def entries_of(items: Sequence) -> str | None:
    """The section whose entries a list contains, judged by the keys of its items, or None."""
    for item in items.items:
        entry = resolve_alias(item)
        if isinstance(entry, Mapping):
            keys = {key.value.lower() for key, _ in entry.pairs if isinstance(key, Scalar)}
            for key, name in (("rolearn", "mapRoles"), ("userarn", "mapUsers")):
                if key in keys:
                    return name
    return None


def mixed(items: Node, layer: Layer, consumer: Consumer) -> dict[str, Section]:
    """Split a list that contains both roles and users into sections, by the ARNs of its items.

    Args:
        items: the list.
        layer: the text that contains it.
        consumer: the program that reads it.

    Returns:
        The sections by name; mapUsers only if there are users.
    """
    roles = Section.native("mapRoles", layer, items, consumer)
    found, listed = {"mapRoles": roles}, resolve_alias(roles.root)
    if isinstance(listed, Sequence):
        arns = [value(item, "arn", consumer) or "" for item in listed.items]
        users = [i for i, arn in enumerate(arns) if is_user(arn)]
        roles.only = [i for i, arn in enumerate(arns) if not is_user(arn)]
        if users:
            found["mapUsers"] = Section.native("mapUsers", layer, items, consumer)
            found["mapUsers"].only = users
    return found


def is_user(arn: str) -> bool:
    """Whether an ARN is a user's, and not a role's."""
    lowered = arn.lower()
    return ":user/" in lowered or ":federated-user/" in lowered


def value(entry: Node, key: str, consumer: Consumer) -> str | None:
    """The text of an entry's value for a key, or None if it is missing or not text."""
    target = resolve_alias(entry)
    found = None
    for name, node in target.pairs if isinstance(target, Mapping) else ():
        if isinstance(name, Scalar) and consumer.fold(name.value) == consumer.fold(key):
            found = text(node)
    return found


def inside(node: Node | None, *keys: str) -> Node | None:
    """The node at a path of nested keys, or None."""
    for key in keys:
        target = resolve_alias(node)
        node = target.get(key) if isinstance(target, Mapping) else None
    return resolve_alias(node)
