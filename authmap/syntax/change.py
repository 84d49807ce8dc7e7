"""A change of one value."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from authmap.syntax.layer import Layer
    from authmap.syntax.nodes import Node


class Change(NamedTuple):
    """A new value for a node.

    A scalar gets the value. A sequence with `append` gets it as a new last item. Any other node is
    replaced by a scalar with the value.

    Attributes:
        layer: the text that contains the node.
        node: the node to change.
        value: the new value, decoded.
        append: whether to add the value to a sequence.
    """

    layer: Layer
    node: Node
    value: str
    append: bool = False
