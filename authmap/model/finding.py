"""Findings of rules, and their fixes.

A fix consists of changes to nodes and values; `fixing` turns them into edits of bytes later.
"""

from __future__ import annotations

from enum import StrEnum, auto
from typing import TYPE_CHECKING, NamedTuple

from authmap.syntax.change import Change
from authmap.syntax.located import Located
from authmap.syntax.printable import safe

if TYPE_CHECKING:
    from collections.abc import Callable

    from authmap.authenticator.entry import Entry
    from authmap.model.rule import Rule
    from authmap.model.severity import Severity
    from authmap.syntax.layer import At
    from authmap.syntax.source import Source


class Fix(NamedTuple):
    """A fix for a finding.

    Attributes:
        changes: the values to set; either all of them are set or none.
        safe: whether it changes nobody's access; an unsafe fix needs ``--unsafe-fixes``. A rule
            judges by the entry alone; `fix` also compares who has access before and after.
        held_back: why the fix is withheld, or None.
        effect: what an unsafe fix would change, after the word "would"; empty if not known.
    """

    changes: tuple[Change, ...]
    safe: bool
    held_back: str | None = None
    effect: str = ""


class SuppressionKind(StrEnum):
    """Where a suppression is written."""

    COMMENT = auto()
    ANNOTATION = auto()
    BASELINE = auto()


class Suppression(NamedTuple):
    """Why a finding is not reported.

    Attributes:
        kind: where the suppression is written.
        reason: the reason that its author gives.
        at: its place, if it is in the file.
    """

    kind: SuppressionKind
    reason: str = ""
    at: At | None = None


class Finding(Located):
    """A problem that a rule found.

    Attributes:
        at: its place.
        message: what is wrong.
        advice: what happens because of it, and what to do.
        entry: the affected entry, if it is about one.
        rule: the rule that found it (set by the code that runs the rule).
        own_severity: its severity if it differs from the rule's, else None.
        suppression: why it is not reported, or None.
    """

    __slots__ = ("_fix", "advice", "at", "entry", "message", "own_severity", "rule", "suppression")
    rule: Rule

    def __init__(
        self,
        at: At,
        message: str,
        advice: str,
        *,
        entry: Entry | None = None,
        fix: Fix | Callable[[], Fix | None] | None = None,
        severity: Severity | None = None,
    ) -> None:
        self.at = at
        self.own_severity = severity
        self.message = message
        self.advice = advice
        self.entry = entry
        self._fix = fix
        self.suppression: Suppression | None = None

    @property
    def fix(self) -> Fix | None:
        """The fix, or None if there is none; computed on first access."""
        if callable(self._fix):
            self._fix = self._fix()
        return self._fix

    def hold_back(self, reason: str) -> None:
        """Withhold the fix, if there is one."""
        fix = self.fix
        self._fix = fix and fix._replace(held_back=reason)

    def mark_unsafe(self, effect: str) -> None:
        """Mark the fix as one that changes access.

        Args:
            effect: what it would change, after the word "would".
        """
        fix = self.fix
        self._fix = fix and fix._replace(safe=False, effect=effect)

    def __repr__(self) -> str:
        code = f"{self.rule.code} " if hasattr(self, "rule") else ""
        return safe(f"<Finding {code}{self.location}: {self.message}>")

    @property
    def code(self) -> str:
        """The code of the rule that found it, such as ``AM101``."""
        return self.rule.code

    @property
    def _stretch(self) -> tuple[Source, int, int]:
        return (self.source, *self.span)

    @property
    def severity(self) -> Severity:
        """Its own severity if it has one, otherwise the rule's."""
        return self.own_severity or self.rule.severity

    @property
    def source(self) -> Source:
        """The file it is in."""
        return self.at.layer.source

    @property
    def span(self) -> tuple[int, int]:
        """Offsets in the file's text, end exclusive."""
        layer, start, end = self.at
        return layer.span(start, end)

    @property
    def renames(self) -> bool:
        """Whether its fix changes an entry's username."""
        field = self.entry.field("username") if self.entry else None
        return bool(self.fix and field and any(c.node is field.value for c in self.fix.changes))


def set_field(entry: Entry, name: str, value: str) -> Change | None:
    """A change of a field's value, or None if the entry does not have the field."""
    field = entry.field(name)
    return Change(entry.section, field.value, value) if field else None
