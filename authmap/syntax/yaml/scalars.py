"""Maps every character of a decoded scalar to its position in the source text.

Decodes a scalar's source a second time, by style, into a list of runs: parts of the value that are
written verbatim, and single characters that are not (an escape, a doubled quote, a folded line
break). The result must equal the parser's value; otherwise there is no map, and nothing is edited.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import TYPE_CHECKING, NamedTuple

from authmap.syntax.source_map import Run, SourceMap

if TYPE_CHECKING:
    from collections.abc import Iterator

    from authmap.syntax.nodes import Scalar

BREAK = r"(?:\r\n|[\n\r\x85\u2028\u2029])"


class Line(NamedTuple):
    """The text offsets of a line.

    Attributes:
        start: offset of its first character.
        end: offset of its line break.
        behind: offset of the next line.
    """

    start: int
    end: int
    behind: int


@lru_cache(maxsize=4)
def lines(text: str) -> list[Line]:
    """The lines of a text, by YAML's line breaks."""
    ends = [match.span() for match in re.finditer(BREAK, text)]
    starts = [0, *(after for _, after in ends)]
    ends.append((len(text), len(text)))
    return [Line(start, *end) for start, end in zip(starts, ends, strict=True)]


ESCAPES = {
    "0": "\0", "a": "\a", "b": "\b", "t": "\t", "\t": "\t", "n": "\n", "v": "\v", "f": "\f",
    "r": "\r", "e": "\x1b", " ": " ", '"': '"', "/": "/", "\\": "\\", "N": "\x85", "_": "\xa0",
    "L": "\u2028", "P": "\u2029", "'": "'",
}  # fmt: skip
"""One-letter escapes: libyaml's, and ``\\'``, which go-yaml also accepts (scannerc.go)."""

_HEX = {"x": 2, "u": 4, "U": 8}


def read_scalar(text: str, node: Scalar) -> SourceMap | None:
    """Map each character of a parsed scalar to its position in the text.

    Args:
        text: the text that contains the scalar.
        node: the scalar as parsed from it.

    Returns:
        The map, or None where decoding the text again does not give the parser's value.
    """
    start, end, style = node.start, node.end, node.style
    try:
        if style == "|" or style == ">":
            found = _block(text, start, end, style, node.value)
        elif style:
            found = SourceMap(start + 1, end - 1, style, _flow(text, start + 1, end - 1, style))
        else:
            found = SourceMap(start, end, style, _flow(text, start, end, style))
    except (KeyError, ValueError):  # an unknown escape, or one that is not a character
        return None
    return found if found.value == node.value else None


def double_quoted(text: str, start: int, end: int) -> str:
    """Decode the text between double quotes, from `start` to `end`."""
    return "".join(run[0] for run in _flow(text, start, end, '"'))


@cache
def _special(style: str) -> re.Pattern[str]:
    """The non-verbatim parts of a flow scalar: folded line breaks, and the style's own escapes."""
    spaces = r"(?P<spaces>[ \t]{16,})"  # avoids searching for a break at each of a million spaces
    fold = rf"(?P<fold>[ \t]*{BREAK}(?:[ \t]*{BREAK})*[ \t]*)|{spaces}"
    if style == "'":
        return re.compile(rf"{fold}|''")
    if style == '"':
        joined = rf"\\{BREAK}(?:[ \t]*{BREAK})*[ \t]*"
        escape = r"\\x[0-9A-Fa-f]{2}|\\U[0-9A-Fa-f]{8}|\\u[0-9A-Fa-f]{4}|\\."
        surrogates = r"\\u[dD][89abAB][0-9A-Fa-f]{2}\\u[dD][c-fC-F][0-9A-Fa-f]{2}"
        return re.compile(
            rf"(?P<joined>{joined})|(?P<escape>{surrogates}|{escape})|{fold}", re.DOTALL
        )
    return re.compile(fold)


def _flow(text: str, start: int, end: int, style: str) -> list[Run]:
    runs: list[Run] = []
    at = start
    for match in _special(style).finditer(text, start, end):
        if match.lastgroup == "spaces":
            continue
        if match.start() > at:
            runs.append((text[at : match.start()], at, 0))
        at = match.end()
        groups = match.groupdict()
        length = at - match.start()
        if groups["fold"]:
            runs.extend(_folded(match["fold"], match.start()))
        elif groups.get("joined"):
            if len(re.findall(BREAK, match[0])) > 1:  # only the empty lines after it remain
                runs.extend(_folded(match[0], match.start(), escaped=True))
        else:
            runs.append((_unescape(match[0]), match.start(), length))
    if at < end:
        runs.append((text[at:end], at, 0))
    return runs


