"""What holds for every format: one line where lines count, the same bytes in every run."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import command
import hostile
import pytest
from styles import literal, manifest

from authmap.cli.console import render
from authmap.cli.options import FORMATS

ROOT = Path(__file__).parent.parent
FIXTURE = ROOT / "fixtures" / "aws-auth.yaml"
GOOD = (
    "- rolearn: arn:aws:iam::111111111111:role/a\n  username: 'a:{{AccountID}}:{{SessionName}}'\n"
)


def lint(*arguments: str | Path, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return command.authmap("lint", *arguments, cwd=cwd)


@pytest.mark.parametrize("case", hostile.CASES)
@pytest.mark.parametrize("output_format", FORMATS)
def test_nothing_acts_on_a_terminal(output_format: str, case: str) -> None:
    run = hostile.run(case)
    rendered = render(run, output_format)
    acting = [c for c in rendered if not c.isprintable() and c != "\n"]
    assert acting == []  # nor are there lone surrogates, or what XML does not take
    if output_format != "json":  # which is not for people and leaves nothing out
        assert len(rendered) < 300_000 + len(render(run._replace(findings=[]), output_format))


@pytest.mark.parametrize("case", hostile.CASES)
def test_concise_is_a_line_a_finding(case: str) -> None:
    run = hostile.run(case)
    assert len(render(run, "concise").splitlines()) == len(run.findings)


HASHES = """
import hashlib, sys
from authmap.cli.options import FORMATS
from authmap.cli.console import render
from hostile import run_of
from styles import literal, manifest

entry = "- rolearn: arn:aws:iam::111111111111:role/r{0}\\n  username: u{0}\\n  groups: [g]\\n"
run = run_of(manifest(literal("".join(map(entry.format, range(500))))))
assert len(run.findings) == 1000, len(run.findings)
for format in FORMATS:
    for _ in range(2):
        print(format, hashlib.sha256(render(run, format).encode()).hexdigest())
