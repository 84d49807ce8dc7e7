"""From changes to edits of bytes: spliced into the original, and verified by reading again."""

from __future__ import annotations

import re
from bisect import bisect_right
from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple

from authmap.syntax.yaml import go_types
from authmap.syntax.yaml.go_types import Kind
from authmap.syntax.yaml.parser import Alias, Comment, Node, Scalar, Sequence
from authmap.syntax.yaml.scalars import BREAK, ScalarMap, lines, read_scalar

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from authmap.model.finding import Change, Fix, Layer
    from authmap.syntax.source import Source


class Edit(NamedTuple):
    """A stretch of a text (offsets in characters, end exclusive) and what replaces it."""

    start: int
    end: int
    content: str
    source: Source


class HeldBack(Exception):  # noqa: N818 - it is an answer, not an error
    """A change that cannot be written safely; the message says why."""


def build_edits(fix: Fix) -> list[Edit]:
    """The edits of a fix.

    Raises:
        HeldBack: it cannot be expressed safely where it stands.
    """
    return [_edit(change) for change in fix.changes]


def try_edits(fix: Fix) -> tuple[list[Edit], str | None]:
    """The edits of a fix, or none and why it is not made."""
    if fix.held_back is not None:
        return [], fix.held_back
    try:
        return build_edits(fix), None
    except HeldBack as reason:
        return [], str(reason)


def _edit(change: Change) -> Edit:
    layer, node = change.layer, change.node
    if isinstance(node, Comment):
        return _comment(change)
    if isinstance(node, Alias) or id(node) in layer.aliased:
        raise HeldBack("the value is shared through a YAML anchor: edit it by hand")
    for start, end, raw in _candidates(change):
        outer_start, outer_end = layer.span(start, end)
        written = layer.source.text[outer_start:outer_end]
        if "\n" in written or "\r" in written:
            raise HeldBack("the value is written over several lines: edit it by hand")
        encoded = layer.map.encode(raw) if layer.map else raw
        if encoded is not None:
            return Edit(outer_start, outer_end, encoded, layer.source)
    raise HeldBack("the new value cannot be written in this style of YAML: edit it by hand")


def _comment(change: Change) -> Edit:
    """Another text for a comment, or none: then its line goes with it, if that is all it holds.

    Raises:
        HeldBack: more than the comment would go.
    """
    layer, text, start, end = change.layer, change.layer.text, change.node.start, change.node.end
    outer_start, outer_end = layer.span(start, end)
    if re.search(BREAK, layer.source.text[outer_start:outer_end]):
        raise HeldBack("the next line is folded into the comment: take it out by hand")
    if not change.value:
        line_list = lines(text)
        number = bisect_right(line_list, start, key=itemgetter(0)) - 1
        before, stop, behind = line_list[number]
        lead, rest = text[before:start], text[end:stop]
        if lead.strip():
            start -= len(lead) - len(lead.rstrip())
            end += 0 if rest.strip() else len(rest)
        elif rest.strip():
            end += len(rest) - len(rest.lstrip())
        elif layer.map is None:
            start, end = before, behind
        elif number:
            start, end = line_list[number - 1].end, stop
        else:  # the first line: its indentation stays, for the next one
            return Edit(layer.span(0, 0)[0], layer.span(behind, behind)[0], "", layer.source)
        outer_start, outer_end = layer.span(start, end)
    encoded = layer.map.encode(change.value) if layer.map else change.value
    return Edit(outer_start, outer_end, encoded or "", layer.source)


def _candidates(change: Change) -> Iterator[tuple[int, int, str]]:
    """Ways to write a change into its layer's text, the best first."""
    layer, node, value = change.layer, change.node, change.value
    if change.append:
        yield from _appended(layer, node, value)
    elif isinstance(node, Scalar) and node.style:
        mapped = read_scalar(layer.text, node)
        content = node.value.rstrip("\n") if node.style in "|>" else node.value
        kept = node.value[len(content) :]
        if not value.endswith(kept) or (node.style in "|>" and not content):
            raise HeldBack("the value is a block that ends in a line break: edit it by hand")
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
        raise HeldBack("there is no list to add to: write it by hand")
    last = node.items[-1]
    if not isinstance(last, Scalar) or last.style in ("|", ">") or last.start == last.end:
        raise HeldBack("the list ends in something that is no plain text: edit it by hand")
    at, lead = last.end, ", "
    if not node.flow:  # behind a comment on the last item's line
        lead = layer.text[layer.text.rfind("\n", 0, last.start) + 1 : last.start]
        if lead.strip() != "-":
            raise HeldBack("the list's last item shares its line: edit it by hand")
        at = layer.text.find("\n", last.end)
        at = len(layer.text) if at < 0 else at - (layer.text[at - 1] == "\r")
        line_break = "\r\n" if layer.map is None and "\r\n" in layer.text else "\n"
        lead = line_break + lead
    quoted = last.style and ScalarMap(0, 0, last.style, []).encode(value)
    if quoted:
        yield at, at, f"{lead}{last.style}{quoted}{last.style}"
    for written in _written(layer, value, flow=node.flow):
        yield at, at, lead + written


def _written(layer: Layer, value: str, *, flow: bool) -> Iterator[str]:
    if _is_plain(value, flow=flow):
        yield value
    yield from _quoted(layer, value)


def _quoted(layer: Layer, value: str) -> Iterator[str]:
    double = ScalarMap(0, 0, '"', []).encode(value)
    if layer.map is not None and layer.map.style == '"' and value.isprintable():
        yield "'" + value.replace("'", "''") + "'"
    yield f'"{double}"'
    if value.isprintable():
        yield "'" + value.replace("'", "''") + "'"


def _is_plain(value: str, *, flow: bool) -> bool:
    """Whether a value can stand without quotes; where in doubt it cannot."""
    if not value or not value.isprintable() or value != value.strip():
        return False
    if not (value[0].isalnum() or value[0] in "_./") or value.endswith(":"):
        return False
    if ": " in value or " #" in value or (flow and any(c in value for c in ",[]{}?")):
        return False
    return go_types.resolve(value, None, True)[0] is Kind.STRING


def splice(text: str, changes: Iterable[Edit]) -> str:
    """A text with edits made in it; they must not overlap."""
    parts, at = [], 0
    for edit in sorted(changes, key=lambda edit: edit[:3]):
        parts += [text[at : edit.start], edit.content]
        at = edit.end
    parts.append(text[at:])
    return "".join(parts)
