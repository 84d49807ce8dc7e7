"""The text format: each finding with its source line, a caret, and advice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from authmap.linting.run import brief
from authmap.syntax.printable import safe

if TYPE_CHECKING:
    from authmap.linting.run import Run
    from authmap.model.finding import Finding, Fix, Suppression
    from authmap.syntax.change import Change

WIDTH = 100
"""Maximum width of a source line, in characters; only the part around the caret is shown."""

_STYLES = {"error": "1;31", "warning": "1;33", "note": "1;36", "bold": "1", "dim": "2", "fix": "32"}


class Renderer:
    """Renders findings, with or without colour."""

    def __init__(self, *, colour: bool) -> None:
        self.colour = colour

    def paint(self, text: str, style: str) -> str:
        """Text in a style; unchanged without colour."""
        return f"\x1b[{_STYLES[style]}m{text}\x1b[0m" if self.colour else text

    def finding(self, finding: Finding) -> str:
        """One finding; ends with a line break."""
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
        """What a fix writes, or why it is held back."""
        if fix.held_back:
            return f"fix held back: {brief(fix.held_back)}"
        what = ", ".join(
            f"{'add ' if change.append else ''}{brief(_shown(change)) or 'remove it'}"
            for change in fix.changes
        )
        label = "fix" if fix.safe else "fix (with --unsafe-fixes)"
        return f"{label}: {self.paint(what, 'fix')}"


def _shown(change: Change) -> str:
    """The value a change writes; in quotes if the change only adds quotes."""
    written = change.layer.text[change.node.start : change.node.end]
    return f'"{change.value}"' if change.value == written else change.value


def why(suppression: Suppression) -> str:
    """Why a finding is not reported."""
    if suppression.at is None:
        return f"suppressed by the {suppression.kind}"
    layer, start, _ = suppression.at
    line = layer.source.place(layer.span(start, start)[0]).line
    reason = f": {suppression.reason}" if suppression.reason else ""
    return f"suppressed by the {suppression.kind} on line {line}{reason}"


def snippet(line: str, start: int, end: int) -> tuple[str, str, int]:
    """A line as shown, the spaces before its caret, and the width of the caret in columns.

    Args:
        line: the line, without its line end.
        start: 0-based index of the first marked character.
        end: 0-based index after the last marked character.
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
    """The number of terminal columns that the text takes up when shown by `_visible`."""
    shown = _visible(text)
    if shown.isascii():
        return len(shown)
    from unicodedata import category, east_asian_width

    marks = sum(category(c) in ("Mn", "Me") for c in shown)  # combined with the character before
    return len(shown) - marks + sum(east_asian_width(c) in "WF" for c in shown)


def render(run: Run, *, colour: bool = False) -> str:
    """All findings, and a summary line."""
    renderer = Renderer(colour=colour)
    parts = [renderer.finding(finding) + "\n" for finding in run.shown]
    fixable = run.fixable()
    offer = f"; `authmap fix` can fix {fixable}" if fixable else ""
    parts.append(f"{summary(run)}{offer}\n")
    if run.unchecked and run.maps:
        parts.append(f"{safe(run.skipped_rules)}\n")
    return "".join(parts)


def summary(run: Run) -> str:
    """One line that says what was found and what was checked."""
    contents = {"aws-auth map": run.maps, "kubeconfig": run.kubeconfigs}
    seen = [count(number, name) for name, number in contents.items() if number]
    checked = f"{' and '.join(seen) or 'no aws-auth map'} in {count(run.files, run.place)}"
    if run.below:
        checked += f" below {safe(run.below)}"
    if run.unread:
        checked += f"; {count(run.unread, run.place)} cannot be read completely"
    if run.suppressed:
        checked += f"; {len(run.suppressed)} suppressed"
    if run.errors:
        checked += f"; {len(run.errors)} failed"
    found = [count(number, name) for name, number in run.counts().items() if number]
    nothing = "no findings" if seen or run.unread else "nothing to check"
    return f"{', '.join(found) or nothing}: {checked}"


def count(number: int, name: str) -> str:
    """`1 file`, `2 files`."""
    return f"{number} {name}{'' if number == 1 else 's'}"
