"""Judges fixes by the access that they change: a safe fix renames, and does nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from authmap.access.compare import AccessChange, Comparison, Effect, compare
from authmap.access.describe import describe
from authmap.access.grant import Kind
from authmap.authenticator.entry import is_unreadable
from authmap.authenticator.section import SECTIONS
from authmap.model.reserved_entries import NODE_GROUPS, NODE_PREFIX
from authmap.syntax.nodes import Comment
from authmap.usernames.rename import is_named

if TYPE_CHECKING:
    from collections.abc import Iterable

    from authmap.documents.reading import Reading
    from authmap.model.auth_map import AuthMap
    from authmap.model.finding import Finding
    from authmap.model.options import RunOptions

_Place = tuple[int, str, int | None]
"""The number of a map, a section, and the index of an entry; "" and None stand for all of them."""


class Objection(NamedTuple):
    """A change of access that fixes make and that is more than a rename.

    Attributes:
        effect: what they would do, after the word "would".
        places: the entries and sections that it concerns.
        by_name: whether it follows from the username alone.
        harmful: whether it locks somebody out, or puts people into the groups of nodes; no fix may
            do that.
    """

    effect: str
    places: frozenset[_Place]
    by_name: bool
    harmful: bool = False


def objections(
    before: Reading, after: Reading, touched: Touched, options: RunOptions
) -> list[Objection]:
    """The changes of access between a file and the fixed file, other than the fixes' renames.

    Args:
        before: the file as read.
        after: the fixed file as read.
        touched: what the fixes touch in the file as read.
        options: the known bindings, and the entries to rename in any case.
    """
    found: list[Objection] = []
    renamed = touched.renamed
    for number, (old, new) in enumerate(zip(before.maps, after.maps, strict=True)):
        comparison = compare(old, new, bindings=options.bindings)
        changes = [
            change
            for change in comparison.changes
            if not _is_rename(change, number, renamed, options)
        ]
        activated = [
            name
            for name in SECTIONS
            if name in new.sections
            and not is_unreadable(new.sections[name])
            and (name not in old.sections or is_unreadable(old.sections[name]))
        ]
        for name in activated:
            inside = [change for change in changes if _of_section(change, name)]
            if inside:
                places = frozenset([(number, name, None)])
                harmful = any(map(_is_harmful, inside))
                effect = _activates(new, name)
                found.append(Objection(effect, places, by_name=False, harmful=harmful))
        found += [
            _objection(change, number, comparison)
            for change in changes
            if not any(_of_section(change, name) for name in activated)
        ]
    return found


def _is_rename(
    change: AccessChange, number: int, renamed: set[_Place], options: RunOptions
) -> bool:
    """Whether a change is only the rename that a fix makes."""
    old = {(number, *grant.place) for grant in change.before}
    new = {(number, *grant.place) for grant in change.after}
    if old != new or not old & renamed:
        return False
    if change.effects is Effect.RENAMED:
        return True
    # the user asked for this rename, whatever binding names the username
    entries = [grant.entry for grant in change.before if grant.entry]
    return _only_by_name(change) and any(is_named(entry, options.rename) for entry in entries)


def _only_by_name(change: AccessChange) -> bool:
    items = change.gained | change.lost
    return all(item.kind in (Kind.USER, Kind.NAME, Kind.NODE) for item in items)


def _of_section(change: AccessChange, name: str) -> bool:
    return any(grant.place[0] == name for grant in change.after)


def _activates(auth_map: AuthMap, name: str) -> str:
    if name == "mapAccounts":
        number, noun = len(auth_map.accounts), "account"
    else:
        active = auth_map.roles if name == "mapRoles" else auth_map.users
        number, noun = len(active), "entry"
    all_of = f"all {number} {'entries' if noun == 'entry' else 'accounts'}"
    return f"bring {all_of if number != 1 else f'the only {noun}'} of {name} into effect"


def _objection(change: AccessChange, number: int, comparison: Comparison) -> Objection:
    found = frozenset((number, *grant.place) for grant in (*change.before, *change.after))
    effect = " and ".join(describe(change, comparison)) or "change the groups of its callers"
    return Objection(effect, found, _only_by_name(change), _is_harmful(change))


def _is_harmful(change: AccessChange) -> bool:
    """Whether a change locks somebody out, or puts people into the groups of nodes."""
    nodes = all(grant.username.startswith(NODE_PREFIX) for grant in change.after)
    if Effect.LOST in change.effects:
        return not (change.after and nodes)  # nodes are meant to be EC2 instances only
    groups = {item.name for item in change.gained if item.kind is Kind.GROUP}
    return not nodes and not groups.isdisjoint(NODE_GROUPS) and bool(change.before)


class Touched:
    """Finds out what fixes touch in a file.

    Args:
        reading: the file as read.
        findings: the findings whose fixes are meant.
    """

    def __init__(self, reading: Reading, findings: Iterable[Finding] = ()) -> None:
        self._layers: dict[int, tuple[int, str]] = {}
        for number, auth_map in enumerate(reading.maps):
            self._layers[id(auth_map.layer)] = number, ""
            for name, section in auth_map.sections.items():
                self._layers[id(section)] = number, name
        self._at: dict[_Place, list[Finding]] = {}
        for finding in findings:
            for place in self._by(finding):
                self._at.setdefault(place, []).append(finding)

    def _by(self, finding: Finding) -> set[_Place]:
        """The entry, section or map that a finding's fix touches. A comment touches nothing."""
        found: set[_Place] = set()
        for change in finding.fix.changes if finding.fix else ():
            place = self._layers.get(id(change.layer))
            if place and not isinstance(change.node, Comment):
                entry = finding.entry
                inside = entry is not None and entry.section is change.layer
                found.add((*place, entry.index if entry and inside else None))
        return found

    def place(self, finding: Finding) -> _Place | None:
        """The entry, section or map that a finding is about; None if it is about none of them."""
        entry = finding.entry
        place = self._layers.get(id(entry.section if entry else finding.at.layer))
        return place and (*place, entry.index if entry else None)

    def at(self, places: Iterable[_Place]) -> list[Finding]:
        """The findings whose fixes touch one of some places."""
        return [finding for place in places for finding in self._at.get(place, ())]

    @property
    def renamed(self) -> set[_Place]:
        """The entries that fixes rename."""
        return {place for place, found in self._at.items() if any(f.renames for f in found)}

    def blamed(self, objection: Objection) -> list[Finding]:
        """The findings whose fixes make a change: those of its entries, else of its sections."""
        sections = {(number, name, None) for number, name, _ in objection.places}
        maps = {(number, "", None) for number, _, _ in objection.places}
        for wanted in (objection.places, sections, maps):
            found = self.at(wanted)
            likely = [each for each in found if each.renames is objection.by_name]
            if found:
                return likely or found
        return []
