"""SARIF: valid by the published schema, read by others' tools, and true to the findings."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import hostile
import judge
import need
import pytest
from jsonschema import Draft202012Validator
from styles import literal, manifest

from authmap.api import fix, lint
from authmap.linting.fingerprint import fingerprints
from authmap.linting.run import Run
from authmap.model.finding import Suppression, SuppressionKind
from authmap.model.options import RunOptions
from authmap.render.json import document as json_document
from authmap.render.sarif import document
from authmap.rules.registry import all_rules

ROOT = Path(__file__).parent.parent
SCHEMA = json.loads((Path(__file__).parent / "schemas" / "sarif-2.1.0.json").read_bytes())
VALIDATOR = Draft202012Validator(SCHEMA)
FIXTURES = sorted((ROOT / "fixtures").rglob("bad*.yaml"))
SOME = ("lines", "surrogate", "link", "path with blanks", "nothing")
EMPTY = Run([], [], [], 0, 0)


def only_run(run: Run) -> dict[str, Any]:
    log = document(run)
    VALIDATOR.validate(log)
    [found] = log["runs"]
    return dict(found)


@pytest.mark.parametrize("case", hostile.CASES)
def test_valid_by_the_schema(case: str) -> None:
    run = hostile.run(case)
    found = only_run(run)
    assert [each["ruleId"] for each in found["results"]] == [f.rule.code for f in run.findings]
    assert found["invocations"][0]["executionSuccessful"] is False  # one file is missing
    assert found["invocations"][0]["exitCode"] == 2


def test_schema_would_tell() -> None:
    log = document(hostile.run("lines"))
    del log["runs"][0]["results"][0]["message"]["text"]
    log["runs"][0]["tool"]["driver"]["rule"] = []
    assert len(list(VALIDATOR.iter_errors(log))) == 2


def test_nothing_found_names_the_tool_and_every_rule() -> None:
    """What code scanning needs to close the alerts of the last upload."""
    found = only_run(EMPTY)
    assert found["results"] == []
    assert found["invocations"][0] == {
        "executionSuccessful": True,
        "exitCode": 0,
        "toolExecutionNotifications": [],
    }
    driver = found["tool"]["driver"]
    assert driver["name"] == "authmap"
    assert [rule["id"] for rule in driver["rules"]] == list(all_rules())
    for rule in driver["rules"]:
        known = all_rules()[rule["id"]]
        assert rule["help"]["markdown"] == known.page
        assert rule["helpUri"] == known.url
        assert rule["defaultConfiguration"]["level"] == str(known.severity)
        assert 0 < len(rule["fullDescription"]["text"]) <= 1024  # what GitHub takes
        assert 0 < len(rule["shortDescription"]["text"]) <= 1024


def test_rules_that_could_not_run_are_told() -> None:
    found = only_run(EMPTY._replace(maps=1, unchecked="no bindings are known"))
    [note] = found["invocations"][0]["toolExecutionNotifications"]
    assert (note["level"], note["message"]["text"]) == (
        "note",
        "RBAC rules (AM401, AM402, AM403) skipped: no bindings are known",
    )


def test_a_result_points_at_the_finding() -> None:
    text = "# é\n- rolearn: arn:aws:iam::111111111111:role/staff\n  username: stäff\n"
    report = lint(manifest(literal(text)), path="./a/../b/aws-auth.yaml")
    found = only_run(Run(report.findings, [], [], 1, 1))
    first = found["results"][0]
    assert first["ruleId"] == "AM101"
    assert found["tool"]["driver"]["rules"][first["ruleIndex"]]["id"] == "AM101"
    assert first["level"] == "error"
    assert "shows up as `stäff` in the audit log" in first["message"]["text"]
    place = first["locations"][0]
    assert place["physicalLocation"] == {
        "artifactLocation": {"uri": "b/aws-auth.yaml", "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": 10, "startColumn": 17, "endLine": 10, "endColumn": 22},
    }
    assert place["logicalLocations"][0]["fullyQualifiedName"] == "mapRoles[0]"
    marks = [each["partialFingerprints"]["authmap/v1"] for each in found["results"]]
    assert marks == fingerprints(report.findings)


def test_suppressed_results_are_told_from_others() -> None:
    text = (
        "- rolearn: arn:aws:iam::111111111111:role/staff\n"
        "  username: staff  # authmap: ignore[AM102] one user\n"
        "  groups: [g]\n"
    )
    report = lint(manifest(literal(text)))
    known = lint(manifest(literal(text.replace("staff", "old")))).findings[0]
    assert known.fix
    known.suppression = Suppression(SuppressionKind.BASELINE)
    run = Run(report.findings, [], [], 1, 1, suppressed=[*report.suppressed, known])
    hidden = only_run(run)["results"]
    assert [result["ruleId"] for result in hidden] == ["AM101"]
    assert "suppressions" not in hidden[0]

    shown = only_run(run._replace(show_suppressed=True))["results"]
    assert [(result["ruleId"], result["suppressions"]) for result in shown] == [
        ("AM101", []),
        ("AM102", [{"kind": "inSource", "justification": "one user"}]),
        ("AM101", [{"kind": "external"}]),
    ]
    assert ["fixes" in result for result in shown] == [True, False, False]
    assert shown[0]["partialFingerprints"] == hidden[0]["partialFingerprints"]


@pytest.mark.parametrize("case", hostile.PATHS)
def test_paths_are_relative_references(case: str) -> None:
    _, path = hostile.CASES[case]
    for result in only_run(hostile.run(case))["results"]:
        artifact = result["locations"][0]["physicalLocation"]["artifactLocation"]
        assert artifact["uriBaseId"] == "%SRCROOT%"
        uri = artifact["uri"]
        assert uri.isascii()
        assert not set(uri) & set(" :?#[]\n'\"<>")
        assert unquote(uri, errors="surrogateescape") == path


def test_path_outside_of_the_root_is_absolute(tmp_path: Path) -> None:
    run = hostile.run_of(hostile.manifest("a"), str(tmp_path / "a b.yaml"), str(tmp_path / "repo"))
    artifact = only_run(run)["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]
    assert artifact == {"uri": f"{tmp_path.as_uri()}/a%20b.yaml"}


def test_message_has_no_links_of_the_map_s_making() -> None:
    run = hostile.run("link")
    texts = [result["message"]["text"] for result in only_run(run)["results"]]
    assert any(r"\[a\](http://b)" in text for text in texts)
    assert not any("[a](" in text for text in texts)
    assert any(
        "{{SessionName}}" in result["message"]["text"] for result in only_run(run)["results"]
    )


def replaced(text: str, replacements: list[dict[str, Any]]) -> str:
    """A text with the replacements made as an editor makes them."""
    lines = text.split("\n")
    starts = [sum(len(line) + 1 for line in lines[:number]) for number in range(len(lines) + 1)]
    for each in sorted(replacements, key=lambda r: -starts[r["deletedRegion"]["startLine"] - 1]):
        region = each["deletedRegion"]
        start = starts[region["startLine"] - 1] + region["startColumn"] - 1
        end = starts[region["endLine"] - 1] + region["endColumn"] - 1
        text = text[:start] + each["insertedContent"]["text"] + text[end:]
    return text


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_fixes_are_those_of_the_json_report(path: Path) -> None:
    """Which are held to what `authmap fix` makes of the file."""
    report = lint(path.read_bytes(), path=path.name, options=RunOptions(select=(path.parent.name,)))
    run = Run(report.findings, [], [], 1, 1)
    reported = [finding["fix"] for finding in json_document(run)["findings"]]
    for result, own in zip(only_run(run)["results"], reported, strict=True):
        if own is None or own["held_back"] is not None:
            assert "fixes" not in result
            continue
        [offered] = result["fixes"]
        assert offered["properties"]["applicability"] == own["applicability"]
        warned = "could change who has access" in offered["description"]["text"]
        assert warned is (own["applicability"] == "unsafe")
        [change] = offered["artifactChanges"]
        places = ("line", "column", "end_line", "end_column")
        assert [
            (*each["deletedRegion"].values(), each["insertedContent"]["text"])
            for each in change["replacements"]
        ] == [(*(edit[place] for place in places), edit["content"]) for edit in own["edits"]]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_an_editor_can_make_the_fixes(end: str) -> None:
    data = (ROOT / "fixtures" / "aws-auth.yaml").read_text().replace("\n", end)
    options = RunOptions(select=("AM101", "AM201"), unsafe_fixes=True)
    report = lint(data.encode(), options=options)
    results = only_run(Run(report.findings, [], [], 1, 1))["results"]
    changes = [c for r in results for f in r["fixes"] for c in f["artifactChanges"]]
    replacements = [each for change in changes for each in change["replacements"]]
    assert len(replacements) == 2
    assert replaced(data, replacements).encode() == fix(data.encode(), options=options).output


def test_read_by_sarif_tools(tmp_path: Path) -> None:
    tool = judge.program("sarif")
    run = hostile.run_of((ROOT / "fixtures" / "aws-auth.yaml").read_bytes())
    (tmp_path / "authmap.sarif").write_text(json.dumps(document(run)))
    command = [tool, "csv", "authmap.sarif", "-o", "report.csv"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    rows = (tmp_path / "report.csv").read_text()
    assert rows.count("authmap,error,AM101,") == 1
    assert "aws-auth.yaml,16" in rows


@pytest.mark.parametrize("kind", ["Sarif", "Ghas"])
def test_valid_by_microsoft_s_tool(kind: str, tmp_path: Path) -> None:
    """By the standard's rules, and by those of GitHub Advanced Security."""
    tool = shutil.which("sarif-multitool")
    if tool is None:
        need.unavailable("sarif-multitool", "npm install -g @microsoft/sarif-multitool runs it")
    for number, run in enumerate([EMPTY, *map(hostile.run, SOME)]):
        (tmp_path / f"{number}.sarif").write_text(json.dumps(document(run)))
    broken = document(hostile.run("lines"))
    broken["runs"][0]["results"][0]["ruleIndex"] = 999
    broken["runs"][0]["tool"]["driver"]["rules"][0].pop("help")
    (tmp_path / "broken.sarif").write_text(json.dumps(broken))
    command: list[str | Path] = [
        tool,
        "validate",
        *sorted(tmp_path.glob("*.sarif")),
        "-o",
        "judged.json",
    ]
    subprocess.run([*command, "--rule-kind", kind], cwd=tmp_path, capture_output=True, check=True)
    [judged] = json.loads((tmp_path / "judged.json").read_bytes())["runs"]
    assert judged["invocations"][0]["executionSuccessful"]
    found = [
        (result["ruleId"], Path(place["physicalLocation"]["artifactLocation"]["uri"]).name)
        for result in judged["results"]
        for place in result["locations"]
    ]
    assert found == [({"Sarif": "SARIF1009", "Ghas": "GH2012"}[kind], "broken.sarif")]
