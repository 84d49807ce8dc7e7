"""The github format of `authmap diff`: annotations on the lines of the new file.

GitHub cannot annotate the old file. What is gone from the map is annotated at the first line of the
new one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from authmap.linting.fingerprint import relative
from authmap.linting.run import brief
from authmap.render.access import place_of, sentence, summary, unchecked
from authmap.render.github import MOST, command
from authmap.syntax.printable import safe

if TYPE_CHECKING:
    from collections.abc import Iterator

    from authmap.access.report import AccessReport, Row


_UNRENDERED = (
    "what differs is not rendered yet, so nobody can say what it changes: render both sides first "
    "(the log names the entries)"
)


def render(report: AccessReport, file: str, root: str) -> str:
    """A line for each principal that fits, and one with the summary.

    Args:
        report: the report.
        file: the path of the new file; empty if it is not in the working tree.
        root: the folder that paths are made relative to.
    """
    lines: dict[str, list[str]] = {"error": [], "warning": []}
    for level, line in _commands(report, file, root):
        lines[level].append(line)
    kept = [line for each in lines.values() for line in each[:MOST]]
    left = len(report.rows) - len(kept)
    said = f"{summary(report)}{f'; {left} of them not shown here' if left else ''}"
    if report.unchecked is not None:
        said += f"\n{unchecked(report.unchecked)}"
    if report.unrendered and report.fail_on:
        kept.append(command("error", _UNRENDERED, title="authmap diff: not compared"))
    return "".join(kept) + command("notice", said, title="authmap diff")


def _commands(report: AccessReport, file: str, root: str) -> Iterator[tuple[str, str]]:
    for row in report.rows:
        level = "error" if report.fails(row) else "warning"
        place = _place(row, report, file, root) if file else {}
        title = f"authmap diff: {', '.join(sorted(row.concerns)) or 'renamed'}"
        yield level, command(level, brief(sentence(row, report)), **place, title=title)


def _place(row: Row, report: AccessReport, file: str, root: str) -> dict[str, str]:
    line = 1
    for grant in row.change.after:
        path, at = place_of(report.after, grant)
        if path == report.after.source.path:  # not a section that only the live map has
            line = at
    return {"file": safe(relative(file, root)), "line": f"{line}"}
