"""The nodes of a YAML tree, with their text offsets."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator


class TreeError(ValueError):
    """The text is not YAML.

    Attributes:
        problem: the parser's message.
        index: text offset of the problem.
        began: text offset where the construct with the problem begins, for example an unclosed
            quote; None if the parser reports none.
    """

    def __init__(self, problem: str, index: int, began: int | None = None) -> None:
        super().__init__(problem)
        self.problem = problem
        self.index = index
        self.began = began


class Node:
    """A YAML node.

    Attributes:
        start: text offset of its first character.
        end: text offset after its last character.
        tag: its tag, if it has one.
        anchor: the name of its anchor, if it has one; of an alias, the anchor it refers to.
    """

    __slots__ = ("anchor", "end", "start", "tag")
    start: int
    end: int
    tag: str | None
    anchor: str | None


class Scalar(Node):
    """A scalar.

    Attributes:
        value: the decoded text.
        style: ``''`` (plain), ``'``, ``"``, ``|`` or ``>``.
        in_flow: whether it is inside a flow collection, where plain text is more restricted.
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
    """A mapping and its pairs in written order, duplicates included."""

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
    """An alias ``*name``; `target` is the node it refers to, or None inside that node (a cycle)."""

    __slots__ = ("target",)

    def __init__(self, anchor: str, start: int, end: int, target: Node | None) -> None:
        self.anchor = anchor
        self.start = start
        self.end = end
        self.target = target
        self.tag = None


class Comment(Node):
    """A comment or part of one: not in a tree, but it can be changed like a node."""

    __slots__ = ()

    def __init__(self, start: int, end: int) -> None:
        self.start = start
        self.end = end
        self.tag = self.anchor = None


class Tree(NamedTuple):
    """One YAML document.

    Attributes:
        root: its root node.
        start: text offset of the ``---`` or of the first node.
        end: text offset after the document.
        version: the version in its ``%YAML`` directive, if it has one.
        aliased: ids of all nodes that an alias refers to, and of all nodes inside them.
    """

    root: Node
    start: int
    end: int
    version: tuple[int, int] | None
    aliased: frozenset[int]


def resolve_alias(node: Node | None) -> Node | None:
    """The node, or the target if it is an alias."""
    while isinstance(node, Alias):
        node = node.target
    return node


def descend(node: Node) -> Iterator[Node]:
    """The node and all nodes inside it, parents first; aliases are not followed."""
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
