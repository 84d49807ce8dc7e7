"""The findings that were there when authmap came: kept in a file, and not reported again.

    {
      "version": 1,
      "findings": [
        {"code": "AM101", "path": "aws-auth.yaml", "what": "role/staff", "fingerprint": "…"}
      ]
    }

The fingerprint is what a finding is known by; the rest is for people. The findings are sorted, one
a line, so that a diff shows what came and what went.
"""

from __future__ import annotations

import json
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

from authmap.files import read_bytes
from authmap.linting.fingerprint import fingerprints, relative
from authmap.linting.run import brief
from authmap.model.finding import Suppression
from authmap.model.options import OptionError
from authmap.model.rule import Need
from authmap.rules.registry import all_rules

if TYPE_CHECKING:
    from collections.abc import Sequence

    from authmap.linting.run import Run
    from authmap.model.finding import Finding
    from authmap.model.rule import Rule

VERSION = 1


class KnownFinding(NamedTuple):
    """A finding as it is kept.

    Attributes:
        path: of its file, relative to the root of the run.
        code: of its rule.
        what: the entry, or the text that it points at.
        fingerprint: what it is known by.
    """

    path: str
    code: str
    what: str
    fingerprint: str


def render(run: Run) -> str:
    """The baseline of a run: all its findings."""
    prints = fingerprints(run.findings, run.root)
    known = sorted(
        KnownFinding(relative(f.source.path, run.root), f.rule.code, _what(f), mark)
        for f, mark in zip(run.findings, prints, strict=True)
    )
    lines = ",\n".join(
        f"    {json.dumps({name: getattr(each, name) for name in _ORDER})}" for each in known
    )
    findings = f"[\n{lines}\n  ]" if lines else "[]"
    return f'{{\n  "version": {VERSION},\n  "findings": {findings}\n}}\n'


_ORDER = ("code", "path", "what", "fingerprint")


def _what(finding: Finding) -> str:
    if finding.entry:
        return brief(finding.entry.title)
    return brief(" ".join(finding.source.text[slice(*finding.span)].split()))


def read(path: str) -> list[KnownFinding]:
    """Read a baseline.

    Raises:
        FileError: it cannot be read.
        OptionError: it is none.
    """
    again = "write it anew with --write-baseline"
    try:
        document: Any = json.loads(read_bytes(path))
    except (ValueError, RecursionError) as error:
        raise OptionError(f"{path}: this baseline is not JSON: {error}; {again}") from None
    version = document.get("version") if isinstance(document, dict) else None
    if version != VERSION:
        known = f"this authmap knows version {VERSION}"
        raise OptionError(f"{path}: this is no baseline, or of another version; {known}: {again}")
    found: list[KnownFinding] | None
    try:
        found = [
            KnownFinding(*(each[name] for name in KnownFinding._fields))
            for each in document["findings"]
        ]
    except (KeyError, TypeError):
        found = None
    if found is None or not all(isinstance(text, str) for text in chain(*found)):
        raise OptionError(f"{path}: a finding in this baseline lacks something: {again}")
    return found


def apply(run: Run, known: list[KnownFinding]) -> tuple[Run, list[KnownFinding]]:
    """A run without the findings that are known, and those known ones that are gone.

    Gone are those that were looked for and not found, and where everything below a folder was
    looked at, those in files that are gone or hold no map any more.
    """
    waiting = {each.fingerprint: each for each in known}
    findings, suppressed = [], list(run.suppressed)
    for finding, mark in zip(run.findings, fingerprints(run.findings, run.root), strict=True):
        if waiting.pop(mark, None):
            finding.suppression = Suppression("baseline")
            suppressed.append(finding)
        else:
            findings.append(finding)
    checked = {relative(path, run.root): rules for path, rules in run.checked.items()}
    gone = [each for each in waiting.values() if _is_gone(each, checked, run)]
    return run._replace(findings=findings, suppressed=suppressed), gone


def _is_gone(known: KnownFinding, checked: dict[str, Sequence[Rule]], run: Run) -> bool:
    rule = all_rules().get(known.code)
    if run.unchecked and rule and Need.BINDINGS in rule.needs:
        return False
    for path, rules in checked.items():
        if known.path == path or known.path.startswith(f"{path} "):  # a section of a live map
            return any(rule.code == known.code for rule in rules)
    below = relative(".", run.root)
    return bool(run.below) and (below == "." or known.path.startswith(f"{below}/"))
