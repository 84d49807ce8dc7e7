"""What a rule says: a finding at a place, and perhaps a fix made of changes to values.

Everything here is symbolic: nodes and values. `patch.py` turns changes into edits of bytes, late.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from authmap.syntax.change import Change
from authmap.syntax.located import Located

if TYPE_CHECKING:
    from collections.abc import Callable

    from authmap.authenticator.entry import Entry
    from authmap.model.rule import Rule
    from authmap.model.severity import Severity
    from authmap.syntax.layer import At
    from authmap.syntax.source import Source


class Fix(NamedTuple):
    """How a finding is mended.

    Attributes:
        changes: values to set, all of them or none.
        safe: whether it changes nobody's access; an unsafe one waits for ``--unsafe-fixes``.
        held_back: why it is not made, although it is known.
    """

    changes: tuple[Change, ...]
    safe: bool = True
    held_back: str | None = None


class Suppression(NamedTuple):
    """Why a finding is not reported.

    Attributes:
        kind: `comment`, `annotation`, or `baseline`.
        reason: what its author says.
        at: where that stands, if it is in the file.
    """

    kind: str
    reason: str = ""
    at: At | None = None


class Finding(Located):
    """One thing found.

    Attributes:
        at: where.
        message: what is wrong here, in the reader's own words.
        advice: what happens because of it, and what to do.
        entry: the entry concerned, if it is one.
        rule: the rule that found it (set by the rule's runner).
        own_severity: how bad it is, where that is not the rule's severity.
        suppression: why it is not reported, if it is not.
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
        """How to mend it, if that is known; worked out when it is first asked for."""
        if callable(self._fix):
            self._fix = self._fix()
        return self._fix

    def hold_back(self, reason: str) -> None:
        """Let its fix, if it has one, not be made."""
        fix = self.fix
        self._fix = fix and fix._replace(held_back=reason)

    def __repr__(self) -> str:
        return f"<Finding {self.code} {self.location}: {self.message}>"

    @property
    def code(self) -> str:
        """The code of the rule that found it, as in ``AM101``."""
        return self.rule.code

    @property
    def _stretch(self) -> tuple[Source, int, int]:
        return (self.source, *self.span)

    @property
    def severity(self) -> Severity:
        """How bad it is."""
        return self.own_severity or self.rule.severity

    @property
    def source(self) -> Source:
        """The file it is found in."""
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
    """A change of a field's value, or None where the entry does not have that field."""
    field = entry.field(name)
    return Change(entry.section, field.value, value) if field else None
