"""Baseline files: record existing findings, so that they are not reported again.

    {
      "version": 1,
      "findings": [
        {"code": "AM101", "path": "aws-auth.yaml", "what": "role/staff", "fingerprint": "…"}
      ]
    }

The fingerprint identifies a finding; the rest is for people. The findings are sorted, one per line,
so that a diff of two baselines shows which were added and removed.
"""

from __future__ import annotations

import json
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

from authmap.files.reading import read_bytes
from authmap.linting.fingerprint import fingerprints, relative
from authmap.linting.run import brief
from authmap.model.finding import Suppression, SuppressionKind
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
    """A finding as recorded in a baseline.

    Attributes:
        path: the path of its file, relative to the root of the run.
        code: the code of its rule.
        what: the title of the entry, or the text that the finding points at.
        fingerprint: identifies the finding.
    """

    path: str
    code: str
    what: str
    fingerprint: str


def render(run: Run) -> str:
    """The baseline with all findings of a run, as JSON text."""
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
        OptionError: it is not a valid baseline.
    """
    again = "write it again with --write-baseline"
    try:
        document: Any = json.loads(read_bytes(path))
    except (ValueError, RecursionError) as error:
        raise OptionError(f"{path}: baseline is not valid JSON: {error}; {again}") from None
    version = document.get("version") if isinstance(document, dict) else None
    if version != VERSION:
        expected = f"not a baseline of version {VERSION}, the one that this authmap reads"
        raise OptionError(f"{path}: {expected}; {again}")
    found: list[KnownFinding] | None
    try:
        found = [
            KnownFinding(*(each[name] for name in KnownFinding._fields))
            for each in document["findings"]
        ]
    except (KeyError, TypeError):
        found = None
    if found is None or not all(isinstance(text, str) for text in chain(*found)):
        raise OptionError(f"{path}: a finding in this baseline is incomplete; {again}")
    return found


def apply(run: Run, known: list[KnownFinding]) -> tuple[Run, list[KnownFinding]]:
    """A run with its known findings suppressed, and the known findings that are gone.

    A known finding is gone if its rule ran on its file and did not find it. If the run covered a
    whole folder, it is also gone if its file no longer exists or no longer contains a map.
    """
    waiting = {each.fingerprint: each for each in known}
    findings, suppressed = [], list(run.suppressed)
    for finding, mark in zip(run.findings, fingerprints(run.findings, run.root), strict=True):
        if waiting.pop(mark, None):
            finding.suppression = Suppression(SuppressionKind.BASELINE)
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
