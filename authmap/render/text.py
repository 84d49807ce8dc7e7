"""For people: each finding with the line it is about, a caret below it, and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from authmap.linting.run import brief, safe

if TYPE_CHECKING:
    from authmap.linting.run import Run
    from authmap.model.finding import Finding, Fix, Suppression
    from authmap.syntax.change import Change

WIDTH = 100
"""A longer line is shown in part, around the caret."""

_STYLES = {"error": "1;31", "warning": "1;33", "note": "1;36", "bold": "1", "dim": "2", "fix": "32"}


class Renderer:
    """Renders findings, with or without colour."""

    def __init__(self, *, colour: bool) -> None:
        self.colour = colour

    def paint(self, text: str, style: str) -> str:
        """Text in a style, if there is colour."""
        return f"\x1b[{_STYLES[style]}m{text}\x1b[0m" if self.colour else text

    def finding(self, finding: Finding) -> str:
        """One finding, with a line end behind its last line."""
        source = finding.source
        (line, column), end = map(source.place, finding.span)
        severity = str(finding.severity)
        head = self.paint(f"{safe(source.path)}:{line}:{column}: ", "bold")
        label = self.paint(f"{severity}[{finding.rule.code}]", severity)
        if finding.suppression:
            label = self.paint(f"suppressed {severity}[{finding.rule.code}]", "dim")
        parts = [f"{head}{label} {self.paint(brief(finding.message), 'bold')}\n"]
        margin = len(str(line))
        edge = self.paint(f"{'':>{margin}} |", "dim")
        if source.text:
            text = source.line(line)
            stop = end.column - 1 if end.line == line else len(text.rstrip())
            shown, before, width = snippet(text, column - 1, stop)
            caret = self.paint("^" * width, severity)
            parts.append(f"{self.paint(f'{line} |', 'dim')} {shown}\n{edge} {before}{caret}\n")
        arrow = self.paint(f"{'':>{margin}} =", "dim")
        parts.append(f"{arrow} {brief(finding.advice)}\n")
        if finding.suppression:
            parts.append(f"{arrow} {brief(why(finding.suppression))}\n")
        elif finding.fix:
            parts.append(f"{arrow} {self.fix(finding.fix)}\n")
        return "".join(parts)

    def fix(self, fix: Fix) -> str:
        """What a fix would write, or why it would not."""
        if fix.held_back:
            return f"fix held back: {brief(fix.held_back)}"
        what = ", ".join(
            f"{'add ' if change.append else ''}{brief(_shown(change)) or 'take it out'}"
            for change in fix.changes
        )
        label = "fix" if fix.safe else "fix (with --unsafe-fixes)"
        return f"{label}: {self.paint(what, 'fix')}"


def _shown(change: Change) -> str:
    """What a change writes; in quotes where they are all that it adds."""
    written = change.layer.text[change.node.start : change.node.end]
    return f'"{change.value}"' if change.value == written else change.value


def why(suppression: Suppression) -> str:
    """Why a finding is not reported."""
    if suppression.at is None:
        return f"suppressed by the {suppression.kind}"
    layer, start, _ = suppression.at
    line = layer.source.place(layer.span(start, start)[0]).line
    reason = f": {suppression.reason}" if suppression.reason else ""
    return f"suppressed by the {suppression.kind} in line {line}{reason}"


def snippet(line: str, start: int, end: int) -> tuple[str, str, int]:
    """A line as it is shown, the blanks before its caret, and how wide the caret is.

    Args:
        line: the line, without its end.
        start: 0-based column of the first character meant.
        end: 0-based column behind the last one.
    """
    first, last = 0, len(line)
    if last > WIDTH:
        first = max(0, min(start - 20, last - WIDTH))
        last = min(last, first + WIDTH)
    lead, tail = "…" * (first > 0), "…" * (last < len(line))
    shown = f"{lead}{_visible(line[first:last])}{tail}".rstrip()
    before = " " * (len(lead) + _columns(line[first:start]))
    return shown, before, max(1, _columns(line[start : min(end, last)]))


def _visible(text: str) -> str:
    return safe(text.replace("\t", " "))


def _columns(text: str) -> int:
    """How many columns of a terminal a text takes as `_visible` shows it."""
    shown = _visible(text)
    if shown.isascii():
        return len(shown)
    from unicodedata import category, east_asian_width

    marks = sum(category(c) in ("Mn", "Me") for c in shown)  # they stand above the one before
    return len(shown) - marks + sum(east_asian_width(c) in "WF" for c in shown)


def render(run: Run, *, colour: bool = False) -> str:
    """All findings, and a line that sums them up."""
    renderer = Renderer(colour=colour)
    parts = [renderer.finding(finding) + "\n" for finding in run.shown]
    fixable = run.fixable()
    offer = f"; `authmap fix` can mend {fixable}" if fixable else ""
    parts.append(f"{summary(run)}{offer}\n")
    if run.unchecked and run.maps:
        parts.append(f"{safe(run.skipped_rules)}\n")
    return "".join(parts)


def summary(run: Run) -> str:
    """What was looked at and what was found, in one line."""
    held = {"aws-auth map": run.maps, "kubeconfig": run.kubeconfigs}
    seen = [count(number, name) for name, number in held.items() if number]
    looked = f"{' and '.join(seen) or 'no aws-auth map'} in {count(run.files, run.place)}"
    if run.below:
        looked += f" below {safe(run.below)}"
    if run.unread:
        looked += f"; {count(run.unread, run.place)} cannot be read to the end"
    if run.suppressed:
        looked += f"; {len(run.suppressed)} suppressed"
    if run.errors:
        looked += f"; {len(run.errors)} failed"
    found = [count(number, name) for name, number in run.counts().items() if number]
    nothing = "no findings" if seen or run.unread else "nothing to check"
    return f"{', '.join(found) or nothing}: {looked}"


def count(number: int, name: str) -> str:
    """`1 file`, `2 files`."""
    return f"{number} {name}{'' if number == 1 else 's'}"
