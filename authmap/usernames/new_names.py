"""The usernames that the template gives the entries of a map, so that no two share one."""

from __future__ import annotations

from collections import Counter
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from authmap.authenticator import resolve, username_overlap
from authmap.authenticator.foreign_template import templates
from authmap.authenticator.placeholder import has_session, is_led_by_caller
from authmap.authenticator.username_overlap import PatternIndex, entry_pattern
from authmap.model.reserved_entries import ReservedEntry, owner
from authmap.usernames.template import render, render_in_full, tells_account

if TYPE_CHECKING:
    from authmap.authenticator.entry import Entry
    from authmap.model.auth_map import AuthMap
    from authmap.model.options import RunOptions


class NewName(NamedTuple):
    """A username for an entry.

    Attributes:
        username: the username.
        other: an entry that could then have the same username, or None.
    """

    username: str
    other: Entry | None = None


def new_names(auth_map: AuthMap, options: RunOptions) -> NewNames:
    """The new usernames for a map's entries, by the options' template."""
    return _new_names(auth_map, options.username_template, options.reserved)


@lru_cache(maxsize=1)  # several rules ask, map by map
def _new_names(auth_map: AuthMap, text: str, reserved: tuple[ReservedEntry, ...]) -> NewNames:
    return NewNames(auth_map, text, reserved)


def wants_rename(entry: Entry, reserved: tuple[ReservedEntry, ...]) -> bool:
    """Whether a rule about usernames would report the entry's username."""
    username = entry.username
    if not username or not entry.has_session_name:
        return False
    if owner(entry, reserved) or templates(username):
        return False
    return (
        not has_session(username)
        or not tells_account(entry, username)
        or is_led_by_caller(username)
    )


class NewNames:
    """Chooses a username for each entry that needs one.

    Two entries get usernames that can be equal only if their usernames could be equal before.

    Args:
        auth_map: the map.
        text: the username template.
        reserved: service entries in addition to authmap's own table.
    """

    def __init__(self, auth_map: AuthMap, text: str, reserved: tuple[ReservedEntry, ...]) -> None:
        self._used: PatternIndex[Entry] = PatternIndex()
        self._chosen: dict[int, NewName] = {}
        self._text = text
        for entry in (*auth_map.roles, *auth_map.users):
            if entry.username:
                self._used.add(entry_pattern(entry, entry.username), entry)
        wanting = [entry for entry in auth_map.roles if wants_rename(entry, reserved)]
        short = [render(entry, text) for entry in wanting]
        numbers = Counter(map(entry_pattern, wanting, short))
        for entry, name in zip(wanting, short, strict=True):
            full = render_in_full(entry, text)
            is_unique = numbers[entry_pattern(entry, name)] == 1
            chosen = self._free(entry, [name, full] if is_unique else [full])
            self._chosen[id(entry)] = chosen
            if chosen.other is None:
                self._used.add(entry_pattern(entry, chosen.username), entry)

    def of(self, entry: Entry) -> NewName:
        """The template's username for an entry."""
        chosen = self._chosen.get(id(entry))
        return chosen or self._free(entry, [render(entry, self._text)])

    def in_the_way(self, entry: Entry, username: str) -> Entry | None:
        """The entry that could have the same username as this one, if that is new; or None."""
        own, key = entry_pattern(entry, entry.username), resolve.key(entry)
        for other in self._used.like(entry_pattern(entry, username)):
            if other is entry or resolve.key(other) == key:
                continue
            if not username_overlap.overlap(own, entry_pattern(other, other.username)):
                return other
        return None

    def _free(self, entry: Entry, names: list[str]) -> NewName:
        """The first of the names that no other entry can have, or the last one."""
        for name in names:
            other = self.in_the_way(entry, name)
            if other is None:
                break
        return NewName(name, other)
