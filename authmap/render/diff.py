"""A unified diff that `patch -p0`, `patch -p1` and `git apply` accept."""

from __future__ import annotations

from difflib import Match, SequenceMatcher
from itertools import takewhile
from typing import TYPE_CHECKING

from authmap.linting.run import visible

if TYPE_CHECKING:
    from collections.abc import Iterator

_STYLES = {"---": "1", "@": "36", "-": "31", "+": "32"}
_NEAR = 12
"""Maximum number of differing lines (in both versions together) before a nearby match."""

_NO_FINAL_NEWLINE = "\n\\ No newline at end of file\n"


def render(
    name: str, before: bytes, after: bytes, *, colour: bool = False, shown: bool = False
) -> str:
    """The diff of two versions of a file; empty if they are equal.

    Args:
        name: the name of the file, as for `header`.
        before: its old bytes, UTF-8 if the versions differ.
        after: its new bytes.
        colour: whether to colour the lines.
        shown: whether the diff is shown on a terminal: control characters are then escaped, so
            that it may not apply.
    """
    if before == after:
        return ""
    return "".join(_lines(header(name), before.decode(), after.decode(), colour, shown))


def header(name: str) -> str:
    """A file's name as written after `---` and `+++`.

    It begins with `./`: git drops everything before the first slash, and patch accepts it. Outside
    the current directory it begins with `./..`, which both reject; without the `./`, git would look
    for a file of that name in the current directory. A name with spaces ends in a tab, and one with
    unprintable characters is quoted, as git does.

    Args:
        name: the path relative to the current directory.
    """
    name = f"./{name}"
    if name.isprintable() and '"' not in name and "\\" not in name:
        return f"{name}\t" if " " in name else name
    data = name.encode(errors="surrogateescape")
    plain = {byte: chr(byte) for byte in range(0x20, 0x7F)} | {0x22: '\\"', 0x5C: "\\\\"}
    return '"' + "".join(plain.get(byte, f"\\{byte:03o}") for byte in data) + '"'


def _lines(name: str, before: str, after: str, colour: bool, shown: bool) -> Iterator[str]:
    for kind, line in _unified(name, _ended(before), _ended(after)):
        text = visible(line) if shown else line
        if not text.endswith("\n"):
            text += _NO_FINAL_NEWLINE
        if colour and kind in _STYLES:
            body, end, rest = text.partition("\n")
            text = f"\x1b[{_STYLES[kind]}m{body}\x1b[0m{end}{rest}"
        yield text


def _ended(text: str) -> list[str]:
    """The lines with their line ends; only a line feed ends a line."""
    lines = [line + "\n" for line in text.split("\n")]
    lines[-1] = lines[-1][:-1]
    return lines if lines[-1] else lines[:-1]


def _unified(name: str, before: list[str], after: list[str]) -> Iterator[tuple[str, str]]:
    """The lines of a unified diff, each with its kind: `---`, `@`, `-`, `+` or a space."""
    yield "---", f"--- {name}\n"
    yield "---", f"+++ {name}\n"
    for group in _Nearest(before, after).get_grouped_opcodes():
        (_, old, _, new, _), (_, _, old_end, _, new_end) = group[0], group[-1]
        yield "@", f"@@ -{_range(old, old_end)} +{_range(new, new_end)} @@\n"
        for tag, old, old_end, new, new_end in group:
            if tag == "equal":
                yield from ((" ", " " + line) for line in before[old:old_end])
            else:
                yield from (("-", "-" + line) for line in before[old:old_end])
                yield from (("+", "+" + line) for line in after[new:new_end])


def _range(start: int, end: int) -> str:
    """A range of lines as POSIX writes it: 1-based; an empty range names the line before it."""
    return f"{start + (end > start)},{end - start}"


class _Nearest(SequenceMatcher[str]):
    """Finds the next match of two texts, not the longest one: fixes are many and small."""

    def __init__(self, old: list[str], new: list[str]) -> None:
        super().__init__(None, old, new)
        self.old = old
        self.new = new

    def find_longest_match(
        self, alo: int = 0, ahi: int | None = None, blo: int = 0, bhi: int | None = None
    ) -> Match:
        """The match nearest to the start, or the longest match if none is near."""
        ahi = len(self.old) if ahi is None else ahi
        bhi = len(self.new) if bhi is None else bhi
        for skipped in range(_NEAR):
            for a in range(alo, min(alo + skipped + 1, ahi)):
                b = blo + skipped - (a - alo)
                if b < bhi and self.old[a] == self.new[b]:
                    most = min(ahi - a, bhi - b)
                    same = (self.old[a + size] == self.new[b + size] for size in range(most))
                    return Match(a, b, sum(takewhile(bool, same)))
        return super().find_longest_match(alo, ahi, blo, bhi)
