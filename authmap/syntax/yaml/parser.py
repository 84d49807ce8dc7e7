"""Parses YAML text into a tree of lightweight nodes with positions.

Uses the events of libyaml, from which go-yaml was ported, through ruamel.yaml's C parser.
Scalars are not resolved here: each is text with a style and a tag.
"""

from __future__ import annotations

import re
from itertools import chain
from typing import TYPE_CHECKING, Any

from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from authmap.syntax.nodes import (
    MARK,
    Alias,
    Mapping,
    Node,
    Scalar,
    Sequence,
    Tree,
    TreeError,
    descend,
)
from authmap.syntax.yaml.scalars import double_quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

try:
    from _ruamel_yaml import CParser
except ImportError as error:
    raise ImportError(
        "authmap needs the C parser of ruamel.yaml, which is not installed: run "
        "`pip install ruamel.yaml.clib` (on Windows on Arm, use an x64 Python: the package has no "
        "Arm build)",
        name="_ruamel_yaml",
    ) from error

MAX_RETRIES = 100
"""How many times a text is rewritten for libyaml before it counts as unreadable."""

MAX_DEPTH = 10_000
"""Deepest nesting that go-yaml accepts (max_flow_level and max_indents in its scannerc.go)."""


def parse(text: str) -> Iterator[Tree]:
    """Parse the documents of a YAML text.

    Args:
        text: the decoded text, without the file's byte order mark.

    Yields:
        The documents in order.

    Raises:
        TreeError: a document cannot be read; the documents before it have been yielded.
    """
    shown, done = text, 0
    hidden = _stand_ins(text)
    if MARK in text:
        # libyaml skips a leading mark without counting it, so an empty line takes its place.
        # libyaml also skips a mark after any other line break, where go-yaml reads it as text.
        head = "\n" if text.startswith(MARK) else ""
        shown = head + text[len(head) :].replace(MARK, hidden[MARK])
    for retry in range(MAX_RETRIES):
        try:
            for number, tree in enumerate(_parse(text, shown, hidden)):
                if number >= done:
                    done += 1
                    yield tree
            return
        except TreeError as error:
            reworded = None if retry + 1 == MAX_RETRIES else _reworded(text, shown, hidden, error)
            if reworded is None:
                raise
            shown = reworded


def _parse(text: str, shown: str, hidden: dict[str, str]) -> Iterator[Tree]:
    position = 0
    try:
        next_event: Callable[[], Any] = CParser(shown).get_event
        while True:
            event = next_event()
            if event is None:
                return
            if type(event) is DocumentStartEvent:
                position = event.start_mark.index
                yield _document(text, None if shown is text else hidden, event, next_event)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        began = error.context_mark and error.context_mark.index
        raise TreeError(_problem(error), mark.index if mark else position, began) from None
    except YAMLError as error:  # a character that YAML does not allow
        where = _forbidden(shown)
        index = getattr(error, "position", position) if where is None else where
        character = f"U+{ord(text[index]):04X}" if index < len(text) else "a character"
        raise TreeError(f"{character} is not allowed in YAML", index) from None
    except UnicodeEncodeError as error:
        raise TreeError("half of a surrogate pair is not a character", error.start) from None
    except UnicodeDecodeError:
        where = text.find("%", position)
        raise TreeError("the %-escaped bytes in the tag are not UTF-8", where) from None


def _stand_ins(text: str) -> dict[str, str]:
    """Replacements for colons and byte order marks that go-yaml reads as text and libyaml does not.

    They are private-use characters that do not occur in the text.
    """
    private = chain(range(0xE000, 0xF900), range(0xF0000, 0xFFFFE))
    free = (chr(code) for code in private if chr(code) not in text)
    return {":": next(free, "\ue000"), MARK: next(free, "\ue001")}


def _reworded(text: str, shown: str, hidden: dict[str, str], error: TreeError) -> str | None:
    """Rewrite, without moving any character, a text that libyaml rejects and go-yaml accepts.

    Returns:
        The text to parse next, or None where go-yaml rejects it too.
    """
    index, problem, colon = error.index, error.problem, hidden[":"]
    if index >= len(text):
        return None
    if "unexpected ':'" in problem and shown[index] == ":":
        if colon not in shown:
            shown = _with_colons_hidden(shown, colon)
        return shown[:index] + colon + shown[index + 1 :]
    if "unknown escape" in problem and text[index : index + 2] == "\\'":
        rest = re.compile(r'(?:[^"\\]|\\.)*', re.DOTALL).match(shown, index)
        end = rest.end() if rest else index
        escapes = re.sub(r"\\(.)", lambda m: "\\/" if m[1] == "'" else m[0], shown[index:end])
        return shown[:index] + escapes + shown[end:]
    return None


