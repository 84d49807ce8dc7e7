"""One round of fixes: those that can be applied together, and the reasons for the others."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Generic

from authmap.fixing import judge, verify
from authmap.fixing.edits import Edit, build_edits
from authmap.fixing.target import Target
from authmap.syntax.yaml.writer import HeldBack

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from authmap.model.finding import Finding
    from authmap.model.options import RunOptions

    _Choice = tuple[Finding, list[Edit]]
    _Span = tuple[int, int, int]


class Attempt(Generic[Target]):
    """Applies the fixes of all findings that do not conflict with each other.

    A fix that turns out to change access becomes unsafe, and says what it would change.

    Attributes:
        target: the target with the fixes applied.
        made: the findings that were fixed.
        refused: why a fix cannot be applied, by the id of its finding.
    """

    def __init__(self, target: Target, options: RunOptions) -> None:
        self.target: Target = target
        self.options = options
        self.made: list[Finding] = []
        self.refused: dict[int, str] = {}

    def make(self, findings: Iterable[Finding]) -> None:
        """Choose, splice, verify and judge the fixes of findings."""
        wanted = [f for f in findings if f.fix and (f.fix.safe or self.options.unsafe_fixes)]
        good, result = self._verified(self._chosen(wanted))
        while good and result:
            blamed = self._blamed(good, result)
            if not blamed:
                break
            good, result = self._verified([c for c in good if id(c[0]) not in blamed])
        if good and result:
            self.target = result
            self.made = [finding for finding, _ in good]

    def describe_unsafe(self, findings: Iterable[Finding]) -> None:
        """Let the unsafe fixes of findings say what they would change."""
        unsafe = [f for f in findings if f.fix and not (f.fix.safe or f.fix.effect)]
        good, result = self._verified(self._chosen(unsafe))
        if result:
            self._blamed(good, result)

    def _chosen(self, findings: Iterable[Finding]) -> list[_Choice]:
        """The findings whose fixes can be written, each with its edits; no two of them overlap."""
        chosen: list[_Choice] = []
        taken: dict[_Span, Edit] = {}
        edits_of = cache(build_edits)  # two findings of an entry often share a fix
        for finding in findings:
            fix = finding.fix
            if fix is None or fix.held_back:
                continue
            try:
                edits = edits_of(fix)
            except HeldBack as reason:
                self.refused[id(finding)] = str(reason)
                continue
            if all(taken.get(_span(edit), edit) == edit for edit in edits):
                taken.update((_span(edit), edit) for edit in edits)
                chosen.append((finding, edits))
        return _without_overlaps(chosen)

    def _verified(self, chosen: list[_Choice]) -> tuple[list[_Choice], Target | None]:
        """The fixes that together make only the intended changes, and the target with them."""
        result = self._spliced(chosen)
        if not chosen or result:
            return chosen, result
        parts, bad = _bisected(chosen, lambda part: self._spliced(part) is not None)
        for finding, _ in bad:
            self.refused[id(finding)] = "the result did not read back as intended: edit it by hand"
        good: list[_Choice] = []
        for part in parts:  # they may be good alone, and not together
            together = self._spliced(good + part)
            if together:
                good, result = good + part, together
        return good, result

    def _blamed(self, chosen: list[_Choice], result: Target) -> set[int]:
        """The ids of the findings whose fixes change more than they may; they become unsafe."""
        findings = [finding for finding, _ in chosen]
        touched = judge.Touched(self.target.reading, findings)
        found = self._objections(touched, result)
        effects: dict[int, list[str]] = {}
        for objection in found:
            for finding in touched.blamed(objection):
                effects.setdefault(id(finding), []).append(objection.effect)
        if found and not effects:
            effects = self._tried(chosen)
        for finding in findings:
            if id(finding) in effects:
                effect = _joined(effects[id(finding)])
                self.refused[id(finding)] = f"it would {effect}"
                finding.mark_unsafe(effect)
        return set(effects)

    def _objections(self, touched: judge.Touched, result: Target) -> list[judge.Objection]:
        """The changes of access that fixes must not make; unsafe ones may do what is no harm."""
        reading, unsafe = self.target.reading, self.options.unsafe_fixes
        found = judge.objections(reading, result.reading, touched, self.options)
        return [each for each in found if each.harmful or not unsafe]

    def _tried(self, chosen: list[_Choice]) -> dict[int, list[str]]:
        """What fixes do to access, by the id of the finding; found by applying some of them."""
        parts, bad = _bisected(chosen, lambda part: not self._effects(part))
        effects = {id(choice[0]): self._effects([choice]) for choice in bad}
        good: list[_Choice] = []
        for part in parts:  # they may be good alone, and not together
            together = self._effects(good + part)
            if together:
                effects |= {id(finding): together for finding, _ in part}
            else:
                good += part
        return effects

    def _effects(self, chosen: list[_Choice]) -> list[str]:
        """What fixes do to access, other than rename."""
        result = self._spliced(chosen)
        if result is None:  # apart from others, they do not read back as intended
            return ["change access together with another fix"]
        touched = judge.Touched(self.target.reading, [finding for finding, _ in chosen])
        return [each.effect for each in self._objections(touched, result)]

    def _spliced(self, chosen: list[_Choice]) -> Target | None:
        """The target with the fixes applied, or None if that makes an unintended change."""
        if not chosen:
            return None
        after = self.target.spliced({edit for _, edits in chosen for edit in edits})
        changes = [c for finding, _ in chosen if finding.fix for c in finding.fix.changes]
        good = verify.only_intended_changes(self.target.reading, after.reading, changes)
        return after if good else None


def _bisected(
    chosen: list[_Choice], is_good: Callable[[list[_Choice]], bool]
) -> tuple[list[list[_Choice]], list[_Choice]]:
    """Parts of the fixes that are good, found by bisection, and the fixes that are bad alone."""
    parts, bad = [], []
    waiting = [chosen]
    while waiting:
        part = waiting.pop()
        half = len(part) // 2
        if is_good(part):
            parts.append(part)
        elif half:
            waiting += [part[half:], part[:half]]
        else:
            bad += part
    return parts, bad


def _joined(effects: list[str]) -> str:
    """Effects in one sentence; the first few stand for many."""
    shown = list(dict.fromkeys(effects))
    more = len(shown) - _SHOWN
    return " and ".join(shown[:_SHOWN]) + (f", and {more} more" if more > 0 else "")


_SHOWN = 3


def _span(edit: Edit) -> _Span:
    return id(edit.source), edit.start, edit.end


def _without_overlaps(chosen: list[_Choice]) -> list[_Choice]:
    clear: set[_Span] = set()
    last = (0, -1)
    for span in sorted({_span(edit) for _, edits in chosen for edit in edits}):
        source, start, end = span
        if (source, start) >= last:
            clear.add(span)
            last = (source, end)
    return [each for each in chosen if all(_span(edit) in clear for edit in each[1])]
