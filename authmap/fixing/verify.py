"""Verify a fixed file: compare it with the original after reading it again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from authmap.authenticator.consumer import text_of
from authmap.syntax.nodes import Alias, Mapping, Node, Scalar, Sequence
from authmap.syntax.yaml.go_types import GoYamlError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from authmap.documents.reading import Reading
    from authmap.model.auth_map import AuthMap
    from authmap.syntax.change import Change


def only_intended_changes(before: Reading, after: Reading, changes: Iterable[Change]) -> bool:
    """Whether a file differs from the original in the changed values and in nothing else.

    A change must not make the authenticator drop an entry that it kept before.

    Args:
        before: the original file as read; the changes refer to its nodes.
        after: the fixed file as read.
        changes: all changes that were made.
    """
    expected = {id(change.node): change for change in changes}
    layers = {id(change.layer) for change in expected.values()}
    if len(before.roots) != len(after.roots) or _kinds(before) != _kinds(after):
        return False
    inner = {id(node) for node, _ in before.inner}
    for old_map, new_map in zip(before.maps, after.maps, strict=True):
        for name, section in old_map.sections.items():
            new = new_map.sections.get(name)
            if new is None or (new.problem and not section.problem):
                return False
            if id(section) not in layers or section.source_map is None:
                continue
            if not _same(section.tree, new.tree, expected):
                return False
            inner.add(id(section.node))
    same = all(
        _same(old, new, expected, inner) for old, new in zip(before.roots, after.roots, strict=True)
    )
    return same and all(
        _kept(old) <= _kept(new) for old, new in zip(before.maps, after.maps, strict=True)
    )


def _kinds(reading: Reading) -> list[type]:
    return [type(content) for content in reading.contents]


def _kept(auth_map: AuthMap) -> set[tuple[str, int]]:
    return {(e.section.name, e.index) for e in auth_map.entries if e.dropped is None}


def _same(
    old: Node | None, new: Node | None, expected: dict[int, Change], inner: Iterable[int] = ()
) -> bool:
    """Whether two trees agree, except for expected changes and separately compared texts."""
    stack = [(old, new)]
    while stack:
        old, new = stack.pop()
        change = expected.get(id(old))
        if change is not None and not change.append:
            if not _is_text(new, change.value):
                return False
        elif old is None or new is None or type(old) is not type(new):
            return old is new
        elif old.tag != new.tag or old.anchor != new.anchor:
            return False
        elif isinstance(old, Scalar) and isinstance(new, Scalar):
            if old.style != new.style or (old.value != new.value and id(old) not in inner):
                return False
        elif isinstance(old, Sequence) and isinstance(new, Sequence):
            items = new.items
            if change is not None:
                if not items or not _is_text(items[-1], change.value):
                    return False
                items = items[:-1]
            if len(old.items) != len(items):
                return False
            stack.extend(zip(old.items, items, strict=True))
        elif isinstance(old, Mapping) and isinstance(new, Mapping):
            if len(old.pairs) != len(new.pairs):
                return False
            for (key, value), (new_key, new_value) in zip(old.pairs, new.pairs, strict=True):
                stack += (key, new_key), (value, new_value)
        elif isinstance(old, Alias) and not isinstance(new, Alias):
            return False
    return True


def _is_text(node: Node | None, value: str) -> bool:
    """Whether a node is read as this text, and not as a number, boolean or null."""
    try:
        return isinstance(node, Scalar) and text_of(node) == value
    except GoYamlError:
        return False
