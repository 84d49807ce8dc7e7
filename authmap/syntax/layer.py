"""A text that nodes stand in, and a stretch of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from authmap.syntax.source import Source
    from authmap.syntax.source_map import SourceMap


class Layer(Protocol):
    """A text that nodes stand in: the file itself, or the text of a section inside it."""

    @property
    def text(self) -> str:
        """The text."""

    @property
    def source(self) -> Source:
        """The file."""

    @property
    def source_map(self) -> SourceMap | None:
        """From this text to the file's, if it is not the file's own."""

    @property
    def aliased(self) -> frozenset[int]:
        """Ids of the nodes that aliases refer to."""

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Offsets in the file's text of a stretch of this text."""


class At(NamedTuple):
    """A stretch of a layer's text."""

    layer: Layer
    start: int
    end: int
