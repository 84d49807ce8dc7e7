"""Read ignore comments and the ignore annotation.

    - rolearn: arn:aws:iam::111111111111:role/ci  # authmap: ignore[AM101, cluster-admin] one user

Only what the parser treats as a comment counts: text inside a value never does.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import cached_property, partial
from typing import TYPE_CHECKING

from authmap.model.auth_map import AuthMap, Shape
from authmap.model.directive import Directive, Word
from authmap.model.places import at_part
from authmap.rules.codes import find_code
from authmap.syntax.layer import At
from authmap.syntax.nodes import Comment, Mapping, Scalar, descend, resolve_alias
from authmap.syntax.yaml.scalars import lines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from authmap.model.content import Content
    from authmap.syntax.layer import Layer
    from authmap.syntax.nodes import Node
    from authmap.syntax.yaml.scalars import Line

ANNOTATION = "authmap.dev/ignore"
"""The annotation of the object: codes or names of rules, separated by commas."""

_BEGIN = re.compile(r"#[ \t]*authmap:[ \t]*")
_IGNORE = re.compile(r"ignore\[([^\[\]]*)\]")
_OTHER = re.compile(r"[ \t]#")
_WORD = re.compile(r"[^\s,](?:[^,]*[^\s,])?")


def read(content: Content) -> list[Directive]:
    """The ignore directives in a content, in no particular order."""
    texts = {id(layer.text): (layer, root) for layer, root in reversed(content.trees)}
    found = list(_annotations(content))
    for layer, root in texts.values():
        found += _Text(layer, root).directives()
    return found


def _annotations(content: Content) -> Iterator[Directive]:
    together = isinstance(content, AuthMap) and content.shape is Shape.OBJECTS
    for layer, root in (*([content.outer] if content.outer else []), *content.objects):
        annotations = resolve_alias(root.get("metadata"))
        if isinstance(annotations, Mapping):
            annotations = resolve_alias(annotations.get("annotations"))
        node = (
            resolve_alias(annotations.get(ANNOTATION)) if isinstance(annotations, Mapping) else None
        )
        if isinstance(node, Scalar):
            words = _words(node.value, partial(at_part, layer, node))
            at = At(layer, node.start, node.end)
            yield Directive(at, words, place=node, about=root if together else None)
    if ANNOTATION in content.annotations:
        source = content.annotations[ANNOTATION]
        words = _words(source.text, partial(At, source))
        yield Directive(At(source, 0, len(source.text)), words)


def _words(text: str, place: Callable[[int, int], At]) -> list[Word]:
    return [Word(m[0], place(*m.span()), find_code(m[0])) for m in _WORD.finditer(text)]


class _Text:
    """A text, a YAML tree in it, and the comments around the nodes of the tree."""

    def __init__(self, layer: Layer, root: Node) -> None:
        self.layer = layer
        self.text = layer.text
        self.lines = lines(layer.text)
        self.scalars = sorted((n for n in descend(root) if type(n) is Scalar), key=_start)
        self.start, self.end = self._span(root)

    def _span(self, root: Node) -> tuple[int, int]:
        """The start and end offsets of the tree, with the comments above it and after it."""
        number = self._number(root.start)
        start, end = root.start, root.end
        if not self.text[self.lines[number].start : start].strip():
            while number and self._line(number - 1)[:1] in ("", "#"):
                number -= 1
            start = self.lines[number].start
        if type(root) is Scalar or getattr(root, "flow", False):  # others end at the next node
            end = self.lines[self._number(end)].end
        return start, end

    def _number(self, offset: int) -> int:
        return bisect_right(self.lines, offset, key=_start) - 1

    def _line(self, number: int) -> str:
        """A line without leading and trailing whitespace."""
        start, end, _ = self.lines[number]
        return self.text[start:end].strip()

    def directives(self) -> Iterator[Directive]:
        """The comments that start with `authmap:`."""
        for match in _BEGIN.finditer(self.text, self.start, self.end):
            if self._is_comment(match.start()):
                yield self._directive(*match.span())

    def _is_comment(self, offset: int) -> bool:
        """Whether the `#` at an offset is outside all values."""
        number = bisect_right(self.scalars, offset, key=_start) - 1
        if number < 0 or offset >= self.scalars[number].end:
            return True
        node = self.scalars[number]  # the first line of a block scalar may end in a comment
        return node.style in ("|", ">") and self._number(node.start) == self._number(offset)

    def _directive(self, start: int, content: int) -> Directive:
        number = self._number(start)
        line = self.lines[number]
        other = _OTHER.search(self.text, content, line.end)
        end = content + len(self.text[content : other.start() if other else line.end].rstrip())
        match = _IGNORE.match(self.text, content, end)
        words, reason, place = [], "", None
        if match:
            first = match.start(1)
            place = Comment(*match.span(1))
            words = _words(match[1], lambda a, b: At(self.layer, first + a, first + b))
            reason = self.text[match.end() : end].strip()
        alone = self._line(number).lstrip("- \t").startswith("#")
        target = (self._below[number] if alone else None) or line
        return Directive(At(self.layer, start, end), words, reason, place, target)

    @cached_property
    def _below(self) -> list[Line | None]:
        """For each line, the next line that is not a comment; None if that line is empty."""
        below: list[Line | None] = []
        next_one = None
        for number in range(len(self.lines) - 1, -1, -1):
            below.append(next_one)
            shown = self._line(number)
            if not shown.startswith("#"):
                next_one = self.lines[number] if shown else None
        return below[::-1]


def _start(node: Node | Line) -> int:
    return node.start
