"""Writes a value into YAML text, in the existing style where possible."""

from __future__ import annotations

from typing import TYPE_CHECKING

from authmap.syntax.nodes import Node, Scalar, Sequence
from authmap.syntax.source_map import SourceMap
from authmap.syntax.yaml import go_types
from authmap.syntax.yaml.go_types import Kind
from authmap.syntax.yaml.scalars import read_scalar

if TYPE_CHECKING:
    from collections.abc import Iterator

    from authmap.syntax.change import Change
    from authmap.syntax.layer import Layer


class HeldBack(Exception):  # noqa: N818 - a regular result, not an error
    """A change cannot be written safely; the message says why."""


def candidates(change: Change) -> Iterator[tuple[int, int, str]]:
    """Ways to write a change into its layer's text, best first.

    Yields:
        Start and end offset of the text to replace, and its replacement.

    Raises:
        HeldBack: there is no safe way to write the change.
    """
    layer, node, value = change.layer, change.node, change.value
    if change.append:
        yield from _appended(layer, node, value)
    elif isinstance(node, Scalar) and node.style:
        mapped = read_scalar(layer.text, node)
        content = node.value.rstrip("\n") if node.style in "|>" else node.value
        kept = node.value[len(content) :]
        if not value.endswith(kept) or (node.style in "|>" and not content):
            raise HeldBack("the value is a block that ends with a line break: edit it by hand")
        raw = mapped.encode(value.removesuffix(kept)) if mapped else None
        if mapped and raw is not None:
            yield (*mapped.span(0, len(content)), raw)
        if node.style not in "|>":
            for quoted in _quoted(layer, value):
                yield node.start, node.end, quoted
    else:
        flow = not isinstance(node, Scalar) or node.in_flow
        for written in _written(layer, value, flow=flow):
            yield node.start, node.end, written


def _appended(layer: Layer, node: Node, value: str) -> Iterator[tuple[int, int, str]]:
    if not isinstance(node, Sequence) or not node.items:
        raise HeldBack("there is no list to add an item to: edit it by hand")
    last = node.items[-1]
    if not isinstance(last, Scalar) or last.style in ("|", ">") or last.start == last.end:
        raise HeldBack("the last item of the list is not text on one line: edit it by hand")
    at, lead = last.end, ", "
    if not node.flow:  # after a comment on the last item's line
        lead = layer.text[layer.text.rfind("\n", 0, last.start) + 1 : last.start]
        if lead.strip() != "-":
            raise HeldBack(
                "the last item of the list is not alone on its line: edit the list by hand"
            )
        at = layer.text.find("\n", last.end)
        at = len(layer.text) if at < 0 else at - (layer.text[at - 1] == "\r")
        line_break = "\r\n" if layer.source_map is None and "\r\n" in layer.text else "\n"
        lead = line_break + lead
    quoted = last.style and SourceMap(0, 0, last.style, []).encode(value)
    if quoted:
        yield at, at, f"{lead}{last.style}{quoted}{last.style}"
    for written in _written(layer, value, flow=node.flow):
        yield at, at, lead + written


def _written(layer: Layer, value: str, *, flow: bool) -> Iterator[str]:
    if _is_plain(value, flow=flow):
        yield value
    yield from _quoted(layer, value)


def _quoted(layer: Layer, value: str) -> Iterator[str]:
    double = SourceMap(0, 0, '"', []).encode(value)
    if layer.source_map is not None and layer.source_map.style == '"' and value.isprintable():
        yield "'" + value.replace("'", "''") + "'"
    yield f'"{double}"'
    if value.isprintable():
        yield "'" + value.replace("'", "''") + "'"


def _is_plain(value: str, *, flow: bool) -> bool:
    """Whether a value can safely be written without quotes; False in case of doubt."""
    if not value or not value.isprintable() or value != value.strip():
        return False
    if not (value[0].isalnum() or value[0] in "_./") or value.endswith(":"):
        return False
    if ": " in value or " #" in value or (flow and any(c in value for c in ",[]{}?")):
        return False
    return go_types.resolve(value, None, True)[0] is Kind.STRING
