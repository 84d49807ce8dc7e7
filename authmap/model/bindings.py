"""RBAC bindings: the users and groups they name, and the entries of a map that depend on them.

For the meaning of a binding see `subjects` in
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
"""This group bypasses RBAC: the API server allows it everything (it also has a binding)."""


AUTHENTICATED = "system:authenticated"
"""Every caller who logs in is in this group."""


class Subject(NamedTuple):
    """A user or group in a binding.

    Attributes:
        kind: `User` or `Group`.
        name: its name.
        at: its place in the binding.
    """

    kind: str
    name: str
    at: At


class Binding(NamedTuple):
    """A ClusterRoleBinding or RoleBinding.

    Attributes:
        kind: `ClusterRoleBinding` or `RoleBinding`.
        namespace: the namespace of a RoleBinding; empty for a ClusterRoleBinding.
        name: its name.
        role: kind and name of the role it grants, such as `ClusterRole/view`.
        subjects: the users and groups among its subjects.
    """

    kind: str
    namespace: str
    name: str
    role: str
    subjects: tuple[Subject, ...]

    @property
    def title(self) -> str:
        """Its kind and name, as messages show it."""
        return f"{self.kind} {self.namespace + '/' if self.namespace else ''}{self.name}"


class Bindings:
    """The bindings of a cluster, or from files.

    Args:
        found: the bindings.
        missing: why other bindings could not be read; None if all are known.
        incidental: whether they come only from the map's own file. Rules that need bindings are
            then skipped.

    Attributes:
        missing: see Args.
        incidental: see Args.
        subjects: all bound users and groups, each with its binding.
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
            by_name = self._users if subject.kind == "User" else self._groups
            by_name.setdefault(subject.name, []).append(binding)

    def of_username(self, entry: Entry, username: str | None = None) -> list[tuple[str, Binding]]:
        """The bound users whose name a caller of the entry can get, each with a binding.

        Args:
            entry: the entry.
            username: a username pattern to use instead of the entry's own.
        """
        pattern = entry.username if username is None else username
        return list(self._matches(self._users, entry, pattern))

    def of_groups(self, entry: Entry) -> list[tuple[str, Binding]]:
        """The bound groups that the entry can give a caller, each with a binding."""
        return [
            found for group in entry.groups for found in self._matches(self._groups, entry, group)
        ]

    def of_caller(self, username: str, groups: Iterable[str]) -> list[tuple[Binding, str]]:
        """The bindings that apply to a caller, each with the user or group that it matches.

        Args:
            username: the caller's rendered username.
            groups: the caller's rendered groups; `system:authenticated` is added, as the API
                server does.
        """
        found = [(binding, f"user `{username}`") for binding in self._users.get(username, ())]
        for group in (*groups, AUTHENTICATED):
            found += [(binding, f"group `{group}`") for binding in self._groups.get(group, ())]
        return found

    @staticmethod
    def _matches(
        by_name: dict[str, list[Binding]], entry: Entry, pattern: str
    ) -> Iterator[tuple[str, Binding]]:
        if not pattern:
            return
        text = username_overlap.pattern(pattern, entry.account_id, sessions=entry.has_session_name)
        names = [text] if text in by_name else []
        if username_overlap.is_open(text):
            front = username_overlap.front(text)
            likely = (name for name in by_name if name.startswith(front))
            names = [name for name in likely if username_overlap.overlap(text, name)]
        for name in names:
            for binding in by_name[name]:
                yield name, binding


def unrendered(found: Iterable[Binding]) -> Subject | None:
    """The first subject that contains another tool's template: it could become any name."""
    subjects = (subject for binding in found for subject in binding.subjects)
    return next((subject for subject in subjects if templates(subject.name)), None)
