"""Finds username patterns that can become the same username.

A pattern here is a username with its account filled in, and with one character of `WILD` for each
placeholder whose value depends on the caller. These values consist of letters, digits and a few
punctuation characters (STS: AssumeRole, RoleSessionName). All other characters, especially colons,
must therefore be equal in two patterns that overlap.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING

from authmap.authenticator.placeholder import (
    ACCESS_KEY_ID,
    ACCOUNT_ID,
    EC2_PRIVATE_DNS_NAME,
    SESSION_NAME,
    SESSION_NAME_RAW,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

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
