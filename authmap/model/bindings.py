"""RBAC bindings: the users and groups they name, and the entries of a map that depend on them.

For the meaning of a binding see `subjects` in
https://kubernetes.io/docs/reference/kubernetes-api/authorization-resources/cluster-role-binding-v1/.
"""

from __future__ import annotations

from bisect import bisect_left
from functools import cached_property
from itertools import islice, takewhile
from typing import TYPE_CHECKING, NamedTuple

from authmap.authenticator import username_overlap
from authmap.authenticator.foreign_template import templates
from authmap.authenticator.resolve import fold
from authmap.authenticator.username_overlap import entry_pattern

if TYPE_CHECKING:
    from collections.abc import Iterable

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
        found: the bindings.
        missing: see Args.
        incidental: see Args.
        subjects: all bound users and groups, each with its binding.
    """

    def __init__(
        self, found: Iterable[Binding], missing: str | None = None, *, incidental: bool = False
    ) -> None:
        self.found = tuple(found)
        self.missing = missing
        self.incidental = incidental
        self.subjects = [(binding, each) for binding in self.found for each in binding.subjects]
        self._users = _ByName(pair for pair in self.subjects if pair[1].kind == "User")
        self._groups = _ByName(pair for pair in self.subjects if pair[1].kind == "Group")

    def of_username(self, entry: Entry, username: str | None = None) -> list[tuple[str, Binding]]:
        """The bound users whose name a caller of the entry can get, each with a binding.

        Args:
            entry: the entry.
            username: a username pattern to use instead of the entry's own.
        """
        text = entry.username if username is None else username
        return self.of_user(entry_pattern(entry, text))

    def of_groups(self, entry: Entry) -> list[tuple[str, Binding]]:
        """The bound groups that the entry can give a caller, each with a binding."""
        patterns = [entry_pattern(entry, group) for group in entry.groups]
        return [found for pattern in patterns for found in self.of_group(pattern)]

    def of_user(self, pattern: str) -> list[tuple[str, Binding]]:
        """The bound users whose name a pattern of `username_overlap` can become."""
        return self._users.like(pattern)

    def of_arn(self, arn: str) -> list[tuple[str, Binding]]:
        """The bound users that are this ARN in one case or another.

        Args:
            arn: a canonical ARN. A map may spell it in another case than IAM, whose spelling the
                authenticator makes the username of callers from mapAccounts.
        """
        return self._users.folded(arn)

    def of_group(self, pattern: str) -> list[tuple[str, Binding]]:
        """The bound groups whose name a pattern of `username_overlap` can become."""
        return self._groups.like(pattern)

    def of_caller(self, username: str, groups: Iterable[str]) -> list[tuple[Binding, str]]:
        """The bindings that apply to a caller, each with the user or group that it matches.

        Args:
            username: the caller's rendered username.
            groups: the caller's rendered groups; `system:authenticated` is added, as the API
                server does.
        """
        found = [(binding, f"user `{username}`") for binding in self._users.of(username)]
        for group in (*groups, AUTHENTICATED):
            found += [(binding, f"group `{group}`") for binding in self._groups.of(group)]
        return found


_MOST = 50
"""Limit on the bound names that a pattern is found to match: the first few say enough."""


class _ByName:
    """Bindings by the name of their subject."""

    def __init__(self, subjects: Iterable[tuple[Binding, Subject]]) -> None:
        self._bindings: dict[str, list[Binding]] = {}
        for binding, subject in subjects:
            self._bindings.setdefault(subject.name, []).append(binding)

    @cached_property
    def _names(self) -> list[str]:
        return sorted(self._bindings)

    def of(self, name: str) -> list[Binding]:
        """The bindings to exactly this name."""
        return self._bindings.get(name, [])

    @cached_property
    def _by_folded(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for name in self._bindings:
            found.setdefault(fold(name), []).append(name)
        return found

    def folded(self, name: str) -> list[tuple[str, Binding]]:
        """The names that are this one in one case or another, each with a binding."""
        names = self._by_folded.get(fold(name), [])
        return [(each, binding) for each in names for binding in self._bindings[each]]

    def like(self, pattern: str) -> list[tuple[str, Binding]]:
        """The names that a pattern can become, each with a binding; at most `_MOST` names."""
        if not pattern:
            return []
        names = [pattern] if pattern in self._bindings else []
        if username_overlap.is_open(pattern):
            front = username_overlap.front(pattern)
            start = bisect_left(self._names, front)
            after = islice(self._names, start, None)
            likely = takewhile(lambda name: name.startswith(front), after)
            names = list(islice(filter(username_overlap.matcher(pattern), likely), _MOST))
        return [(name, binding) for name in names for binding in self._bindings[name]]


def unrendered(found: Iterable[Binding]) -> Subject | None:
    """The first subject that contains another tool's template: it could become any name."""
    subjects = (subject for binding in found for subject in binding.subjects)
    return next((subject for subject in subjects if templates(subject.name)), None)
