"""The sarif format: SARIF 2.1.0 for code scanning and editors.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html; the parts that GitHub supports:
https://docs.github.com/en/code-security/reference/code-scanning/sarif-files/sarif-support

Every report describes every rule, so that an upload without results closes the alerts of earlier
uploads. Braces in messages are not doubled, although the standard requires it: no viewer undoes
that in a message without arguments, and `{{SessionName}}` must be readable.
"""

from __future__ import annotations

import json
import re
from pathlib import PurePath
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from authmap.fixing.edits import try_edits
from authmap.linting.fingerprint import fingerprints, relative
from authmap.linting.run import brief
from authmap.model.rule import URL
from authmap.rules.registry import all_rules
from authmap.version import __version__

if TYPE_CHECKING:
    from authmap.linting.run import Run
    from authmap.model.finding import Finding, Fix
    from authmap.model.rule import Rule
    from authmap.syntax.source import Source

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
ROOT = "%SRCROOT%"
HOME = URL.partition("/blob/")[0]


def render(run: Run) -> str:
    """The report as JSON text."""
    return json.dumps(document(run), indent=2) + "\n"


def document(run: Run) -> dict[str, Any]:
    """The report as plain values."""
    rules = list(all_rules().values())
    numbers = {rule.code: number for number, rule in enumerate(rules)}
    prints = fingerprints(run.shown, run.root)
    results = [
        {
            "ruleId": finding.rule.code,
            "ruleIndex": numbers[finding.rule.code],
            **_result(finding, run.root),
            "partialFingerprints": {"authmap/v1": mark},
            **({"suppressions": _suppressions(finding)} if run.show_suppressed else {}),
        }
        for finding, mark in zip(run.shown, prints, strict=True)
    ]
    driver = {
        "name": "authmap",
        "version": __version__,
        "semanticVersion": __version__,
        "informationUri": HOME,
        "rules": [_rule(rule) for rule in rules],
    }
    base = {"description": {"text": "the root of the repository, or the directory of the run"}}
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": driver},
                "invocations": [_invocation(run)],
                "originalUriBaseIds": {ROOT: base},
                "columnKind": "unicodeCodePoints",
                "results": results,
            }
        ],
    }


def _rule(rule: Rule) -> dict[str, Any]:
    why = rule.page.partition("## Why it matters\n")[2].partition("\n## ")[0]
    return {
        "id": rule.code,
        "name": "".join(map(str.capitalize, rule.name.split("-"))),
        "shortDescription": {"text": rule.summary},
        "fullDescription": {"text": " ".join(why.split())},
        "help": {"text": rule.page, "markdown": rule.page},
        "helpUri": rule.url,
        "defaultConfiguration": {"level": str(rule.severity), "enabled": rule.default},
        "properties": {"tags": ["security"]},
    }


def _invocation(run: Run) -> dict[str, Any]:
    problems = [("error", *each) for each in run.errors] + [("note", *each) for each in run.skipped]
    notifications: list[dict[str, Any]] = [
        {
            "level": level,
            "message": {"text": brief(f"{path}: {message}")},
            "locations": [{"physicalLocation": {"artifactLocation": _artifact(path, run.root)}}],
        }
        for level, path, message in problems
    ]
    if run.unchecked and run.maps:
        text = brief(run.skipped_rules)
        notifications.append({"level": "note", "message": {"text": text}})
    return {
        "executionSuccessful": not run.errors,
        "exitCode": run.exit_code(),
        "toolExecutionNotifications": notifications,
    }


def _result(finding: Finding, root: str) -> dict[str, Any]:
    source, entry = finding.source, finding.entry
    location: dict[str, Any] = {
        "physicalLocation": {
            "artifactLocation": _artifact(source.path, root),
            "region": _region(source, *finding.span),
        }
    }
    if entry:
        place = f"{entry.section.name}[{entry.index}]"
        location["logicalLocations"] = [{"fullyQualifiedName": place, "kind": "object"}]
    result = {
        "level": str(finding.severity),  # SARIF has the same three words
        "message": {"text": _plain(f"{brief(finding.message)}\n{brief(finding.advice)}")},
        "locations": [location],
    }
    fix = _fix(finding.fix, root) if finding.fix and not finding.suppression else None
    return {**result, "fixes": [fix]} if fix else result


def _suppressions(finding: Finding) -> list[dict[str, str]]:
    """The suppressions of a result; in a run, all results have them or none (section 3.27.23)."""
    if finding.suppression is None:
        return []
    kind, reason, _ = finding.suppression
    where = {"kind": "external" if kind == "baseline" else "inSource"}
    return [where | ({"justification": brief(reason)} if reason else {})]


def _plain(text: str) -> str:
    """Text without links: brackets of SARIF's link syntax `[text](target)` are escaped."""
    return re.sub(r"[\\\[\]]", r"\\\g<0>", text) if "](" in text else text


def _fix(fix: Fix, root: str) -> dict[str, Any] | None:
    """A fix; None if it is held back."""
    edits, held_back = try_edits(fix)
    if held_back is not None:
        return None
    values = ", ".join(f"`{brief(change.value)}`" for change in fix.changes if change.value)
    what = f"write {values}" if values else "remove it"
    warning = "" if fix.safe else "; could change who has access"
    replacements = [
        {
            "deletedRegion": _region(edit.source, edit.start, edit.end),
            "insertedContent": {"text": edit.content},
        }
        for edit in edits
    ]
    file = _artifact(edits[0].source.path, root)
    return {
        "description": {"text": _plain(what + warning)},
        "artifactChanges": [{"artifactLocation": file, "replacements": replacements}],
        "properties": {"applicability": "safe" if fix.safe else "unsafe"},
    }


def _artifact(path: str, root: str) -> dict[str, str]:
    """The location of a file: relative to the root, or absolute if it is outside the root."""
    name = relative(path, root)
    if PurePath(name).is_absolute():
        return {"uri": PurePath(name).as_uri()}
    return {"uri": quote(name.encode(errors="surrogateescape")), "uriBaseId": ROOT}


def _region(source: Source, start: int, end: int) -> dict[str, int]:
    first, last = source.place(start), source.place(end)
    return {
        "startLine": first.line,
        "startColumn": first.column,
        "endLine": last.line,
        "endColumn": last.column,
    }
