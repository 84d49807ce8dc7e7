"""The planned change of a live map, entry by entry."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from authmap.access.compare import Comparison, compare
from authmap.api import fix_data
from authmap.authenticator.entry import entry_key, is_unreadable
from authmap.authenticator.section import SECTIONS
from authmap.cluster.kube.errors import ClusterError
from authmap.fixing import verify
from authmap.fixing.edits import build_edits
from authmap.fixing.target import Data
from authmap.model.auth_map import AuthMap
from authmap.model.finding import Fix, set_field
from authmap.syntax.yaml.writer import HeldBack

if TYPE_CHECKING:
    from authmap.authenticator.entry import Entry
    from authmap.cluster.reading import LiveConfigMap
    from authmap.fixing.results import DataFixResult
    from authmap.model.bindings import Bindings
    from authmap.model.options import RunOptions


class FieldChange(NamedTuple):
    """A changed field of an entry; equal wherever the entry is in its section.

    Attributes:
        section: name of the entry's section.
        arn: the entry's ARN, or the account.
        field: `username`, `arn` or `groups`; `entry` if the whole entry is added or removed.
        old: the value before; "" for an added entry.
        new: the value after; "" for a removed entry.
    """

    section: str
    arn: str
    field: str
    old: str
    new: str

    def __str__(self) -> str:
        who = f"{self.section} {self.arn}"
        if self.field != "entry":
            return f"{who}: {self.field} `{self.old}` -> `{self.new}`"
        return f"{who} would be {'restored' if self.new else 'removed'} (`{self.new or self.old}`)"


class Plan(NamedTuple):
    """A change of a live map.

    Attributes:
        live: the object as it was read.
        data: the new text of each key.
        before: the map before the change.
        after: the map after the change.
        result: result of the fix that makes the change; None for a rollback.
        undo: for a rollback, the field changes that undo the fix its backup was made for.
    """

    live: LiveConfigMap
    data: dict[str, str]
    before: AuthMap
    after: AuthMap
    result: DataFixResult | None = None
    undo: frozenset[FieldChange] = frozenset()

    @property
    def changed(self) -> list[str]:
        """The keys whose text changes, sorted."""
        old, new = self.live.data, self.data
        return sorted(key for key in {*old, *new} if old.get(key) != new.get(key))

    @property
    def comparison(self) -> Comparison:
        """The access before and after the change."""
        return _compared(self.before, self.after, self.live.bindings)

    @property
    def pairs(self) -> list[tuple[Entry, Entry]]:
        """The entries that both maps have, as (before, after)."""
        old, new = self._places(self.before), self._places(self.after)
        return [(entry, new[place]) for place, entry in old.items() if place in new]

    @property
    def gone(self) -> list[Entry]:
        """The entries that only the map before has."""
        new = self._places(self.after)
        return [entry for place, entry in self._places(self.before).items() if place not in new]

    @property
    def come(self) -> list[Entry]:
        """The entries that only the map after has."""
        old = self._places(self.before)
        return [entry for place, entry in self._places(self.after).items() if place not in old]

    def _places(self, auth_map: AuthMap) -> dict[tuple[str, str | int], Entry]:
        """The entries of a map, by a key that matches them with those of the other map.

        A fix keeps each entry in its place, so the key is the index. In a backup, entries may be
        in another order, so the key is the ARN: only one entry for each ARN is in effect.
        """
        if self.result is not None:
            return {(e.section.name, e.index): e for e in auth_map.entries}
        return {(e.section.name, entry_key(e)): e for e in (*auth_map.roles, *auth_map.users)}

    @property
    def edits(self) -> list[FieldChange]:
        """All field changes, with added and removed entries and accounts."""
        changed = [
            FieldChange(old.section.name, old.arn, field, was, becomes)
            for old, new in self.pairs
            for field, was, becomes in (
                ("arn", old.arn, new.arn),
                ("username", old.username, new.username),
                ("groups", ", ".join(old.groups), ", ".join(new.groups)),
            )
            if was != becomes
        ]
        gone = [FieldChange(e.section.name, e.arn, "entry", _all(e), "") for e in self.gone]
        come = [FieldChange(e.section.name, e.arn, "entry", "", _all(e)) for e in self.come]
        old, new = set(self.before.accounts), set(self.after.accounts)
        accounts = [
            *(
                FieldChange("mapAccounts", account, "entry", account, "")
                for account in sorted(old - new)
            ),
            *(
                FieldChange("mapAccounts", account, "entry", "", account)
                for account in sorted(new - old)
            ),
        ]
        return changed + gone + come + accounts

    @property
    def back(self) -> Plan:
        """The plan of a rollback that undoes this change."""
        live = self.live._replace(manifest=self.live.manifest | {"data": self.data})
        return Plan(live, self.live.data, self.after, self.before)

    @property
    def others(self) -> list[str]:
        """For a rollback, descriptions of the changes by others since the backup that it undoes."""
        if self.result is not None:
            return []
        texts = [key for key in self.changed if key not in SECTIONS]
        return [str(e) for e in self.edits if e not in self.undo] + [
            f"the text of {key}" for key in texts
        ]

    @property
    def renamed(self) -> list[tuple[Entry, Entry]]:
        """The entries whose username changes, as (before, after)."""
        return [(old, new) for old, new in self.pairs if old.username != new.username]

    def undone(self, live: LiveConfigMap) -> dict[str, str]:
        """The data of an object without this change; later changes by others stay.

        Raises:
            ClusterError: others changed the same text, and the changes cannot be separated.
        """
        data, shared = dict(live.data), []
        for key in self.changed:
            if data.get(key) != self.data.get(key):
                shared.append(key)
            elif key in self.live.data:
                data[key] = self.live.data[key]
            else:
                del data[key]
        return self._renamed_back(data, shared) if shared else data

    def _renamed_back(self, data: dict[str, str], keys: list[str]) -> dict[str, str]:
        current = Data.of(data, self.live.path, {})
        (auth_map,) = current.reading.maps
        names = {
            (new.section.name, entry_key(new), new.username): old.username
            for old, new in self.renamed
        }
        changes = [
            set_field(
                entry, "username", names[entry.section.name, entry_key(entry), entry.username]
            )
            for entry in auth_map.entries
            if (entry.section.name, entry_key(entry), entry.username) in names
        ]
        fix = Fix(tuple(change for change in changes if change), safe=False)
        others = [e for e in self.edits if e.section in keys and e.field != "username"]
        if others or any(
            is_unreadable(auth_map.sections[key]) for key in keys if key in auth_map.sections
        ):
            raise ClusterError("somebody has changed the same text since")
        try:
            after = current.spliced(build_edits(fix)) if fix.changes else current
        except HeldBack as reason:
            raise ClusterError(f"somebody has changed the same text since, and {reason}") from None
        if not verify.only_intended_changes(current.reading, after.reading, fix.changes):
            raise ClusterError("somebody has changed the same text since")
        return after.data


@lru_cache(maxsize=2)  # several guards ask, for a plan and for the way back
def _compared(before: AuthMap, after: AuthMap, bindings: Bindings) -> Comparison:
    return compare(before, after, bindings=bindings)


def of_fix(live: LiveConfigMap, options: RunOptions) -> Plan:
    """The plan of a fix."""
    options = options._replace(bindings=live.bindings, guarded=True)
    result = fix_data(live.data, path=live.path, annotations=live.annotations, options=options)
    return of_data(live, result.output)._replace(result=result)


def of_data(live: LiveConfigMap, data: dict[str, str]) -> Plan:
    """The plan that replaces the data of the live object."""
    before = AuthMap.from_data(live.data, path=live.path)
    return Plan(live, dict(data), before, AuthMap.from_data(data, path=live.path))


def named(entry: Entry) -> str:
    """The name of an entry in messages: title, section and index."""
    return f"{entry.title} ({entry.section.name}[{entry.index}])"


def _all(entry: Entry) -> str:
    return ", ".join((entry.username, *entry.groups))
