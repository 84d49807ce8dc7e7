"""Maps each character of a decoded value to its source position, and encodes new values."""

from __future__ import annotations

from bisect import bisect_right
from functools import cache
from itertools import accumulate

Run = tuple[str, int, int]
"""A part of the value, its source offset, and its length there (0 if it is written verbatim)."""


class SourceMap:
    """Maps offsets in a scalar's value to offsets in its source text.

    Attributes:
        value: the decoded value.
        start: source offset of the first character of the content (after a quote or header).
        end: source offset after the last character of the content.
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
        """Source offset of the character ``value[index]``; `end` if `index` is past the value."""
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
        """Encode new value text for this scalar's style; None if the style cannot express it."""
        if self.style == '"':
            return escaped(text)
        if self.style == "|":
            lines = text.split("\n")
            return self._line_break.join(lines) if all(map(str.isprintable, lines)) else None
        if not text.isprintable():
            return None
        return text.replace("'", "''") if self.style == "'" else text


def escaped(text: str) -> str:
    """Escape text for use between double quotes, in YAML and in TOML."""
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
    """Maps a scalar inside another scalar's text to the text that contains the outer scalar."""

    __slots__ = ("_inner", "_outer")

    def __init__(self, inner: SourceMap, outer: SourceMap) -> None:
        self._inner = inner
        self._outer = outer
        self.value = inner.value
        self.style = inner.style
        self.start, self.end = outer.span(inner.start, inner.end)

    def place(self, index: int) -> int:
        """See `SourceMap.place`."""
        return self._outer.place(self._inner.place(index))

    def span(self, start: int, end: int) -> tuple[int, int]:
        """See `SourceMap.span`."""
        return self._outer.span(*self._inner.span(start, end))

    def encode(self, text: str) -> str | None:
        """See `SourceMap.encode`."""
        raw = self._inner.encode(text)
        return None if raw is None else self._outer.encode(raw)