def _with_colons_hidden(text: str, colon: str) -> str:
    """Hide colons inside plain scalars of flow collections, which go-yaml reads as text.

    Colons in verbatim tags stay, and so do colons after a quote or a bracket: those end a JSON key.
    """
    space = " \t\r\n\x85\u2028\u2029"
    inside = rf"!<[^>{space}]*>|(?<=[^{space},\[\]{{}}\"'?:]):+(?=[^{space}])"
    return re.sub(inside, lambda m: m[0] if m[0][0] == "!" else colon * len(m[0]), text)


def _forbidden(text: str) -> int | None:
    """Offset of the first character that YAML does not allow (yaml_parser_update_buffer)."""
    allowed = "\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff"
    match = re.search(f"[^{allowed}]", text)
    return match.start() if match else None


def _problem(error: MarkedYAMLError) -> str:
    return ", ".join(str(part) for part in (error.context, error.problem) if part)


def _document(
    text: str, hidden: dict[str, str] | None, start: Any, next_event: Callable[[], Any]
) -> Tree:
    """Build one document from its events; iterative, so that deep nesting needs no call stack."""
    anchors: dict[str, Node] = {}
    aliases: list[Alias] = []
    open_nodes: list[tuple[Any, Any]] = []  # enclosing collections, each with its pending key
    collection: Any = None
    key: Any = None
    root: Any = None
    in_flow = False
    while True:
        event = next_event()
        kind = type(event)
        if kind is ScalarEvent:
            index, end = event.start_mark.index, event.end_mark.index
            tag, anchor = event.ctag, event.anchor
            if tag is not None or anchor is not None:
                index = _after_properties(text, index, end)
                tag = tag and str(tag)
            node: Any = Scalar(event.value, index, end, event.style or "", tag, anchor, in_flow)
            if hidden is not None:
                _restore(node, text, hidden)
        elif kind is MappingStartEvent or kind is SequenceStartEvent:
            make = Mapping if kind is MappingStartEvent else Sequence
            anchor = event.anchor
            node = make(event.start_mark.index, bool(event.flow_style), event.tag, anchor)
        elif kind is MappingEndEvent or kind is SequenceEndEvent:
            collection.end = event.end_mark.index
            collection, key = open_nodes.pop()
            in_flow = collection is not None and collection.flow
            continue
        elif kind is AliasEvent:
            index, anchor = event.start_mark.index, None
            if event.anchor not in anchors:
                raise TreeError("found undefined alias", index)
            target = anchors[event.anchor]
            cycle = target is collection or any(target is node for node, _ in open_nodes)
            node = Alias(event.anchor, index, event.end_mark.index, None if cycle else target)
            aliases.append(node)
        else:
            begin, end = start.start_mark.index, event.start_mark.index
            return Tree(root, begin, end, start.version, _aliased(aliases))
        if anchor is not None:
            anchors[anchor] = node
        if collection is None:
            root = node
        elif type(collection) is Sequence:
            collection.items.append(node)
        elif key is None:
            key = node
        else:
            collection.pairs.append((key, node))
            key = None
        if kind is MappingStartEvent or kind is SequenceStartEvent:
            if len(open_nodes) >= MAX_DEPTH:
                raise TreeError(f"nested more than {MAX_DEPTH} levels deep", node.start)
            open_nodes.append((collection, key))
            collection, key, in_flow = node, None, node.flow


def _after_properties(text: str, start: int, end: int) -> int:
    """Offset of a scalar's own text; libyaml's mark is at its anchor or tag."""
    properties = re.compile(r"(?:(?:&[A-Za-z0-9_-]+|!\S*)(?:\s+(?:#[^\r\n\x85\u2028\u2029]*)?)*)+")
    match = properties.match(text, start, end)
    return match.end() if match else start


def _restore(node: Scalar, text: str, hidden: dict[str, str]) -> None:
    """Set a scalar's value as in the original text, not as in the text that libyaml parsed."""
    for character, stand_in in hidden.items():
        node.value = node.value.replace(stand_in, character)
        if node.tag:
            node.tag = node.tag.replace(stand_in, character)
    if node.style == '"' and "\\'" in text[node.start : node.end]:
        node.value = double_quoted(text, node.start + 1, node.end - 1)


def _aliased(aliases: list[Alias]) -> frozenset[int]:
    targets = {id(alias.target): alias.target for alias in aliases if alias.target is not None}
    return frozenset(id(node) for target in targets.values() for node in descend(target))
