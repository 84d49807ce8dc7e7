"""The shapes that lists of entries have in documents of every kind."""

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
    """The text of a scalar; None of anything else."""
    target = resolve_alias(node)
    return target.value if isinstance(target, Scalar) else None


def data_keys(data: Node | None) -> tuple[DataKey, ...]:
    """The keys of a mapping that holds sections; none of anything else."""
    target = resolve_alias(data)
    pairs = target.pairs if isinstance(target, Mapping) else ()
    keys = ((resolve_alias(key), value) for key, value in pairs)
    return tuple(DataKey(key.value, key, value) for key, value in keys if isinstance(key, Scalar))


def sections(keys: tuple[DataKey, ...], layer: Layer) -> dict[str, Section]:
    """The sections that the keys of an object's data hold, by name."""
    return {key.name: section(key.name, key.value, layer) for key in keys if key.name in SECTIONS}


def section(name: str, value: Node, layer: Layer) -> Section:
    """The section that a value holds: a text, or YAML of the document itself.

    Args:
        name: of the section.
        value: its node in the layer.
        layer: the text that the value stands in.
    """
    target = resolve_alias(value)
    if target is None:  # an alias inside of what it stands for
        return Section(name, layer.source, "")
    if not isinstance(target, Scalar):
        return Section.native(name, layer, target)
    found = Section(name, layer.source, target.value, source_map_of(layer, target))
    found.node = target
    if id(target) in layer.aliased and found.tree is not None:
        found.aliased = frozenset(id(node) for node in descend(found.tree))
    return found


def entries_of(items: Sequence) -> str | None:
    """Of which section a list holds the entries, if it does: told by their keys."""
    for item in items.items:
        entry = resolve_alias(item)
        if isinstance(entry, Mapping):
            keys = {key.value.lower() for key, _ in entry.pairs if isinstance(key, Scalar)}
            for key, name in (("rolearn", "mapRoles"), ("userarn", "mapUsers")):
                if key in keys:
                    return name
    return None


def mixed(items: Node, layer: Layer, consumer: Consumer) -> dict[str, Section]:
    """The sections of a list in which roles and users stand together, each told by its ARN.

    Args:
        items: the list.
        layer: the text that it stands in.
        consumer: the program that reads it.
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
    """Whether an ARN is a user's, who has no session."""
    lowered = arn.lower()
    return ":user/" in lowered or ":federated-user/" in lowered


def value(entry: Node, key: str, consumer: Consumer) -> str | None:
    """The text behind a key of an entry, if it is one."""
    target = resolve_alias(entry)
    held = None
    for name, node in target.pairs if isinstance(target, Mapping) else ():
        if isinstance(name, Scalar) and consumer.fold(name.value) == consumer.fold(key):
            held = text(node)
    return held


def inside(node: Node | None, *keys: str) -> Node | None:
    """What stands behind keys inside each other, if something does."""
    for key in keys:
        target = resolve_alias(node)
        node = target.get(key) if isinstance(target, Mapping) else None
    return resolve_alias(node)
