"""Lists of entries in the values of a chart or module, checked only on request.

A template turns such a list into the ConfigMap; authmap assumes that it ends up there unchanged.
Such a document cannot be recognised by its kind or keys, so this module is not a recogniser.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from authmap.authenticator.consumer import Consumer
from authmap.documents.shapes import entries_of, section
from authmap.model import misspelling
from authmap.model.auth_map import AuthMap, Shape
from authmap.syntax.nodes import Mapping, Scalar, Sequence, TreeError, resolve_alias
from authmap.syntax.yaml.parser import parse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from authmap.authenticator.section import Section
    from authmap.documents.reading import Document
    from authmap.syntax.nodes import Node

    Found = tuple[Mapping | None, str, Node]
    """The mapping that contains a value, the value's key, and the value."""


class Values(Consumer):
    """The authenticator, which gets the entries through a template."""

    def __init__(self, called: str) -> None:
        self.called = called


def at_path(document: Document, path: str) -> list[AuthMap]:
    """The maps at a path in a document.

    Args:
        document: any document.
        path: keys or 0-based item numbers, separated by dots; `*` matches any of them.
    """
    found: list[Found] = [(None, "", document.root)]
    for step in path.split("."):
        inside = {id(target): target for _, _, node in found if (target := resolve_alias(node))}
        found = [inner for node in inside.values() for inner in _step(node, step)]
    return list(_maps(document, found))


def _step(node: Node | None, step: str) -> Iterator[Found]:
    if isinstance(node, Mapping):
        for key, value in node.pairs:
            if isinstance(key, Scalar) and step in ("*", key.value):
                yield node, key.value, value
    elif isinstance(node, Sequence):
        for number, value in enumerate(node.items):
            if step in ("*", str(number)):
                yield None, step, value


def at_known_keys(document: Document) -> list[AuthMap]:
    """The maps in a document under keys that are commonly used for them."""
    return list(_maps(document, _under_known_keys(document.root)))


def _under_known_keys(root: Node) -> Iterator[Found]:
    stack: list[tuple[Node, str]] = [(root, "")]
    seen: set[int] = set()
    while stack:
        node, path = stack.pop()
        target = resolve_alias(node)
        if target is None or id(target) in seen:
            continue
        seen.add(id(target))
        if isinstance(target, Mapping):
            for key, value in reversed(target.pairs):
                if isinstance(key, Scalar):
                    stack.append((value, f"{path} {misspelling.letters(key.value)}"[-200:]))
            for key, value in target.pairs:
                if isinstance(key, Scalar):
                    inner = f"{path} {misspelling.letters(key.value)}"
                    if re.search("awsauth|map(?:iam)?(?:role|user|account)s?(?: |$)", inner):
                        yield target, key.value, value
        elif isinstance(target, Sequence):
            stack.extend((item, path) for item in reversed(target.items))


def _maps(document: Document, found: Iterator[Found] | list[Found]) -> Iterator[AuthMap]:
    """One map for each mapping that contains sections."""
    groups: dict[int, dict[str, Section]] = {}
    for parent, key, value in found:
        name = _name(key, resolve_alias(value))
        group = groups.setdefault(id(parent or value), {})
        if name and name not in group:
            group[name] = section(name, value, document.layer)
            group[name].consumer = Values(key)
    for sections in groups.values():
        if sections:
            layer = document.layer
            yield AuthMap(layer.source, Shape.VALUES, sections, layer=layer, root=document.root)


def _name(key: str, value: Node | None) -> str | None:
    """The section whose entries a value contains, or None."""
    if isinstance(value, Scalar):
        try:
            value = next((tree.root for tree in parse(value.value)), None)
        except TreeError:
            return None
    if not isinstance(value, Sequence):
        return None
    accounts = misspelling.letters(key).endswith("accounts") and value.items
    if accounts and all(isinstance(resolve_alias(item), Scalar) for item in value.items):
        return "mapAccounts"
    return entries_of(value)
