"""YAML inside a scalar of YAML: a layer of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from authmap.syntax.source_map import NestedSourceMap, SourceMap
from authmap.syntax.yaml.scalars import read_scalar

if TYPE_CHECKING:
    from authmap.syntax.layer import Layer
    from authmap.syntax.nodes import Scalar
    from authmap.syntax.source import Source


class EmbeddedText:
    """A text that is YAML itself: a layer of its own.

    Attributes:
        text: the text.
        source: the file.
        source_map: from the text to the file's, if it is another.
        aliased: ids of the nodes that aliases refer to.
    """

    def __init__(self, text: str, source: Source, source_map: SourceMap | None) -> None:
        self.text = text
        self.source = source
        self.source_map = source_map
        self.aliased: frozenset[int] = frozenset()

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Offsets in the file's text of a stretch of this text."""
        return self.source_map.span(start, end) if self.source_map else (start, end)


def source_map_of(layer: Layer, node: Scalar) -> SourceMap:
    """The map of a scalar onto the file that a layer stands in."""
    mapped = read_scalar(layer.text, node)
    if mapped is None:  # its characters have no place of their own, so nothing in it is edited
        runs = [(node.value, node.start, node.end - node.start)]
        mapped = SourceMap(node.start, node.end, node.style, runs)
    return NestedSourceMap(mapped, layer.source_map) if layer.source_map else mapped
