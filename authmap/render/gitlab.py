"""The gitlab format: a Code Quality report for merge requests.

https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from authmap.linting.fingerprint import fingerprints, relative
from authmap.linting.run import brief
from authmap.model.severity import Severity
from authmap.syntax.printable import safe

if TYPE_CHECKING:
    from authmap.linting.run import Run

SEVERITIES = {Severity.ERROR: "critical", Severity.WARNING: "major", Severity.NOTE: "info"}


def render(run: Run) -> str:
    """The report as JSON text."""
    return json.dumps(document(run), indent=2) + "\n"


def document(run: Run) -> list[dict[str, Any]]:
    """The report as plain values."""
    found = []
    prints = fingerprints(run.findings, run.root)
    for finding, mark in zip(run.findings, prints, strict=True):
        first, last = map(finding.source.place, finding.span)
        found.append(
            {
                "description": f"{brief(finding.message)}: {brief(finding.advice)}",
                "check_name": finding.rule.code,
                "fingerprint": mark,
                "severity": SEVERITIES[finding.severity],
                "location": {
                    "path": safe(relative(finding.source.path, run.root)),
                    "lines": {"begin": first.line, "end": last.line},
                },
            }
        )
    return found
