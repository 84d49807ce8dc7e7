"""How bad a finding is."""

from __future__ import annotations

from enum import IntEnum


class Severity(IntEnum):
    """How bad a finding is; the greater, the worse."""

    NOTE = 1
    """Worth knowing; never fails a run unless asked to."""
    WARNING = 2
    """The map does what it says, but it will hurt."""
    ERROR = 3
    """The map does not do what it says, or hides people."""

    def __str__(self) -> str:
        return self.name.lower()
