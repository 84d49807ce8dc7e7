"""A file's bytes and text, and the positions of characters in them."""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import cached_property
from typing import NamedTuple

BOM = b"\xef\xbb\xbf"


class Place(NamedTuple):
    """A position: 1-based line and 1-based column in characters."""

    line: int
    column: int


class Source:
    """A file's bytes and their text; also the outermost `Layer`.

    Args:
        data: the bytes on disk.
        path: the name shown in findings.

    Raises:
        UnicodeDecodeError: the bytes are not UTF-8.
    """

    def __init__(self, data: bytes, path: str = "<input>") -> None:
        self.data = data
        self.path = path
        self._skipped = len(BOM) if data.startswith(BOM) else 0
        self.text = data[self._skipped :].decode()

    @cached_property
    def _line_starts(self) -> list[int]:
        """Text offset of each line's first character; a line ends at a line feed."""
        return [0, *(m.end() for m in re.finditer("\n", self.text))]

    @cached_property
    def _line_bytes(self) -> list[int] | None:
        """Byte offset of each line's start; None if every character is one byte."""
        if len(self.text) == len(self.data) - self._skipped:
            return None
        offsets, at, text = [], self._skipped, self.text
        starts = self._line_starts
        for start, end in zip(starts, [*starts[1:], len(text)], strict=True):
            offsets.append(at)
            at += len(text[start:end].encode())
        return offsets

    @cached_property
    def names_authmap(self) -> bool:
        """Whether the text contains the word authmap; without it, it has no ignore comments."""
        return "authmap" in self.text

    source_map: None = None
    aliased: frozenset[int] = frozenset()

    @property
    def source(self) -> Source:
        """This source: the file's text is the outermost layer."""
        return self

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The range itself: it is already in the file's text."""
        return start, end

    def place(self, index: int) -> Place:
        """Line and column of the character at a text offset."""
        line = bisect_right(self._line_starts, index)
        return Place(line, index - self._line_starts[line - 1] + 1)

    def byte(self, index: int) -> int:
        """Byte offset in the file of the character at a text offset."""
        line_bytes = self._line_bytes
        if line_bytes is None:
            return index + self._skipped
        line = bisect_right(self._line_starts, index) - 1
        return line_bytes[line] + len(self.text[self._line_starts[line] : index].encode())

    def line(self, number: int) -> str:
        """The text of a 1-based line, without its line break."""
        starts = self._line_starts
        end = starts[number] if number < len(starts) else len(self.text)
        return self.text[starts[number - 1] : end].rstrip("\r\n")
