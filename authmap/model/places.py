"""The places of an entry's parts in a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from authmap.authenticator.placeholder import braced
from authmap.syntax.layer import At, Layer
from authmap.syntax.nodes import Node, Scalar
from authmap.syntax.yaml.scalars import read_scalar

if TYPE_CHECKING:
    from authmap.authenticator.entry import Entry


def at_node(layer: Layer, node: Node) -> At:
    """The place of a node; for a collection or a block scalar, its first line."""
    start, end = node.start, node.end
    if type(node) is Scalar and node.style not in ("|", ">") and start <= end:
        return At(layer, start, end)
    end = max(start, end)
    line_end = layer.text.find("\n", start, end)
    text = layer.text[start : end if line_end < 0 else line_end]
    return At(layer, start, start + len(text.rstrip()))


def at_part(layer: Layer, node: Node, start: int, end: int) -> At:
    """The place of a part of a scalar's value; the whole node if the part is not on one line."""
    mapped = read_scalar(layer.text, node) if isinstance(node, Scalar) else None
    if mapped is None or end > len(mapped.value):
        return at_node(layer, node)
    at = At(layer, *mapped.span(start, end))
    return at_node(layer, node) if "\n" in layer.text[at.start : at.end] else at


def at_entry(entry: Entry) -> At:
    """The place that represents an entry: its ARN, or else its first line."""
    for name in ("rolearn", "userarn"):
        field = entry.field(name)
        if field:
            return at_node(entry.section, field.value)
    return at_node(entry.section, entry.node)


def at_arn(entry: Entry, start: int, end: int) -> At:
    """The place of a part of an entry's ARN."""
    field = entry.field("rolearn") or entry.field("userarn")
    if field is None or not isinstance(field.value, Scalar) or field.value.value != entry.arn:
        return at_entry(entry)
    return at_part(entry.section, field.value, start, end)


def at_pattern(entry: Entry, node: Node, text: str, start: int, end: int) -> At:
    """The place of a part of a username or group.

    Args:
        entry: the entry.
        node: the node of the username or group.
        text: the username or group as read.
        start: offset in `text`.
        end: offset in `text`, exclusive.

    Returns:
        The part's place, or the place of the whole node if `text` is not written there verbatim.
    """
    written = node.value if isinstance(node, Scalar) else ""
    if len(written) == len(text) and braced(written, entry.section.delimiters) == text:
        return at_part(entry.section, node, start, end)
    return at_node(entry.section, node) if node.end > node.start else at_entry(entry)


def at_username(entry: Entry, text: str) -> At:
    """The place of the first occurrence of a text in an entry's username."""
    field = entry.field("username")
    start = entry.username.index(text)
    if field is None:
        return at_entry(entry)
    return at_pattern(entry, field.value, entry.username, start, start + len(text))


def line_of(entry: Entry) -> int:
    """The 1-based line of an entry's ARN in the file."""
    at = at_entry(entry)
    return at.layer.source.place(at.layer.span(at.start, at.end)[0]).line


def at_field(entry: Entry, name: str) -> At:
    """The place of a field's value, or of the entry if it does not have the field."""
    field = entry.field(name)
    if field is None:
        return at_entry(entry)
    value = field.value
    return at_node(entry.section, value if value.end != value.start else field.key)
