"""A YAML text as a tree of light nodes that know where they stand."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator


class TreeError(ValueError):
    """The text is not YAML.

    Attributes:
        problem: what the parser says.
        index: text offset of the place it says it about.
        began: text offset at which what it says it about begins, an unclosed quote for one.
    """

    def __init__(self, problem: str, index: int, began: int | None = None) -> None:
        super().__init__(problem)
        self.problem = problem
        self.index = index
        self.began = began


class Node:
    """A node: text offsets of its first character and of the one after its last."""

    __slots__ = ("anchor", "end", "start", "tag")
    start: int
    end: int
    tag: str | None
    anchor: str | None


class Scalar(Node):
    """A scalar: its decoded value and its style, one of ``''``, ``'``, ``"``, ``|``, ``>``.

    `in_flow` tells whether it stands in a flow collection, where plain text may hold less.
    """

    __slots__ = ("in_flow", "style", "value")

    def __init__(
        self,
        value: str,
        start: int,
        end: int,
        style: str,
        tag: str | None,
        anchor: str | None,
        in_flow: bool,
    ) -> None:
        self.value = value
        self.start = start
        self.end = end
        self.style = style
        self.tag = tag
        self.anchor = anchor
        self.in_flow = in_flow


class Sequence(Node):
    """A sequence and its items."""

    __slots__ = ("flow", "items")

    def __init__(self, start: int, flow: bool, tag: str | None, anchor: str | None) -> None:
        self.items: list[Node] = []
        self.start = self.end = start
        self.flow = flow
        self.tag = tag
        self.anchor = anchor


class Mapping(Node):
    """A mapping: its pairs in the order they are written, duplicates included."""

    __slots__ = ("flow", "pairs")

    def __init__(self, start: int, flow: bool, tag: str | None, anchor: str | None) -> None:
        self.pairs: list[tuple[Node, Node]] = []
        self.start = self.end = start
        self.flow = flow
        self.tag = tag
        self.anchor = anchor

    def get(self, key: str) -> Node | None:
        """The value of the last pair whose key is this text."""
        found = None
        for name, value in self.pairs:
            if isinstance(name, Scalar) and name.value == key:
                found = value
        return found


class Alias(Node):
    """``*name``, and the node it stands for (None inside that node itself: a cycle)."""

    __slots__ = ("target",)

    def __init__(self, anchor: str, start: int, end: int, target: Node | None) -> None:
        self.anchor = anchor
        self.start = start
        self.end = end
        self.target = target
        self.tag = None


class Comment(Node):
    """A comment, or a part of one: no node of a tree, but a place that can be changed like one."""

    __slots__ = ()

    def __init__(self, start: int, end: int) -> None:
        self.start = start
        self.end = end
        self.tag = self.anchor = None


class Tree(NamedTuple):
    """One YAML document.

    Attributes:
        root: its node.
        start: text offset of the ``---`` or of the first node.
        end: text offset after it.
        version: of a ``%YAML`` directive.
        aliased: ids of all nodes that an alias refers to, with everything inside them.
    """

    root: Node
    start: int
    end: int
    version: tuple[int, int] | None
    aliased: frozenset[int]


def resolve_alias(node: Node | None) -> Node | None:
    """The node itself, or the one its alias stands for."""
    while isinstance(node, Alias):
        node = node.target
    return node


def descend(node: Node) -> Iterator[Node]:
    """The node and everything in it, parents first; aliases are not followed."""
    stack = [node]
    while stack:
        node = stack.pop()
        yield node
        if isinstance(node, Sequence):
            stack.extend(reversed(node.items))
        elif isinstance(node, Mapping):
            for key, value in reversed(node.pairs):
                stack.append(value)
                stack.append(key)


MARK = "\ufeff"
