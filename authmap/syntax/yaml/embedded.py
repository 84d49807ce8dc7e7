"""YAML that is embedded as text in a YAML scalar."""

from __future__ import annotations

from typing import TYPE_CHECKING

from authmap.syntax.source_map import NestedSourceMap, SourceMap
from authmap.syntax.yaml.scalars import read_scalar

if TYPE_CHECKING:
    from authmap.syntax.layer import Layer
    from authmap.syntax.nodes import Scalar
    from authmap.syntax.source import Source


class EmbeddedText:
    """A text that is YAML itself; implements `Layer`.

    Attributes:
        text: the text.
        source: the file it is in.
        source_map: maps the text to the file's text; None if it is the file's text.
        aliased: ids of the nodes that aliases refer to.
    """

    def __init__(self, text: str, source: Source, source_map: SourceMap | None) -> None:
        self.text = text
        self.source = source
        self.source_map = source_map
        self.aliased: frozenset[int] = frozenset()

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Convert a range of this text to offsets in the file's text."""
        return self.source_map.span(start, end) if self.source_map else (start, end)


def source_map_of(layer: Layer, node: Scalar) -> SourceMap:
    """The map from a scalar's value to the text of the file that contains its layer."""
    mapped = read_scalar(layer.text, node)
    if mapped is None:  # its characters have no known positions, so nothing in it is edited
        runs = [(node.value, node.start, node.end - node.start)]
        mapped = SourceMap(node.start, node.end, node.style, runs)
    return NestedSourceMap(mapped, layer.source_map) if layer.source_map else mapped