def _unescape(escape: str) -> str:
    if escape == "''":
        return "'"
    letter = escape[1]
    if letter not in _HEX:
        return ESCAPES[letter]
    if len(escape) == 12:  # a surrogate pair, as JSON writes a character above U+FFFF
        high, low = int(escape[2:6], 16), int(escape[8:], 16)
        return chr(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00))
    return chr(int(escape[2:], 16))


def _folded(fold: str, at: int, *, escaped: bool = False) -> list[Run]:
    """The runs of folded line breaks: one becomes a space; of several, the first is dropped."""
    breaks = list(re.finditer(BREAK, fold))
    if len(breaks) == 1:
        kept = breaks[0][0] if breaks[0][0] in "\u2028\u2029" else " "
        return [(kept, at, len(fold))]
    ends = [m.end() for m in breaks[1:-1]] + [len(fold)]
    runs: list[Run] = []
    start = 0
    if breaks[0][0] in "\u2028\u2029" and not escaped:
        runs.append((breaks[0][0], at, breaks[0].end()))
        start = breaks[0].end()
    for match, end in zip(breaks[1:], ends, strict=True):
        runs.append((_newline(match[0]), at + start, end - start))
        start = end
    return runs


def _newline(line_break: str) -> str:
    return line_break if line_break in "\u2028\u2029" else "\n"


def _block(text: str, start: int, end: int, style: str, value: str) -> SourceMap:
    """Map a literal or folded scalar; its parsed value reveals the indentation."""
    header, *lines = text[start:end].splitlines(keepends=True)
    indent = _indentation(lines, value)
    begin = start + len(header)
    runs = list((_folded_lines if style == ">" else _literal_lines)(lines, begin, indent))
    excess = sum(len(run[0]) for run in runs) - len(value)
    while excess > 0:  # chomping: the value shows how much of the end is kept
        run_text, source, length = runs.pop()
        if len(run_text) > excess:
            runs.append((run_text[:-excess], source, length))
        excess -= len(run_text)
    stop = runs[-1][1] + (runs[-1][2] or len(runs[-1][0])) if runs else begin
    return SourceMap(begin, stop, style, runs, _cut(header)[1] + " " * indent)


def _cut(line: str) -> tuple[str, str]:
    """Split a line into its content and its break; ignores breaks that are not YAML's."""
    content = line.rstrip("\r\n\x85\u2028\u2029")
    return content, line[len(content) :]


def _indentation(lines: list[str], value: str) -> int:
    for line, shown in zip(lines, value.splitlines(), strict=False):
        if shown:
            return len(line) - len(line.lstrip(" ")) - (len(shown) - len(shown.lstrip(" ")))
    return 0


def _literal_lines(lines: list[str], at: int, indent: int) -> Iterator[Run]:
    """The runs of a literal scalar's lines; `at` is the source offset of the first."""
    for line in lines:
        if len(line) > indent and line.endswith("\n") and line[-2:] != "\r\n":  # most lines
            yield line[indent:], at + indent, 0
        else:
            content, line_break = _cut(line)
            if len(content) > indent:
                yield content[indent:], at + indent, 0
            if line_break:
                yield _newline(line_break), at + len(content), len(line_break)
        at += len(line)


def _folded_lines(lines: list[str], at: int, indent: int) -> Iterator[Run]:
    """The runs of a folded scalar's lines (scanner.c of libyaml, yaml_parser_scan_block_scalar)."""
    pending: list[Run] = []  # the breaks of the last content line and of the empty lines after it
    after_spaced = True
    for line in lines:
        content, line_break = _cut(line)
        if len(content) > indent:
            spaced = content[indent] in " \t"  # begins with more whitespace: not folded
            if pending and pending[0][0] == "\n" and not after_spaced and not spaced:
                if len(pending) == 1:
                    pending = [(" ", pending[0][1], at + indent - pending[0][1])]
                else:
                    del pending[0]
            yield from pending
            pending = []
            after_spaced = spaced
            yield content[indent:], at + indent, 0
        if line_break:
            pending.append((_newline(line_break), at + len(content), len(line_break)))
        at += len(line)
    yield from pending
