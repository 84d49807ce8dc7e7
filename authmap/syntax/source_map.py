"""From each character of a decoded value to its place in the text it was written in, and back."""

from __future__ import annotations

from bisect import bisect_right
from functools import cache
from itertools import accumulate

Run = tuple[str, int, int]
"""Text of the value, its source offset, its length there if it is not written verbatim (or 0)."""


class SourceMap:
    """Maps offsets in a scalar's value to offsets in its source text.

    Attributes:
        value: the decoded value.
        start: source offset of the first character of the content (behind a quote or header).
        end: source offset behind the last character of the content.
        style: the scalar's style.
    """

    __slots__ = ("_lengths", "_line_break", "_sources", "_values", "end", "start", "style", "value")

    def __init__(
        self, start: int, end: int, style: str, runs: list[Run], line_break: str = "\n"
    ) -> None:
        self.start = start
        self.end = end
        self.style = style
        self._line_break = line_break
        self._sources = [run[1] for run in runs]
        self._lengths = [run[2] for run in runs]
        self._values = list(accumulate([len(run[0]) for run in runs], initial=0))
        self.value = "".join([run[0] for run in runs])

    def place(self, index: int) -> int:
        """Source offset at which the character ``value[index]`` begins; the end for ``len``."""
        if index >= len(self.value):
            return self.end
        run = bisect_right(self._values, index) - 1
        offset = 0 if self._lengths[run] else index - self._values[run]
        return self._sources[run] + offset

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Source offsets (end exclusive) of ``value[start:end]``."""
        if end <= start:
            where = self.place(start)
            return where, where
        run = bisect_right(self._values, end - 1) - 1
        value, source, length = self._values[run], self._sources[run], self._lengths[run]
        last = source + (length or end - value)
        if value <= start and not length:
            return source + start - value, last
        return self.place(start), last

    def encode(self, text: str) -> str | None:
        """New value text as it is to be written inside this scalar, or None where it cannot be."""
        if self.style == '"':
            return escaped(text)
        if self.style == "|":
            lines = text.split("\n")
            return self._line_break.join(lines) if all(map(str.isprintable, lines)) else None
        if not text.isprintable():
            return None
        return text.replace("'", "''") if self.style == "'" else text


def escaped(text: str) -> str:
    """Text as it is to be written between double quotes, in YAML and in TOML."""
    return "".join(map(_escape, text))


@cache
def _escape(character: str) -> str:
    if character in '"\\':
        return "\\" + character
    if character.isprintable():
        return character
    if character == "\n":
        return "\\n"
    code = ord(character)
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


class NestedSourceMap(SourceMap):
    """Of a scalar in the text of another scalar: onto the text that the outer one stands in."""

    __slots__ = ("_inner", "_outer")

    def __init__(self, inner: SourceMap, outer: SourceMap) -> None:
        self._inner = inner
        self._outer = outer
        self.value = inner.value
        self.style = inner.style
        self.start, self.end = outer.span(inner.start, inner.end)

    def place(self, index: int) -> int:
        """As of any scalar map."""
        return self._outer.place(self._inner.place(index))

    def span(self, start: int, end: int) -> tuple[int, int]:
        """As of any scalar map."""
        return self._outer.span(*self._inner.span(start, end))

    def encode(self, text: str) -> str | None:
        """As of any scalar map."""
        raw = self._inner.encode(text)
        return None if raw is None else self._outer.encode(raw)
