"""The text format of `authmap diff`: who loses access, who gains, and what else changes."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, NamedTuple

from authmap.access.describe import outcome
from authmap.access.place import at_grants
from authmap.linting.run import brief
from authmap.render.text import Renderer
from authmap.syntax.printable import safe

if TYPE_CHECKING:
    from collections.abc import Iterator

    from authmap.access.grant import Grant
    from authmap.access.report import AccessReport, Row
    from authmap.model.auth_map import AuthMap

HEADINGS = {
    "nodes": ("nodes", "error"),
    "lost": ("loses access", "error"),
    "gained": ("gains access", "fix"),
    "changed": ("changes name or groups", "bold"),
}
NODES_STOP = "its nodes become NotReady, and new ones cannot join"


class GrantPlace(NamedTuple):
    """The place of what a map gives a principal.

    Attributes:
        path: the name of the file; for a live map, the name of the section's text.
        line: its 1-based line.
    """

    path: str
    line: int


def place_of(auth_map: AuthMap, grant: Grant) -> GrantPlace:
    """The place of a grant in its map."""
    at = at_grants(auth_map, (grant,))
    source, start = at.layer.source, at.layer.span(at.start, at.end)[0]
    return GrantPlace(source.path, source.place(start).line)


def phrases(row: Row, report: AccessReport) -> list[str]:
    """What happens to a principal, as verb phrases that follow its name, and what that means."""
    said = outcome(row.change, report.comparison)
    if row.admin == "gained":
        through = report.comparison.through(row.change.after)
        said.append(f"gains full control of the cluster through {through}")
    elif row.admin == "lost":
        said.append("loses full control of the cluster, and no entry is left that has it")
    return said


def sentence(row: Row, report: AccessReport) -> str:
    """What happens to a principal, as a sentence without a full stop."""
    end = f"; {NODES_STOP}" if row.group == "nodes" else ""
    return f"{row.title} {'; '.join(phrases(row, report))}{end}"


def render(report: AccessReport, *, width: int | None = None, colour: bool = False) -> str:
    """The rows in groups, each with the old and the new grant, and a summary.

    Args:
        report: the report.
        width: columns of the terminal; None if the output is not a terminal. Then no line is
            wrapped.
        colour: whether to use colour.
    """
    return "".join(f"{line}\n" for line in _lines(report, width, Renderer(colour=colour)))


def _lines(report: AccessReport, width: int | None, renderer: Renderer) -> Iterator[str]:
    group = ""
    for row in report.rows:
        if row.group != group:
            if group:
                yield ""
            group = row.group
            yield renderer.paint(f"{HEADINGS[group][0]}:", HEADINGS[group][1])
        for line in _wrapped(brief(sentence(row, report)), width, "  ", "  "):
            yield renderer.paint(line, "bold")
        for sign, style, grants, auth_map in (
            ("-", "error", row.change.before, report.before),
            ("+", "fix", row.change.after, report.after),
        ):
            for grant in grants:
                for line in _wrapped(f"{sign} {_grant(grant, auth_map)}", width, "    ", "      "):
                    yield renderer.paint(line, style)
    if report.rows:
        yield ""
    yield from _wrapped(summary(report), width, "", "  ")
    if report.unchecked is not None:
        yield from _wrapped(unchecked(report.unchecked), width, "", "  ")


def unchecked(reason: str) -> str:
    """A sentence that says why bindings were not checked, and what that can mean."""
    consequence = "a binding to an old username stops matching"
    return f"RBAC bindings were not checked: {brief(reason)}; {consequence}"


def _grant(grant: Grant, auth_map: AuthMap) -> str:
    path, line = place_of(auth_map, grant)
    groups = ", ".join(brief(group) or "<empty>" for group in sorted(grant.groups))
    username = brief(grant.username) or "<empty>"
    return f"{username} [{groups}] at {safe(path)}:{line}"


def _wrapped(text: str, width: int | None, first: str, rest: str) -> list[str]:
    """A text in lines of a terminal; words are never broken, so that they can be copied."""
    if width is None:
        return [first + text]
    return textwrap.wrap(
        text,
        max(width, 40),
        initial_indent=first,
        subsequent_indent=rest,
        break_long_words=False,
        break_on_hyphens=False,
    )


def summary(report: AccessReport) -> str:
    """One line with the number of principals in each group, and with what fails the run."""
    counts = report.counts
    one = {"nodes": "node entry breaks", "lost": "loses access", "gained": "gains access"}
    many = {"nodes": "node entries break", "lost": "lose access", "gained": "gain access"}
    words = ((one if counts[group] == 1 else many) for group in many)
    said = [
        f"{counts[group]} {word[group]}"
        for group, word in zip(many, words, strict=True)
        if counts[group]
    ]
    if counts["changed"]:
        said.append(f"{counts['changed']} change{'s' * (counts['changed'] == 1)} name or groups")
    nothing = "nobody's access changes"
    if report.unrendered:
        nothing = "no change in what could be compared"
    text = ", ".join(said) or nothing
    text += f"; {counts['unchanged']} unchanged"
    if counts["unknown"]:
        text += f", {counts['unknown']} not compared"
    left = len(report.unrendered)
    if left:
        text += f"; {left} {'entry is' if left == 1 else 'entries are'} not rendered yet"
    if report.failed:
        text += f"; failed: {', '.join(report.failed)} (--fail-on)"
    return text
