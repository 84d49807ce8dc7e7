"""What a text with templates can become once another tool has rendered it.

A template can become anything, so only the fixed parts around it count. They are found from left to
right, without backtracking: no text takes long to match.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from authmap.authenticator.foreign_template import templates
from authmap.authenticator.resolve import fold

if TYPE_CHECKING:
    from collections.abc import Iterable


def can_become(text: str, wanted: str) -> bool:
    """Whether rendering can turn a text into another one, without regard to case."""
    return Renderings([text]).include(wanted)


class Renderings:
    """All that some texts can become.

    Texts with the same first and last fixed part are looked up together, because matching each of
    thousands of texts with each of thousands of ARNs takes too long.

    Args:
        texts: texts with or without templates.
    """

    def __init__(self, texts: Iterable[str]) -> None:
        self._plain: set[str] = set()
        self._middles: dict[tuple[str, str], set[tuple[str, ...]]] = {}
        for text in texts:
            first, *middle = _fixed_parts(text)
            if middle:
                last = middle.pop()
                self._middles.setdefault((first, last), set()).add(tuple(filter(None, middle)))
            else:
                self._plain.add(first)
        self._lengths = {(len(first), len(last)) for first, last in self._middles}

    def include(self, wanted: str) -> bool:
        """Whether one of the texts can become this one, without regard to case."""
        wanted = fold(wanted)
        if wanted in self._plain:
            return True
        for first, last in self._lengths:
            end = len(wanted) - last
            if first <= end:
                middles = self._middles.get((wanted[:first], wanted[end:]), ())
                if any(_in_order(middle, wanted, first, end) for middle in middles):
                    return True
        return False


@lru_cache(maxsize=8192)
def _fixed_parts(text: str) -> tuple[str, ...]:
    """The texts before, between and after the templates, with their case folded."""
    parts, at = [], 0
    for match in templates(text):
        parts.append(fold(text[at : match.start()]))
        at = match.end()
    return (*parts, fold(text[at:]))


def _in_order(parts: tuple[str, ...], text: str, start: int, end: int) -> bool:
    """Whether a part of a text contains all of these, one after the other."""
    for part in parts:
        found = text.find(part, start, end)
        if found < 0:
            return False
        start = found + len(part)
    return True
