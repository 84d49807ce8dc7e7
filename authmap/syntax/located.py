"""What stands in a file has a place there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from authmap.syntax.source import Source


class Located(Protocol):
    """Something that stands in a file, with its place as people count it.

    Lines and columns are 1-based; columns count characters. The end is the place after the last
    character.
    """

    __slots__ = ()

    @property
    def _stretch(self) -> tuple[Source, int, int]:
        """The file, and the text offsets of the first character and of the one after the last."""

    @property
    def line(self) -> int:
        """The line it begins in."""
        source, start, _ = self._stretch
        return source.place(start).line

    @property
    def column(self) -> int:
        """The column it begins at."""
        source, start, _ = self._stretch
        return source.place(start).column

    @property
    def end_line(self) -> int:
        """The line it ends in."""
        source, _, end = self._stretch
        return source.place(end).line

    @property
    def end_column(self) -> int:
        """The column after its last character."""
        source, _, end = self._stretch
        return source.place(end).column

    @property
    def location(self) -> str:
        """The path, line and column, as in `aws-auth.yaml:16:17`."""
        source, start, _ = self._stretch
        line, column = source.place(start)
        return f"{source.path}:{line}:{column}"
