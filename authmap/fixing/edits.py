"""Turn changes of values into edits of the text, and splice them into the original."""

from __future__ import annotations

import re
from bisect import bisect_right
from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple

from authmap.syntax.nodes import Alias, Comment
from authmap.syntax.yaml.scalars import BREAK, lines
from authmap.syntax.yaml.writer import HeldBack, candidates

if TYPE_CHECKING:
    from collections.abc import Iterable

    from authmap.model.finding import Fix
    from authmap.syntax.change import Change
    from authmap.syntax.source import Source


class Edit(NamedTuple):
    """A span of a text (offsets in characters, end exclusive) and its replacement."""

    start: int
    end: int
    content: str
    source: Source


def build_edits(fix: Fix) -> list[Edit]:
    """The edits of a fix.

    Raises:
        HeldBack: the fix cannot be written safely in the style used there.
    """
    return [_edit(change) for change in fix.changes]


def try_edits(fix: Fix) -> tuple[list[Edit], str | None]:
    """The edits of a fix and None, or no edits and the reason why it is held back."""
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
    for start, end, raw in candidates(change):
        outer_start, outer_end = layer.span(start, end)
        written = layer.source.text[outer_start:outer_end]
        if "\n" in written or "\r" in written:
            raise HeldBack("the value is written over several lines: edit it by hand")
        encoded = layer.source_map.encode(raw) if layer.source_map else raw
        if encoded is not None:
            return Edit(outer_start, outer_end, encoded, layer.source)
    raise HeldBack("the new value cannot be written in this style of YAML: edit it by hand")


def _comment(change: Change) -> Edit:
    """Replace or remove a comment; a line that contained only the comment is removed too.

    Raises:
        HeldBack: the edit would remove more than the comment.
    """
    layer, text, start, end = change.layer, change.layer.text, change.node.start, change.node.end
    outer_start, outer_end = layer.span(start, end)
    if re.search(BREAK, layer.source.text[outer_start:outer_end]):
        raise HeldBack("the next line is folded into the comment: remove the comment by hand")
    if not change.value:
        line_list = lines(text)
        number = bisect_right(line_list, start, key=itemgetter(0)) - 1
        begin, stop, after = line_list[number]
        lead, rest = text[begin:start], text[end:stop]
        if lead.strip():
            start -= len(lead) - len(lead.rstrip())
            end += 0 if rest.strip() else len(rest)
        elif rest.strip():
            end += len(rest) - len(rest.lstrip())
        elif layer.source_map is None:
            start, end = begin, after
        elif number:
            start, end = line_list[number - 1].end, stop
        else:  # the first line: keep its indentation for the next one
            return Edit(layer.span(0, 0)[0], layer.span(after, after)[0], "", layer.source)
        outer_start, outer_end = layer.span(start, end)
    encoded = layer.source_map.encode(change.value) if layer.source_map else change.value
    return Edit(outer_start, outer_end, encoded or "", layer.source)


def splice(text: str, changes: Iterable[Edit]) -> str:
    """A text with edits applied to it; they must not overlap."""
    parts, at = [], 0
    for edit in sorted(changes, key=lambda edit: edit[:3]):
        parts += [text[at : edit.start], edit.content]
        at = edit.end
    parts.append(text[at:])
    return "".join(parts)
