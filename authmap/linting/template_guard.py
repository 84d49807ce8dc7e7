"""Detect files that Helm or Jinja renders later: there `{{SessionName}}` would be a template."""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from authmap.authenticator.foreign_template import braced_template, braced_words, in_braces
from authmap.model.auth_map import Shape

if TYPE_CHECKING:
    from collections.abc import Iterator

    from authmap.model.auth_map import AuthMap
    from authmap.model.options import RunOptions

_JINJA = (".j2", ".jinja", ".jinja2")
_RENDERED = (*_JINJA, ".tpl", ".gotmpl", ".mustache")
_AS_HELM = "render it first (helm template … | authmap fix -)"
_AS_JINJA = "render it first and pipe the result into `authmap fix -`"


def of(auth_map: AuthMap, options: RunOptions) -> str:
    """Why fixes must not write double braces into a map's file; empty if they may."""
    source = auth_map.source
    if options.delimiters or auth_map.locked or auth_map.shape is Shape.DATA:
        return ""
    place = braced_template(_in_braces(source.text))
    if place is None:
        place = _outside_names(auth_map)
    if place is None and not source.path.endswith(_RENDERED):
        return options.rendered and f"{options.rendered}: {_AS_HELM}"
    where = f"line {source.place(place).line}" if place is not None else "by its file name"
    if "{%" in source.text or "{#" in source.text or source.path.endswith(_JINJA):
        return f"this is a Jinja template ({where}): {_AS_JINJA}"
    return f"this is a Helm template ({where}): {_AS_HELM}"


@lru_cache(maxsize=1)
def _in_braces(text: str) -> list[re.Match[str]]:
    """The braced parts of a file; cached, as several maps may be in one file."""
    return in_braces(text)


def _outside_names(auth_map: AuthMap) -> int | None:
    """The offset of the first braces that are not in a username or group, or None."""
    words, source = braced_words(_in_braces(auth_map.source.text)), auth_map.source
    if not words:
        return None
    names = sorted(_names(auth_map))

    @cache  # cached: a line may be the whole file
    def username_end(line: int) -> float:
        found = re.search("username", source.line(line), re.IGNORECASE | re.ASCII)
        return found.end() if found else float("inf")

    for place in words:
        at = bisect_right(names, (place, len(source.text))) - 1
        line, column = source.place(place)
        if not (at >= 0 and place < names[at][1]) and column - 1 < username_end(line):
            return place
    return None


def _names(auth_map: AuthMap) -> Iterator[tuple[int, int]]:
    """The spans (offsets in the file) of usernames and groups."""
    for entry in auth_map.entries:
        field = entry.field("username")
        nodes = [field.value] if field else []
        for node in (*nodes, *(group.node for group in entry.group_items)):
            yield entry.section.span(node.start, node.end)
