"""The pairs of a mapping as go-yaml sets them: ``<<`` merges, and the last of equal keys wins.

Source: `mapping`, `merge` and `isMerge` in decode.go of go.yaml.in/yaml/v2.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from authmap.syntax.nodes import Mapping, Node, Scalar, Sequence, resolve_alias
from authmap.syntax.yaml import go_types
from authmap.syntax.yaml.go_types import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


def merged(mapping: Mapping) -> Iterable[tuple[Node, Node]]:
    """The pairs of a mapping, merged pairs included, in the order in which go-yaml sets them."""
    for key, _ in mapping.pairs:
        if is_merge(key):
            return _unfolded(mapping)
    return mapping.pairs


def _unfolded(mapping: Mapping) -> Iterator[tuple[Node, Node]]:
    stack = [iter(mapping.pairs)]  # not recursive: merges can be nested to any depth
    while stack:
        for key, value in stack[-1]:
            if not is_merge(key):
                yield key, value
                continue
            target = resolve_alias(value)
            sources = target.items if isinstance(target, Sequence) else [value]
            targets = [resolve_alias(source) for source in sources]
            stack += [iter(each.pairs) for each in targets if isinstance(each, Mapping)]
            break  # continue with the last source: the first is set last, so it wins
        else:
            stack.pop()


def is_merge(key: Node) -> bool:
    """Whether a key is a merge key (isMerge in decode.go)."""
    return (
        type(key) is Scalar
        and key.value == "<<"
        and go_types.resolve(key.value, key.tag, not key.style)[0] is Kind.MERGE
    )


def converted(root: Node) -> set[int]:
    """Ids of the nodes that are converted to JSON: not those that a later equal key replaces."""
    found: set[int] = set()
    stack = [root]
    while stack:
        node = resolve_alias(stack.pop())
        if node is None or id(node) in found:
            continue
        found.add(id(node))
        if isinstance(node, Sequence):
            stack += node.items
        elif isinstance(node, Mapping):
            kept = {_go_key(resolve_alias(key)): (key, value) for key, value in merged(node)}
            for pair in kept.values():
                stack += pair
    return found


def _go_key(key: Node | None) -> tuple[Kind, object]:
    """A key's kind and value in a Go map: equal for keys that are equal in Go."""
    if not isinstance(key, Scalar):  # already rejected
        return Kind.NULL, None
    kind, text = go_types.resolve(key.value, key.tag, not key.style)
    if kind is Kind.INT:
        return kind, go_types.integer(text)
    if kind is Kind.FLOAT:
        return kind, float(text.replace("_", ""))
    return kind, go_types.true(text) if kind is Kind.BOOL else text
