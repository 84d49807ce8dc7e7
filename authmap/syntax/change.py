"""A value that is to be another."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from authmap.syntax.layer import Layer
    from authmap.syntax.nodes import Node


class Change(NamedTuple):
    """A node of a layer whose value is to be another.

    A scalar gets the value; a sequence, with `append`, gets it as one more item; any other node
    is replaced by a scalar of that value.
    """

    layer: Layer
    node: Node
    value: str
    append: bool = False
