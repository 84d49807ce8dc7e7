"""Finds username patterns that can become the same username.

A pattern here is a username with its account filled in, and with one character of `WILD` for each
placeholder whose value depends on the caller. These values consist of letters, digits and a few
punctuation characters (STS: AssumeRole, RoleSessionName). All other characters, especially colons,
must therefore be equal in two patterns that overlap.
"""

from __future__ import annotations

import re
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Generic, TypeVar

from authmap.authenticator.placeholder import (
    ACCESS_KEY_ID,
    ACCOUNT_ID,
    EC2_PRIVATE_DNS_NAME,
    SESSION_NAME,
    SESSION_NAME_RAW,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from authmap.authenticator.entry import Entry

T = TypeVar("T")

_CAPITALS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
_ALPHANUMERIC = _CAPITALS + "abcdefghijklmnopqrstuvwxyz"
_FILLED = {
    SESSION_NAME: ("\ue000", frozenset(_ALPHANUMERIC + "_+=,.-")),
    SESSION_NAME_RAW: ("\ue001", frozenset(_ALPHANUMERIC + "_+=,.@-")),
    ACCESS_KEY_ID: ("\ue002", frozenset(_CAPITALS)),
    EC2_PRIVATE_DNS_NAME: ("\ue003", frozenset(_ALPHANUMERIC + ".-")),
}
_CHARACTERS = dict(_FILLED.values())
WILD = "".join(_CHARACTERS)
_SEPARATOR = re.compile(f"[^{_ALPHANUMERIC}_+=,.@{WILD}-]")
_FILLABLE = str.maketrans("", "", _ALPHANUMERIC + "_+=,.@-" + WILD)


def pattern(username: str, account: str, *, sessions: bool) -> str:
    """The pattern of a username.

    Args:
        username: the username in the map.
        account: the account of the entry's callers.
        sessions: whether these callers have a session name; if not, its value is empty.
    """
    if "{{" not in username:
        return username
    text = username.replace(ACCOUNT_ID, account)
    for placeholder, (wild, _) in _FILLED.items():
        of_session = placeholder in (SESSION_NAME, SESSION_NAME_RAW)
        text = text.replace(placeholder, wild if sessions or not of_session else "")
    return text


def entry_pattern(entry: Entry, text: str) -> str:
    """The pattern of a username or group of an entry."""
    return pattern(text, entry.account_id, sessions=entry.has_session_name)


def is_open(text: str) -> bool:
    """Whether a pattern can become more than one username."""
    return not text.isascii() and any(wild in text for wild in WILD)


def front(text: str) -> str:
    """The fixed text with which a pattern begins."""
    return re.split(f"[{WILD}]", text, maxsplit=1)[0]


class _Group:
    """Open patterns that begin with the same fixed text, indexed by the fixed text at their end."""

    def __init__(self, front: str) -> None:
        self.front = front
        self.lengths: set[int] = set()
        self.backs: dict[str, list[str]] = {}
        self.tails: dict[str, list[str]] = {}

    def add(self, text: str, back: str) -> None:
        self.lengths.add(len(back))
        self.backs.setdefault(back, []).append(text)
        for start in range(1, len(back) + 1):
            self.tails.setdefault(back[start:], []).append(text)

    def like(self, back: str) -> Iterator[str]:
        """The patterns whose final text ends with `back`, or with whose final text `back` ends."""
        for length in sorted(self.lengths):
            if length <= len(back):
                yield from self.backs.get(back[len(back) - length :], ())
        yield from self.tails.get(back, ())


def pairs(patterns: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Find patterns that can become the same username as another, more general pattern.

    Two patterns that can become the same username have the same non-fillable characters. The fixed
    text at the start of one begins with that of the other, and the same applies to the text at
    their ends. Patterns are sorted and looked up by these properties, so that few are compared.
    A pattern is compared with at most `_MOST` others, and not at all if it is longer than
    `_LONGEST`; only maps built to waste time reach these limits.

    Args:
        patterns: distinct patterns.

    Yields:
        A pattern, and a more general one with which it overlaps.
    """
    patterns = list(patterns)
    if not any(map(is_open, patterns)):
        return
    stack: list[_Group] = []
    current = None
    for fixed, front, back, text in sorted(
        _cut(text) for text in patterns if len(text) <= _LONGEST
    ):
        if fixed != current:
            stack, current = [], fixed
        while stack and not front.startswith(stack[-1].front):
            stack.pop()
        likely = (other for group in stack for other in group.like(back))
        for other in islice(likely, _MOST):
            if overlap(text, other):
                yield text, other
                break
        if front != text:
            if not stack or stack[-1].front != front:
                stack.append(_Group(front))
            stack[-1].add(text, back)


_MOST = 50
_LONGEST = 500


def _cut(text: str) -> tuple[str, str, str, str]:
    """A pattern's non-fillable characters, its fixed start, its fixed end, and the pattern."""
    fixed = text.translate(_FILLABLE)
    pieces = re.split(f"[{WILD}]", text)
    return fixed, pieces[0], pieces[-1], text


class PatternIndex(Generic[T]):
    """Patterns with items, to find those that can become the same username as another pattern.

    In two such patterns the non-fillable characters are equal, and so is all fixed text between
    the same two of them. Patterns are looked up by that text. A search compares at most `_MOST`
    patterns, and takes the others for a match; only maps built to waste time reach this limit.
    """

    def __init__(self) -> None:
        self._shapes: dict[str, dict[_Shape, _Table[T]]] = {}

    def add(self, text: str, item: T) -> None:
        """Add a pattern."""
        fixed, segments, shape = _segments(text)
        shapes = self._shapes.setdefault(fixed, {})
        shapes.setdefault(shape, _Table()).add(segments, text, item)

    def like(self, text: str) -> Iterator[T]:
        """The items whose pattern can become the same username as this one."""
        fixed, segments, shape = _segments(text)
        compared = 0
        for other_shape, table in self._shapes.get(fixed, {}).items():
            common = tuple(at for at in range(len(shape)) if not shape[at] | other_shape[at])
            for other, item in table.find(common, segments):
                compared += 1
                if (
                    other == text
                    or compared > _MOST
                    or len(text) + len(other) > _LONGEST
                    or overlap(text, other)
                ):
                    yield item


class _Table(Generic[T]):
    """The patterns with open text in the same places, by the fixed text in some of the others."""

    def __init__(self) -> None:
        self._all: list[tuple[list[str], str, T]] = []
        self._by_text: dict[tuple[int, ...], dict[tuple[str, ...], list[tuple[str, T]]]] = {}

    def add(self, segments: list[str], text: str, item: T) -> None:
        self._all.append((segments, text, item))
        for places, found in self._by_text.items():
            found.setdefault(tuple(segments[at] for at in places), []).append((text, item))

    def find(self, places: tuple[int, ...], segments: list[str]) -> list[tuple[str, T]]:
        """The patterns with the same text in some places."""
        if places not in self._by_text:
            found: dict[tuple[str, ...], list[tuple[str, T]]] = {}
            self._by_text[places] = found
            for each, text, item in self._all:
                found.setdefault(tuple(each[at] for at in places), []).append((text, item))
        return self._by_text[places].get(tuple(segments[at] for at in places), [])


_Shape = tuple[bool, ...]


def _segments(text: str) -> tuple[str, list[str], _Shape]:
    """A pattern's non-fillable characters, the texts between them, and which of these are open."""
    segments = _SEPARATOR.split(text)
    return text.translate(_FILLABLE), segments, tuple(map(is_open, segments))


def matcher(pattern: str) -> Callable[[str], bool]:
    """A test whether an open pattern can become a name; quick for a pattern with one open part."""
    pieces = re.split(f"([{WILD}])", pattern)
    if len(pieces) != 3:
        return partial(overlap, pattern)
    front, wild, back = pieces
    fixed, characters = len(front) + len(back), _CHARACTERS[wild]

    def matches(name: str) -> bool:
        if len(name) < fixed + 2 or not (name.startswith(front) and name.endswith(back)):
            return False
        return characters.issuperset(name[len(front) : len(name) - len(back)])

    return matches


def overlap(one: str, other: str) -> bool:
    """Whether two patterns can become the same username; filled-in values have 2+ characters."""
    ones, others = _steps(one), _steps(other)
    ends = len(ones), len(others)
    seen = set()
    todo = [(0, 0)]
    while todo:
        place = todo.pop()
        if place == ends:
            return True
        if place in seen:
            continue
        seen.add(place)
        i, j = place
        left, left_repeats = ones[i] if i < ends[0] else _END
        right, right_repeats = others[j] if j < ends[1] else _END
        if left_repeats:
            todo.append((i + 1, j))
        if right_repeats:
            todo.append((i, j + 1))
        if not left.isdisjoint(right):
            todo.append((i + (not left_repeats), j + (not right_repeats)))
    return False


_END: tuple[frozenset[str], bool] = frozenset(), False


def _steps(text: str) -> list[tuple[frozenset[str], bool]]:
    """The steps of a pattern: the characters allowed, and whether the step can repeat."""
    steps = []
    for character in text:
        filled = _CHARACTERS.get(character)
        if filled is None:
            steps.append((frozenset(character), False))
        else:
            steps += [(filled, False), (filled, False), (filled, True)]
    return steps
