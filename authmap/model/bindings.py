"""RBAC bindings: which users and groups they name, and which entries of a map live from them.

What RBAC makes of a binding: `subjects` in
https://kubernetes.io/docs/reference/kubernetes-api/authorization-resources/cluster-role-binding-v1/.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from authmap.authenticator import username_overlap
from authmap.authenticator.foreign_template import templates

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from authmap.authenticator.entry import Entry
    from authmap.syntax.layer import At

KINDS = ("ClusterRoleBinding", "RoleBinding")
MASTERS = "system:masters"
"""Above RBAC: the API server lets this group do everything (it has a binding as well)."""


AUTHENTICATED = "system:authenticated"
"""Everybody who logs in is in this group."""


class Subject(NamedTuple):
    """A user or group that a binding names, and where."""

    kind: str
    name: str
    at: At


class Binding(NamedTuple):
    """A ClusterRoleBinding or RoleBinding.

    Attributes:
        kind: which of the two.
        namespace: of a RoleBinding.
        name: its name.
        role: kind and name of the role it gives, as in `ClusterRole/view`.
        subjects: the users and groups among its subjects.
    """

    kind: str
    namespace: str
    name: str
    role: str
    subjects: tuple[Subject, ...]

    @property
    def title(self) -> str:
        """What it is called in sentences."""
        return f"{self.kind} {self.namespace + '/' if self.namespace else ''}{self.name}"


class Bindings:
    """The bindings of a cluster, or of files.

    Args:
        found: the bindings.
        missing: what kept others from being read; None where all of them are known.
        incidental: whether they are only those in the map's own file. Rules that need the
            bindings do not run then.

    Attributes:
        missing: as given.
        incidental: as given.
        subjects: every user and group that is bound, with its binding.
    """

    def __init__(
        self, found: Iterable[Binding], missing: str | None = None, *, incidental: bool = False
    ) -> None:
        self.missing = missing
        self.incidental = incidental
        self.subjects = [(binding, each) for binding in found for each in binding.subjects]
        self._users: dict[str, list[Binding]] = {}
        self._groups: dict[str, list[Binding]] = {}
        for binding, subject in self.subjects:
            held = self._users if subject.kind == "User" else self._groups
            held.setdefault(subject.name, []).append(binding)

    def of_username(self, entry: Entry, username: str | None = None) -> list[tuple[str, Binding]]:
        """The users that are bound and that callers of an entry can be, with their bindings.

        Args:
            entry: the entry.
            username: a username pattern to ask for in place of its own.
        """
        pattern = entry.username if username is None else username
        return list(self._matches(self._users, entry, pattern))

    def of_groups(self, entry: Entry) -> list[tuple[str, Binding]]:
        """The groups that are bound and that an entry gives, with their bindings."""
        return [
            found for group in entry.groups for found in self._matches(self._groups, entry, group)
        ]

    def of_caller(self, username: str, groups: Iterable[str]) -> list[tuple[Binding, str]]:
        """The bindings that hold for a caller, each with the name it holds by.

        Args:
            username: as rendered.
            groups: as rendered; `system:authenticated` is added, as the API server adds it.
        """
        found = [(binding, f"user `{username}`") for binding in self._users.get(username, ())]
        for group in (*groups, AUTHENTICATED):
            found += [(binding, f"group `{group}`") for binding in self._groups.get(group, ())]
        return found

    @staticmethod
    def _matches(
        held: dict[str, list[Binding]], entry: Entry, pattern: str
    ) -> Iterator[tuple[str, Binding]]:
        if not pattern:
            return
        text = username_overlap.pattern(pattern, entry.account_id, sessions=entry.has_session_name)
        names = [text] if text in held else []
        if username_overlap.is_open(text):
            front = username_overlap.front(text)
            likely = (name for name in held if name.startswith(front))
            names = [name for name in likely if username_overlap.overlap(text, name)]
        for name in names:
            for binding in held[name]:
                yield name, binding


def unrendered(found: Iterable[Binding]) -> Subject | None:
    """The first subject that another tool has yet to fill in: it may be anybody."""
    subjects = (subject for binding in found for subject in binding.subjects)
    return next((subject for subject in subjects if templates(subject.name)), None)
