"""Severities of findings."""

from __future__ import annotations

from enum import IntEnum


class Severity(IntEnum):
    """The severity of a finding; a greater value is worse."""

    NOTE = 1
    """Worth knowing; fails a run only if you ask for it."""
    WARNING = 2
    """The map does what it says, but that will cause trouble."""
    ERROR = 3
    """The map does not do what it says, or hides who did what."""

    def __str__(self) -> str:
        return self.name.lower()
