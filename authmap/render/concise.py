"""The concise format: one line per finding, like compiler output."""

from __future__ import annotations

from typing import TYPE_CHECKING

from authmap.linting.run import brief
from authmap.syntax.printable import safe

if TYPE_CHECKING:
    from authmap.linting.run import Run
    from authmap.model.finding import Finding


def render(run: Run) -> str:
    """A line for each finding."""
    return "".join(f"{line(finding)}\n" for finding in run.shown)


def line(finding: Finding) -> str:
    """`path:line:column: severity[code] message`."""
    at = finding.source.place(finding.span[0])
    where = f"{safe(finding.source.path)}:{at.line}:{at.column}"
    mark = "suppressed " if finding.suppression else ""
    return f"{where}: {mark}{finding.severity}[{finding.rule.code}] {brief(finding.message)}"
