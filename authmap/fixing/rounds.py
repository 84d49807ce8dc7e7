"""Apply fixes in rounds: each round reads the result of the one before."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from authmap.fixing.attempt import Attempt
from authmap.fixing.judge import Touched
from authmap.fixing.target import Data, File
from authmap.linting.engine import check
from authmap.usernames.rename import is_named

if TYPE_CHECKING:
    from authmap.documents.reading import Reading
    from authmap.model.finding import Finding, Fix
    from authmap.model.options import RunOptions

Target = TypeVar("Target", File, Data)

MAX_PASSES = 10
"""Maximum number of rounds. Fixes of the same place are applied in separate rounds."""


def fix_in_rounds(
    target: Target, options: RunOptions
) -> tuple[Target, list[Finding], list[tuple[Finding, str]], list[Finding]]:
    """Apply all fixes that can be applied, in up to `MAX_PASSES` rounds.

    Returns:
        The fixed file or data; the findings that were fixed, as they were found; the findings
        whose fix was not applied, each with the reason; and all findings that remain.
    """
    applied: list[Finding] = []
    findings = _open(target, options)
    refused: dict[int, str] = {}
    for _ in range(MAX_PASSES):
        attempt, next_findings = _round(target, findings, options)
        refused = attempt.refused
        if not attempt.made:
            break
        applied += attempt.made
        target, findings = attempt.target, next_findings
    left = [(f, _reason(f, f.fix, options, refused)) for f in findings if f.fix]
    return target, applied, left, findings


def _round(
    target: Target, findings: list[Finding], options: RunOptions
) -> tuple[Attempt[Target], list[Finding]]:
    """Apply what can be applied at once, without fixes that would cause another finding.

    Returns:
        The attempt, and the findings in its result.
    """
    causes: dict[int, str] = {}
    while True:
        attempt = Attempt(target, options)
        attempt.refused |= causes
        attempt.make(f for f in findings if id(f) not in causes)
        if not attempt.made:
            if not options.unsafe_fixes:
                attempt.describe_unsafe(f for f in findings if id(f) not in causes)
            return attempt, findings
        after = _open(attempt.target, options)
        more = _causes(target.reading, findings, attempt, after, options)
        if not more:
            return attempt, after
        causes |= more


def _causes(
    before: Reading,
    findings: list[Finding],
    attempt: Attempt[Target],
    after: list[Finding],
    options: RunOptions,
) -> dict[int, str]:
    """The safe fixes of an attempt that cause a finding which was not there, with the reason.

    An unsafe fix may reveal what is wrong with an entry that it brings into effect. A finding that
    has a safe fix itself is fixed in the next round. A rename that the user asked for is made.
    """
    made = [f for f in attempt.made if not (f.entry and is_named(f.entry, options.rename))]
    old, new = Touched(before, made), Touched(attempt.target.reading)
    known = {(f.code, old.place(f)) for f in findings}
    found: dict[int, str] = {}
    for finding in after:
        place = new.place(finding)
        is_fixed = finding.fix and finding.fix.safe and not finding.fix.held_back
        if place is None or (finding.code, place) in known or is_fixed:
            continue
        culprits = old.at([place])
        if all(each.fix and each.fix.safe for each in culprits):
            reason = f"the result would have another problem: {finding.code}, {finding.message}"
            found |= {id(each): reason for each in culprits}
    return found


def _open(target: File | Data, options: RunOptions) -> list[Finding]:
    """The findings that are not suppressed."""
    return [each for each in check(target.reading.contents, options) if not each.suppression]


def _reason(finding: Finding, fix: Fix, options: RunOptions, refused: dict[int, str]) -> str:
    if fix.held_back:
        return fix.held_back
    if not fix.safe and not options.unsafe_fixes:
        if fix.effect:
            return f"it would {fix.effect}; --unsafe-fixes applies it"
        return "could change who has access; --unsafe-fixes applies it"
    return refused.get(id(finding), f"not settled after {MAX_PASSES} rounds of fixes")
