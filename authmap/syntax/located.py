"""Line and column positions of things in a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from authmap.syntax.source import Source


class Located(Protocol):
    """Something with a position in a file.

    Lines and columns are 1-based; columns count characters. The end is the position after the last
    character.
    """

    __slots__ = ()

    @property
    def _stretch(self) -> tuple[Source, int, int]:
        """The file, and the text offsets of the first character and after the last character."""

    @property
    def line(self) -> int:
        """The line of the first character."""
        source, start, _ = self._stretch
        return source.place(start).line

    @property
    def column(self) -> int:
        """The column of the first character."""
        source, start, _ = self._stretch
        return source.place(start).column

    @property
    def end_line(self) -> int:
        """The line of the end."""
        source, _, end = self._stretch
        return source.place(end).line

    @property
    def end_column(self) -> int:
        """The column of the end, after the last character."""
        source, _, end = self._stretch
        return source.place(end).column

    @property
    def location(self) -> str:
        """The path, line and column, as in `aws-auth.yaml:16:17`."""
        source, start, _ = self._stretch
        line, column = source.place(start)
        return f"{source.path}:{line}:{column}"
