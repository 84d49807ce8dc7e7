"""From every character of a decoded scalar to its place in the text it was written in, and back.

A scalar's source is read again here, style by style, as a list of runs: stretches of value that
stand in the source letter by letter, and single characters that are written otherwise (an escape,
a doubled quote, a folded line break). The value so read must equal the parser's; where it does
not, there is no map, and nothing is edited.
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
    """A line of a text: its offsets without the line break, and what begins the next one."""

    start: int
    end: int
    behind: int


@lru_cache(maxsize=4)
def lines(text: str) -> list[Line]:
    """The lines of a text as YAML has them."""
    ends = [match.span() for match in re.finditer(BREAK, text)]
    starts = [0, *(behind for _, behind in ends)]
    ends.append((len(text), len(text)))
    return [Line(start, *end) for start, end in zip(starts, ends, strict=True)]


ESCAPES = {
    "0": "\0", "a": "\a", "b": "\b", "t": "\t", "\t": "\t", "n": "\n", "v": "\v", "f": "\f",
    "r": "\r", "e": "\x1b", " ": " ", '"': '"', "/": "/", "\\": "\\", "N": "\x85", "_": "\xa0",
    "L": "\u2028", "P": "\u2029", "'": "'",
}  # fmt: skip
"""Escapes of one letter: libyaml's, and ``\\'``, which go-yaml reads too (scannerc.go)."""

_HEX = {"x": 2, "u": 4, "U": 8}


def read_scalar(text: str, node: Scalar) -> SourceMap | None:
    """Read a scalar of a parsed text once more, for the place of each of its characters.

    Args:
        text: the text it stands in.
        node: the scalar as parsed from it.

    Returns:
        The map, or None where what was read is not the parser's value.
    """
    start, end, style = node.start, node.end, node.style
    try:
        if style == "|" or style == ">":
            found = _block(text, start, end, style, node.value)
        elif style:
            found = SourceMap(start + 1, end - 1, style, _flow(text, start + 1, end - 1, style))
        else:
            found = SourceMap(start, end, style, _flow(text, start, end, style))
    except (KeyError, ValueError):  # an escape that does not exist, or no character
        return None
    return found if found.value == node.value else None


def double_quoted(text: str, start: int, end: int) -> str:
    """The value of what stands between double quotes."""
    return "".join(run[0] for run in _flow(text, start, end, '"'))


@cache
def _special(style: str) -> re.Pattern[str]:
    """What in a flow scalar is not verbatim: folded line breaks, and the style's own escapes."""
    blanks = r"(?P<blanks>[ \t]{16,})"  # so that not each of a million is tried for a break
    fold = rf"(?P<fold>[ \t]*{BREAK}(?:[ \t]*{BREAK})*[ \t]*)|{blanks}"
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
        if match.lastgroup == "blanks":
            continue
        if match.start() > at:
            runs.append((text[at : match.start()], at, 0))
        at = match.end()
        groups = match.groupdict()
        length = at - match.start()
        if groups["fold"]:
            runs.extend(_folded(match["fold"], match.start()))
        elif groups.get("joined"):
            if len(re.findall(BREAK, match[0])) > 1:  # only the empty lines behind it are left
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
    if len(escape) == 12:  # a pair of surrogates, as JSON writes what lies above U+FFFF
        high, low = int(escape[2:6], 16), int(escape[8:], 16)
        return chr(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00))
    return chr(int(escape[2:], 16))


def _folded(fold: str, at: int, *, escaped: bool = False) -> list[Run]:
    """A run of line breaks: one is a space, of several the first is dropped."""
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
    """Read a literal or folded scalar, led by its value: that tells the indentation."""
    header, *lines = text[start:end].splitlines(keepends=True)
    indent = _indentation(lines, value)
    begin = start + len(header)
    runs = list((_folded_lines if style == ">" else _literal_lines)(lines, begin, indent))
    excess = sum(len(run[0]) for run in runs) - len(value)
    while excess > 0:  # chomping: the value tells how much of the end is kept
        run_text, source, length = runs.pop()
        if len(run_text) > excess:
            runs.append((run_text[:-excess], source, length))
        excess -= len(run_text)
    stop = runs[-1][1] + (runs[-1][2] or len(runs[-1][0])) if runs else begin
    return SourceMap(begin, stop, style, runs, _cut(header)[1] + " " * indent)


def _cut(line: str) -> tuple[str, str]:
    """A line and the break behind it; YAML has no others of those that splitlines() knows."""
    content = line.rstrip("\r\n\x85\u2028\u2029")
    return content, line[len(content) :]


def _indentation(lines: list[str], value: str) -> int:
    for line, shown in zip(lines, value.splitlines(), strict=False):
        if shown:
            return len(line) - len(line.lstrip(" ")) - (len(shown) - len(shown.lstrip(" ")))
    return 0


def _literal_lines(lines: list[str], at: int, indent: int) -> Iterator[Run]:
    """The runs of lines, the first of which begins at an offset."""
    for line in lines:
        if len(line) > indent and line.endswith("\n") and line[-2:] != "\r\n":  # most are
            yield line[indent:], at + indent, 0
        else:
            content, line_break = _cut(line)
            if len(content) > indent:
                yield content[indent:], at + indent, 0
            if line_break:
                yield _newline(line_break), at + len(content), len(line_break)
        at += len(line)


def _folded_lines(lines: list[str], at: int, indent: int) -> Iterator[Run]:
    """As yaml_parser_scan_block_scalar in libyaml's scanner.c does it."""
    pending: list[Run] = []  # the break behind the last line of content, and those of empty lines
    after_blank = True
    for line in lines:
        content, line_break = _cut(line)
        if len(content) > indent:
            blank = content[indent] in " \t"
            if pending and pending[0][0] == "\n" and not after_blank and not blank:
                if len(pending) == 1:
                    pending = [(" ", pending[0][1], at + indent - pending[0][1])]
                else:
                    del pending[0]
            yield from pending
            pending = []
            after_blank = blank
            yield content[indent:], at + indent, 0
        if line_break:
            pending.append((_newline(line_break), at + len(content), len(line_break)))
        at += len(line)
    yield from pending