"""


@pytest.mark.long
def test_same_bytes_in_every_run() -> None:
    said = set()
    for seed in "0123":
        environment = command.unmeasured()
        environment |= {"PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'tests'}"}
        environment |= {"PYTHONHASHSEED": seed}
        program = [sys.executable, "-c", HASHES]
        said.add(subprocess.run(program, env=environment, capture_output=True, check=True).stdout)
    assert len(said) == 1
    lines = said.pop().decode().splitlines()
    assert lines[::2] == lines[1::2]
    assert len(set(lines)) == len(FORMATS)


@pytest.mark.parametrize("output_format", FORMATS)
def test_exit_code_is_the_same(output_format: str, tmp_path: Path) -> None:
    good = tmp_path / "good.yaml"
    good.write_bytes(manifest(literal(GOOD)))
    for expected, arguments in {
        0: [good],
        1: [FIXTURE],
        2: [FIXTURE, tmp_path / "missing"],
    }.items():
        done = lint("-f", output_format, *arguments)
        assert done.returncode == expected, (arguments, done.stderr)
    assert lint("-f", output_format, "--fail-on", "never", FIXTURE).returncode == 0


@pytest.mark.parametrize("output_format", FORMATS)
def test_output_file(output_format: str, tmp_path: Path) -> None:
    printed = lint("-f", output_format, FIXTURE)
    written = lint("-f", output_format, "--output-file", tmp_path / "report", FIXTURE)
    assert (tmp_path / "report").read_bytes().decode() == printed.stdout
    assert (written.stdout, written.returncode) == ("", printed.returncode)
    assert "1 aws-auth map in 1 file; the report is in " in written.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["report"]


def test_output_file_is_replaced_whole_and_keeps_its_mode(tmp_path: Path) -> None:
    report = tmp_path / "report"
    os.umask(umask := os.umask(0))
    lint("--output-file", report, FIXTURE)
    assert report.stat().st_mode & 0o777 == 0o666 & ~umask
    report.write_text("x" * 100_000)
    report.chmod(0o640)
    (tmp_path / "link").symlink_to("report")
    with report.open() as opened:
        lint("--output-file", tmp_path / "link", FIXTURE)
        assert opened.read() == "x" * 100_000  # whoever reads it meanwhile sees one or the other
    assert report.read_bytes().decode() == lint(FIXTURE).stdout
    assert report.stat().st_mode & 0o777 == 0o640
    assert (tmp_path / "link").is_symlink()


def test_output_file_that_is_a_pipe() -> None:
    assert lint("--output-file", "/dev/stdout", FIXTURE).stdout == lint(FIXTURE).stdout


def test_output_file_is_never_an_input(tmp_path: Path) -> None:
    manifest_file = tmp_path / "aws-auth.yaml"
    manifest_file.write_bytes(FIXTURE.read_bytes())
    (tmp_path / "link").symlink_to("aws-auth.yaml")
    (tmp_path / "rbac.yaml").write_text("kind: RoleBinding\n")
    (tmp_path / "authmap.toml").write_text('fail-on = "error"\n')
    lint("--write-baseline", "known.json", cwd=tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    for output, *arguments in (
        ["./aws-auth.yaml", "aws-auth.yaml"],
        ["link", "."],
        ["rbac.yaml", "--rbac", "rbac.yaml"],
        ["authmap.toml"],
        ["known.json", "--baseline", "known.json"],
    ):
        done = lint("--output-file", output, *arguments, cwd=tmp_path)
        assert done.returncode == 2
        assert "is one of the files that were read: choose another" in done.stderr
        assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


@pytest.mark.parametrize("output", ["missing/report", "folder", ""])
def test_output_file_that_cannot_be_written(output: str, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    done = lint("--output-file", output, FIXTURE, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith("authmap: error: ")
    assert len(done.stderr.splitlines()) == 1
    assert [path.name for path in tmp_path.rglob("*")] == ["folder"]


@pytest.mark.parametrize("option", ["--output-file", "--write-baseline"])
@pytest.mark.parametrize("arguments", [[], ["."]])
def test_output_file_that_is_a_directory(option: str, arguments: list[str], tmp_path: Path) -> None:
    done = lint(option, ".", *arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr == "authmap: error: . is a directory: choose a file to write to\n"


def test_statistics(tmp_path: Path) -> None:
    entry = "- rolearn: arn:aws:iam::111111111111:role/{0}\n  username: u{0}\n  groups: [{1}]\n"
    text = entry.format("a", "g") + entry.format("b", "system:masters")
    (tmp_path / "aws-auth.yaml").write_bytes(manifest(literal(text)))
    done = lint("--statistics", "aws-auth.yaml", cwd=tmp_path)
    assert done.stderr.splitlines() == [
        "     2 AM101 missing-session-name",
        "     2 AM102 missing-account-id",
        "     1 AM301 cluster-admin",
    ]
    assert done.stdout == lint("aws-auth.yaml", cwd=tmp_path).stdout


@pytest.mark.parametrize("output_format", [each for each in FORMATS if each != "text"])
def test_silence_is_explained(output_format: str, tmp_path: Path) -> None:
    (tmp_path / "good.yaml").write_bytes(manifest(literal(GOOD)))
    done = lint("-f", output_format, "--ignore", "AM4", cwd=tmp_path)
    assert (
        done.stderr
        == "authmap: no findings: 1 aws-auth map in 1 file below the current directory\n"
    )
    assert lint("-f", output_format, "-q", cwd=tmp_path).stderr == ""


def test_a_run_says_what_it_looked_at(tmp_path: Path) -> None:
    def said(*arguments: str) -> str:
        done = lint("--ignore", "AM4", *arguments, cwd=tmp_path)
        assert done.returncode == 0
        return done.stdout

    assert said() == "nothing to check: no aws-auth map in 0 files below the current directory\n"
    (tmp_path / "a.txt").write_text("kind: ConfigMap\n")
    (tmp_path / "b.yaml").write_text("kind: Service\n")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "c.json").write_text("{}")
    assert said() == "nothing to check: no aws-auth map in 2 files below the current directory\n"
    assert said("b.yaml", "a.txt") == "nothing to check: no aws-auth map in 2 files\n"
    (tmp_path / "folder" / "d.yaml").write_bytes(manifest(literal(GOOD)))
    assert said() == "no findings: 1 aws-auth map in 3 files below the current directory\n"
    assert said("folder") == "no findings: 1 aws-auth map in 2 files\n"
