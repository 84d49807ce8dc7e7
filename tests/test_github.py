"""Workflow commands: read back as GitHub's runner reads them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

import hostile
import pytest
from manifests import authmap
from styles import literal, manifest

from authmap.api import lint
from authmap.linting.run import Run, brief
from authmap.render.github import LEVELS, command, render
from authmap.syntax.printable import safe, without_commands

if TYPE_CHECKING:
    from pathlib import Path

ENTRY = "- rolearn: arn:aws:iam::111111111111:role/r{0}\n  username: u{0}\n  groups: [{1}]\n"


class Command(NamedTuple):
    name: str
    properties: dict[str, str]
    message: str


def runner(output: str) -> list[Command]:
    """What the runner makes of a step's output (`ActionCommand.TryParseV2`)."""
    found = []
    for line in re.split("\r\n|\r|\n", output.removesuffix("\n")):
        head, separator, data = line.lstrip()[2:].partition("::")
        assert line.startswith("::")
        assert separator, "so it would be a command of the older form"
        name, _, properties = head.partition(" ")
        pairs = dict(pair.split("=", 1) for pair in properties.split(",") if pair)
        for escape, meant in (
            ("%0D", "\r"),
            ("%0A", "\n"),
            ("%3A", ":"),
            ("%2C", ","),
            ("%25", "%"),
        ):
            pairs = {key: value.replace(escape, meant) for key, value in pairs.items()}
            if meant not in ":,":
                data = data.replace(escape, meant)
        found.append(Command(name, pairs, data))
    return found


@pytest.mark.parametrize("case", hostile.CASES)
def test_the_runner_reads_what_was_meant(case: str) -> None:
    run = hostile.run(case)
    _, path = hostile.CASES[case]
    found = runner(render(run))
    error, *rest = [each for each in found if each.name == "error"]
    failed = without_commands(brief(": ".join(run.errors[0])))
    assert error == Command("error", {"title": "authmap"}, failed)
    assert {each.name for each in found} <= set(LEVELS.values())
    meant = [f for f in run.findings if str(f.severity) == "error"]
    for each, finding in zip(rest, meant, strict=False):
        place = finding.source.place(finding.span[0])
        assert each.properties["file"] == without_commands(safe(path))
        assert each.properties["line"] == str(place.line)
        assert each.properties["title"] == f"{finding.rule.code} {finding.rule.name}"
        whole = f"{brief(finding.message)}\n{brief(finding.advice)}"
        assert each.message == without_commands(whole)[:4096]


def test_columns() -> None:
    text = "- rolearn: arn:aws:iam::111111111111:role/staff\n  username: stäff\n"
    report = lint(manifest(literal(text)), path="./a.yaml")
    first = runner(render(Run(report.findings, [], [], 1, 1)))[0]
    assert first.properties == {
        "file": "a.yaml",
        "line": "9",
        "endLine": "9",
        "col": "17",
        "endColumn": "22",
        "title": "AM101 missing-session-name",
    }


def levels(entries: int, group: str) -> dict[str, int]:
    text = "".join(ENTRY.format(number, group) for number in range(entries))
    report = lint(manifest(literal(text)))
    found = runner(render(Run(report.findings, [], [], 1, 1)))
    *_, last = found
    names = [each.name for each in found]
    shown = {level: names.count(level) for level in LEVELS.values()}
    more = re.match(r"(\d+) more findings; ", last.message)
    counted = len(names) - 1 + int(more[1]) if more else len(names)
    assert counted == len(report.findings)
    return shown


def test_no_more_than_github_shows_and_the_rest_counted() -> None:
    assert levels(10, "system:masters") == {"error": 10, "warning": 10, "notice": 10}
    assert levels(11, "system:masters") == {"error": 10, "warning": 10, "notice": 10}
    assert levels(11, "g") == {"error": 10, "warning": 10, "notice": 1}


def test_what_failed_comes_before_findings() -> None:
    text = "".join(ENTRY.format(number, "g") for number in range(20))
    report = lint(manifest(literal(text)))
    run = Run(report.findings, [], [("a.yaml", "does not exist")], 1, 1)
    assert runner(render(run))[0].message == "a.yaml: does not exist"


def test_no_command_inside_a_command() -> None:
    line = command("error", "a##[debug]b", file="##[x]", title="###[y]")
    assert line == r"::error file=#\x23[x],title=##\x23[y]::a#\x23[debug]b" + "\n"


def test_no_command_in_the_log_of_a_job(tmp_path: Path) -> None:
    """Reports and messages are changed for it, but not the documents that `fix` prints."""
    entry = ENTRY.format(0, '"g##[error]"')
    (tmp_path / "##[debug].yaml").write_bytes(manifest(literal(entry)))
    for output_format in ("text", "concise", "github"):
        run = authmap(
            "lint", "-f", output_format, "##[debug].yaml", cwd=tmp_path, GITHUB_ACTIONS="true"
        )
        assert r"#\x23[" in run.stdout
        assert "##[" not in run.stdout + run.stderr
    run = authmap("fix", "##[debug].yaml", cwd=tmp_path, GITHUB_ACTIONS="true")
    assert "##[" not in run.stderr
    assert "##[error]" in run.stdout
    for command_name in ("show", "resolve arn:aws:iam::111111111111:role/none"):
        run = authmap(*command_name.split(), "##[debug].yaml", cwd=tmp_path, GITHUB_ACTIONS="true")
        assert "##[" not in run.stdout + run.stderr


def test_a_message_is_as_long_as_the_runner_takes() -> None:
    assert runner(command("error", "%" * 5000)) == [Command("error", {}, "%" * 4096)]
