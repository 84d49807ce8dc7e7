"""The json format, described by `authmap schema report`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from authmap.fixing.edits import try_edits
from authmap.version import __version__

if TYPE_CHECKING:
    from authmap.linting.run import Run
    from authmap.model.finding import Finding, Fix, Suppression
    from authmap.syntax.source import Source

VERSION = 1


def render(run: Run) -> str:
    """The report as JSON text."""
    return json.dumps(document(run), indent=2, ensure_ascii=True) + "\n"


def document(run: Run) -> dict[str, Any]:
    """The report as plain values."""
    return {
        "version": VERSION,
        "tool": {"name": "authmap", "version": __version__},
        "findings": [_finding(finding) for finding in run.findings],
        "suppressed": [_finding(finding) for finding in run.shown[len(run.findings) :]],
        "skipped": [{"path": path, "reason": reason} for path, reason in run.skipped],
        "unchecked": run.unchecked,
        "errors": [{"path": path, "message": message} for path, message in run.errors],
        "summary": {
            "files": run.files,
            "maps": run.maps,
            "kubeconfigs": run.kubeconfigs,
            "findings": len(run.findings),
            "by_severity": run.counts(),
            "fixable": run.fixable(),
            "suppressed": len(run.suppressed),
            "errors": len(run.errors),
        },
    }


def _finding(finding: Finding) -> dict[str, Any]:
    entry = finding.entry
    return {
        "code": finding.rule.code,
        "name": finding.rule.name,
        "severity": str(finding.severity),
        "message": finding.message,
        "help": finding.advice,
        "url": finding.rule.url,
        "path": finding.source.path,
        **_places(finding.source, *finding.span),
        "entry": entry
        and {
            "section": entry.section.name,
            "index": entry.index,
            "arn": entry.arn,
            "username": entry.username,
        },
        "fix": finding.fix and _fix(finding.fix, finding.source),
        "suppression": finding.suppression and _suppression(finding.suppression),
    }


def _suppression(suppression: Suppression) -> dict[str, Any]:
    kind, reason, at = suppression
    place = at and at.layer.source.place(at.layer.span(at.start, at.end)[0])
    return {"kind": kind, "reason": reason, "line": place and place.line}


def _places(source: Source, start: int, end: int) -> dict[str, int]:
    first, last = source.place(start), source.place(end)
    return {
        "line": first.line,
        "column": first.column,
        "end_line": last.line,
        "end_column": last.column,
    }


def _fix(fix: Fix, source: Source) -> dict[str, Any]:
    edits, held_back = try_edits(fix)
    return {
        "applicability": "safe" if fix.safe else "unsafe",
        "held_back": held_back,
        "edits": [
            {
                "start": source.byte(edit.start),
                "end": source.byte(edit.end),
                **_places(source, edit.start, edit.end),
                "content": edit.content,
            }
            for edit in edits
        ],
    }
