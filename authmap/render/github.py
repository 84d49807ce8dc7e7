"""The github format: workflow commands that the runner of GitHub Actions turns into annotations.

Values are escaped as the runner unescapes them (actions/runner `ActionCommand.cs`, actions/toolkit
`command.ts`). The runner keeps ten annotations per level in a step, and 4,096 characters of a
message (its `ExecutionContext.cs`); a last notice says how many findings were left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from authmap.linting.fingerprint import relative
from authmap.linting.run import brief
from authmap.model.severity import Severity
from authmap.syntax.printable import safe, without_commands

if TYPE_CHECKING:
    from collections.abc import Iterator

    from authmap.linting.run import Run
    from authmap.model.finding import Finding

LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}
MOST = 10
LONGEST = 4096


def render(run: Run) -> str:
    """A line for each finding that fits, and one with the number of the others."""
    lines: dict[str, list[str]] = {level: [] for level in LEVELS.values()}
    for level, line in _commands(run):
        lines[level].append(line)
    more = sum(len(each[MOST:]) for each in lines.values())
    if more:
        kept = lines["notice"][: MOST - 1]  # the last notice is the count
        more += len(lines["notice"][:MOST]) - len(kept)
        advice = "the other formats of `authmap lint` list all of them"
        lines["notice"] = [*kept, command("notice", f"{more} more findings; {advice}")]
    return "".join(line for each in lines.values() for line in each[:MOST])


def _commands(run: Run) -> Iterator[tuple[str, str]]:
    for path, message in run.errors:
        yield "error", command("error", brief(f"{path}: {message}"), title="authmap")
    for finding in run.findings:
        level = LEVELS[finding.severity]
        text = f"{brief(finding.message)}\n{brief(finding.advice)}"
        yield level, command(level, text, **_place(finding, run.root))


def _place(finding: Finding, root: str) -> dict[str, str]:
    source = finding.source
    (line, column), end = map(source.place, finding.span)
    place = {"file": safe(relative(source.path, root)), "line": f"{line}", "endLine": f"{end.line}"}
    if line == end.line:  # otherwise the runner drops the columns
        place |= {"col": f"{column}", "endColumn": f"{end.column}"}
    return {**place, "title": f"{finding.rule.code} {finding.rule.name}"}


def command(name: str, message: str, **properties: str) -> str:
    """A workflow command; ends with a line break."""
    pairs = ",".join(
        f"{key}={_escaped(without_commands(value)).replace(':', '%3A').replace(',', '%2C')}"
        for key, value in properties.items()
    )
    return f"::{name}{' ' * bool(pairs)}{pairs}::{_escaped(without_commands(message)[:LONGEST])}\n"


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
