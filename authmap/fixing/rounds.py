"""Apply fixes in rounds: choose them, splice them in, read the result again and verify it."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Generic, NamedTuple, Self, TypeVar

from authmap.documents.read import read
from authmap.documents.reading import Reading, Wanted
from authmap.fixing import verify
from authmap.fixing.edits import Edit, build_edits, splice
from authmap.linting.engine import check
from authmap.model.auth_map import AuthMap
from authmap.syntax.yaml.writer import HeldBack

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from authmap.model.finding import Finding, Fix
    from authmap.model.options import RunOptions
    from authmap.syntax.source import Source

    _Choice = tuple[Finding, list[Edit]]
    _Span = tuple[int, int, int]
    _Refused = dict[tuple[str, Source, int], str]

MAX_PASSES = 10
"""Maximum number of rounds. Fixes of the same place are applied in separate rounds."""


class File(NamedTuple):
    """A file's bytes, and the contents read from them."""

    data: bytes
    path: str
    wanted: Wanted
    reading: Reading

    @classmethod
    def of(cls, data: bytes, path: str, wanted: Wanted) -> Self:
        """Read a file's bytes."""
        return cls(data, path, wanted, read(data, path, wanted))

    def spliced(self, edits: Iterable[Edit]) -> Self:
        """The file with edits applied to it."""
        edits = list(edits)
        text = edits[0].source.text
        mark = self.data[: len(self.data) - len(text.encode())]
        return self.of(mark + splice(text, edits).encode(), self.path, self.wanted)


class Data(NamedTuple):
    """The `data` of a ConfigMap, with each section as a separate text."""

    data: dict[str, str]
    path: str
    annotations: Mapping[str, str]
    reading: Reading

    @classmethod
    def of(cls, data: Mapping[str, str], path: str, annotations: Mapping[str, str]) -> Self:
        """Read the texts."""
        reading = Reading()
        reading.contents.append(AuthMap.from_data(data, path=path, annotations=annotations))
        return cls(dict(data), path, annotations, reading)

    def spliced(self, edits: Iterable[Edit]) -> Self:
        """The data with edits applied to its sections."""
        (auth_map,) = self.reading.maps
        by_source: dict[Source, list[Edit]] = {}
        for edit in edits:
            by_source.setdefault(edit.source, []).append(edit)
        spliced = {
            name: splice(section.text, by_source[section.source])
            for name, section in auth_map.sections.items()
            if section.source in by_source
        }
        return self.of(self.data | spliced, self.path, self.annotations)


Target = TypeVar("Target", File, Data)


def fix_in_rounds(
    target: Target, options: RunOptions
) -> tuple[Target, list[Finding], list[tuple[Finding, str]], list[Finding]]:
    """Apply all fixes that can be applied, in up to `MAX_PASSES` rounds.

    Returns:
        The fixed file or data; the findings that were fixed, as they were found; the findings
        whose fix was not applied, each with the reason; and all findings that remain.
    """
    applied: list[Finding] = []
    for _ in range(MAX_PASSES):
        findings = _open(target, options)
        refused: _Refused = {}
        attempt: _Attempt[Target] = _Attempt(target, options, refused)
        attempt.make([f for f in findings if f.fix])
        if not attempt.made:
            break
        applied += attempt.made
        target = attempt.target
    else:
        findings = _open(target, options)
    left = [(f, _reason(f, f.fix, options, refused)) for f in findings if f.fix]
    return target, applied, left, findings


def _open(target: File | Data, options: RunOptions) -> list[Finding]:
    """The findings that are not suppressed."""
    return [each for each in check(target.reading.contents, options) if not each.suppression]


def _reason(finding: Finding, fix: Fix, options: RunOptions, refused: _Refused) -> str:
    if fix.held_back:
        return fix.held_back
    if not fix.safe and not options.unsafe_fixes:
        return "could change who has access; --unsafe-fixes applies it"
    return refused.get(_key(finding), f"not settled after {MAX_PASSES} rounds of fixes")


def _key(finding: Finding) -> tuple[str, Source, int]:
    return finding.rule.code, finding.source, finding.span[0]


class _Attempt(Generic[Target]):
    """One round: applies the fixes of all findings that do not conflict with each other."""

    def __init__(self, target: Target, options: RunOptions, refused: _Refused) -> None:
        self.target: Target = target
        self.options = options
        self.refused = refused
        self.made: list[Finding] = []

    def make(self, findings: list[Finding]) -> None:
        """Choose, splice and verify fixes; record in `refused` why a fix cannot be applied."""
        chosen: list[_Choice] = []
        taken: dict[_Span, Edit] = {}
        edits_of = cache(build_edits)  # two findings of an entry often share a fix
        for finding in findings:
            fix = finding.fix
            if fix is None or fix.held_back or not (fix.safe or self.options.unsafe_fixes):
                continue
            try:
                edits = edits_of(fix)
            except HeldBack as reason:
                self.refused[_key(finding)] = str(reason)
                continue
            if all(taken.get(_span(edit), edit) == edit for edit in edits):
                taken.update((_span(edit), edit) for edit in edits)
                chosen.append((finding, edits))
        chosen = _without_overlaps(chosen)
        good = chosen
        result = self._spliced(chosen)
        if chosen and result is None:
            good = self._verified(chosen)
            result = self._spliced(good)
        if good and result is not None:
            self.target = result
            self.made = [finding for finding, _ in good]

    def _verified(self, chosen: list[_Choice]) -> list[_Choice]:
        """The fixes that make only the intended changes, found by bisection."""
        if len(chosen) == 1:
            self.refused[_key(chosen[0][0])] = (
                "the result did not read back as intended: edit it by hand"
            )
            return []
        half = len(chosen) // 2
        good = []
        for part in (chosen[:half], chosen[half:]):
            good += part if self._spliced(part) else self._verified(part)
        return good

    def _spliced(self, chosen: list[_Choice]) -> Target | None:
        """The target with the fixes applied, or None if that makes an unintended change."""
        if not chosen:
            return None
        after = self.target.spliced({edit for _, edits in chosen for edit in edits})
        changes = [c for finding, _ in chosen if finding.fix for c in finding.fix.changes]
        good = verify.only_intended_changes(self.target.reading, after.reading, changes)
        return after if good else None


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
