"""Rounds of fixes: chosen, spliced into the text, read again and verified."""

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
    from authmap.model.options import Options
    from authmap.syntax.source import Source

    _Choice = tuple[Finding, list[Edit]]
    _Span = tuple[int, int, int]
    _Refused = dict[tuple[str, Source, int], str]

MAX_PASSES = 10
"""Fixes that touch one place are applied one after another; none needs more rounds than this."""


class File(NamedTuple):
    """A file's bytes, and what is in them."""

    data: bytes
    path: str
    wanted: Wanted
    reading: Reading

    @classmethod
    def of(cls, data: bytes, path: str, wanted: Wanted) -> Self:
        """Read a file's bytes."""
        return cls(data, path, wanted, read(data, path, wanted))

    def spliced(self, edits: Iterable[Edit]) -> Self:
        """The file with edits made in it."""
        edits = list(edits)
        text = edits[0].source.text
        mark = self.data[: len(self.data) - len(text.encode())]
        return self.of(mark + splice(text, edits).encode(), self.path, self.wanted)


class Data(NamedTuple):
    """The `data` of a ConfigMap, each section a text of its own."""

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
        """The data with edits made in its sections."""
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


Held = TypeVar("Held", File, Data)


def fix_in_rounds(
    held: Held, options: Options
) -> tuple[Held, list[Finding], list[tuple[Finding, str]], list[Finding]]:
    """Make the fixes that can be made, in as many rounds as it takes.

    Returns:
        What came of it; the findings that were mended, as they stood when they were; those with
        a fix that was not made, with the reason; and all that are left.
    """
    applied: list[Finding] = []
    for _ in range(MAX_PASSES):
        findings = _open(held, options)
        refused: _Refused = {}
        attempt: _Attempt[Held] = _Attempt(held, options, refused)
        attempt.make([f for f in findings if f.fix])
        if not attempt.made:
            break
        applied += attempt.made
        held = attempt.held
    else:
        findings = _open(held, options)
    left = [(f, _reason(f, f.fix, options, refused)) for f in findings if f.fix]
    return held, applied, left, findings


def _open(held: File | Data, options: Options) -> list[Finding]:
    """What is found and not suppressed."""
    return [each for each in check(held.reading.contents, options) if not each.suppression]


def _reason(finding: Finding, fix: Fix, options: Options, refused: _Refused) -> str:
    if fix.held_back:
        return fix.held_back
    if not fix.safe and not options.unsafe_fixes:
        return "it may change who has access: --unsafe-fixes makes it"
    return refused.get(_key(finding), "it was not settled after several rounds")


def _key(finding: Finding) -> tuple[str, Source, int]:
    return finding.rule.code, finding.source, finding.span[0]


class _Attempt(Generic[Held]):
    """One round: the fixes of all findings that do not get in each other's way."""

    def __init__(self, held: Held, options: Options, refused: _Refused) -> None:
        self.held: Held = held
        self.options = options
        self.refused = refused
        self.made: list[Finding] = []

    def make(self, findings: list[Finding]) -> None:
        """Choose, splice, verify; what cannot be verified is left out and remembered."""
        chosen: list[_Choice] = []
        taken: dict[_Span, Edit] = {}
        edits_of = cache(build_edits)  # two findings of an entry often have one fix
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
            self.held = result
            self.made = [finding for finding, _ in good]

    def _verified(self, chosen: list[_Choice]) -> list[_Choice]:
        """Those of the fixes that are what was meant, of which not all are."""
        if len(chosen) == 1:
            self.refused[_key(chosen[0][0])] = (
                "the result, read again, was not what was meant: edit it by hand"
            )
            return []
        half = len(chosen) // 2
        good = []
        for part in (chosen[:half], chosen[half:]):
            good += part if self._spliced(part) else self._verified(part)
        return good

    def _spliced(self, chosen: list[_Choice]) -> Held | None:
        """The text with the fixes made in it, or None where that is not what was meant."""
        if not chosen:
            return None
        after = self.held.spliced({edit for _, edits in chosen for edit in edits})
        changes = [c for finding, _ in chosen if finding.fix for c in finding.fix.changes]
        meant = verify.only_intended_changes(self.held.reading, after.reading, changes)
        return after if meant else None


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
