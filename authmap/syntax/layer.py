"""A text that contains YAML nodes, and a range of such a text."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from authmap.syntax.source import Source
    from authmap.syntax.source_map import SourceMap


class Layer(Protocol):
    """A text that contains YAML nodes: the file's, or one embedded in it, such as a section's."""

    @property
    def text(self) -> str:
        """The text."""

    @property
    def source(self) -> Source:
        """The file that contains the text."""

    @property
    def source_map(self) -> SourceMap | None:
        """The map from this text to the file's text; None if this is the file's text."""

    @property
    def aliased(self) -> frozenset[int]:
        """Ids of the nodes that aliases refer to."""

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Convert a range of this text to offsets in the file's text."""


class At(NamedTuple):
    """A range of a layer's text, as text offsets; `end` is exclusive."""

    layer: Layer
    start: int
    end: int
