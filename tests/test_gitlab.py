"""GitLab's Code Quality report."""

from __future__ import annotations

import json
from pathlib import Path

import hostile
import pytest
from jsonschema import Draft202012Validator

from authmap.linting.fingerprint import fingerprints
from authmap.linting.run import Run
from authmap.render.gitlab import document, render
from authmap.syntax.printable import safe

SCHEMA = json.loads((Path(__file__).parent / "schemas" / "gitlab-code-quality.json").read_bytes())


@pytest.mark.parametrize("case", hostile.CASES)
def test_valid_and_complete(case: str) -> None:
    run = hostile.run(case)
    found = json.loads(render(run))
    Draft202012Validator(SCHEMA).validate(found)
    assert [each["check_name"] for each in found] == [f.rule.code for f in run.findings]
    for each, finding in zip(found, run.findings, strict=True):
        assert each["location"]["path"] == safe(hostile.CASES[case][1])
        line = finding.source.place(finding.span[0]).line
        assert each["location"]["lines"]["begin"] == line
        assert "\n" not in each["description"]


def test_fingerprints_are_unique() -> None:
    """GitLab shows one issue of those that share a fingerprint."""
    run = hostile.run("lines")
    found = [each["fingerprint"] for each in document(run)]
    assert len(set(found)) == len(found)
    assert found == fingerprints(run.findings)


def test_severities() -> None:
    found = {
        each["severity"] for case in ("markup", "megabyte") for each in document(hostile.run(case))
    }
    assert {"critical", "major"} <= found


def test_nothing_found_is_an_empty_list() -> None:
    assert json.loads(render(Run([], [], [], 1, 1))) == []
