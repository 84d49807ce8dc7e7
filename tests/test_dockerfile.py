"""The Dockerfile: linted, and what it does done by hand, as no engine is needed for that."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path, PurePosixPath

import judge
import need
import pytest

ROOT = Path(__file__).parent.parent
FIXTURE = ROOT / "fixtures" / "aws-auth.yaml"


def instructions() -> list[tuple[str, str]]:
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    pairs = [line.split(" ", 1) for line in lines if line and not line.startswith("#")]
    return [(name, rest) for name, rest in pairs]


def last(name: str) -> str:
    return [rest for found, rest in instructions() if found == name][-1]


def test_hadolint_has_nothing_against_it() -> None:
    tool = judge.program("hadolint")
    done = subprocess.run([tool, "--no-color", "Dockerfile"], cwd=ROOT, capture_output=True)
    assert (done.returncode, done.stdout) == (0, b"")


def test_runs_as_nobody_in_particular() -> None:
    user, group = last("USER").split(":")
    assert int(user) > 0
    assert int(group) > 0
    names = [name for name, _ in instructions()]
    assert names.index("USER") < names.index("ENTRYPOINT")
    assert "RUN" not in names[names.index("USER") :]


def test_runs_what_the_readme_says() -> None:
    shown = "".join(
        re.findall(r"^```sh\n(.*?)^```$", (ROOT / "README.md").read_text(), re.M | re.S)
    )
    commands = [rest for name, rest in instructions() if name == "RUN"]
    assert commands
    assert [command for command in commands if command not in shown] == []


@pytest.mark.long
def test_what_is_copied_is_enough(tmp_path: Path) -> None:
    """The build, step by step in a folder, and then the entry point on a mounted one."""
    source, work = tmp_path / "source", tmp_path / "work"
    source.mkdir()
    work.mkdir()
    for name, rest in instructions():
        if name == "COPY" and not rest.startswith("--from"):
            *copied, target = rest.split(" ")
            for each in copied:
                if (ROOT / each).is_dir():
                    hidden = shutil.ignore_patterns("__pycache__")
                    shutil.copytree(ROOT / each, source / target, ignore=hidden)
                else:
                    shutil.copy(ROOT / each, source / target)
        if name == "RUN":
            done = subprocess.run(["sh", "-c", rest], cwd=source, capture_output=True, text=True)
            if done.returncode:
                need.unavailable("docker", f"pip cannot install this version: {done.stderr}")
    found = re.findall(r"^!(\S+)", (ROOT / ".dockerignore").read_text(), re.M)
    assert {path.name for path in source.iterdir()} == {*found, ".venv"}

    path = re.match(r'PATH="(.*):\$PATH"$', last("ENV"))
    assert path
    programs = source / PurePosixPath(path[1]).relative_to("/opt/authmap")
    shutil.copy(FIXTURE, work)
    command = [*json.loads(last("ENTRYPOINT")), *json.loads(last("CMD"))]
    environment = {"PATH": f"{programs}{os.pathsep}/bin:/usr/bin"}
    done = subprocess.run(command, cwd=work, env=environment, capture_output=True, text=True)
    assert done.returncode == 1
    assert "aws-auth.yaml:16:17: error[AM101]" in done.stdout
