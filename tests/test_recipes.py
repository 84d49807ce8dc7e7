"""The recipes of docs/ci.md: valid where they are to be used, and their commands run."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import judge
import pytest
from ruamel.yaml import YAML

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "ci.md").read_text()
ACTION = YAML(typ="safe").load(ROOT / "action.yml")


def recipe(heading: str, page: str = PAGE) -> str:
    section = page.partition(f"\n## {heading}\n")[2]
    [found, *_] = re.findall(r"^```yaml\n(.*?)^```$", section, re.M | re.S)
    return str(found)


@pytest.mark.parametrize(
    ("page", "heading", "schema"),
    [
        ("ci.md", "GitHub", "github-workflows"),
        ("ci.md", "GitLab", "gitlab-ci"),
        ("diff.md", "A check for pull requests", "github-workflows"),
    ],
)
def test_valid_by_the_schema(page: str, heading: str, schema: str, tmp_path: Path) -> None:
    tool = judge.program("check-jsonschema")
    text = (ROOT / "docs" / page).read_text()
    (tmp_path / "recipe.yaml").write_text(recipe(heading, text))
    command = [tool, "--builtin-schema", f"vendor.{schema}", "recipe.yaml"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_gitlab_s_commands_make_the_reports(tmp_path: Path) -> None:
    job = YAML(typ="safe").load(recipe("GitLab"))["aws-auth"]
    install, *commands = job["script"]
    assert install == "pip install -q authmap"
    shutil.copy(ROOT / "fixtures" / "aws-auth.yaml", tmp_path)
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "authmap").write_text(f'#!/bin/sh\nexec {sys.executable} -m authmap "$@"\n')
    (programs / "authmap").chmod(0o755)
    path = f"{programs}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT)}
    codes = [
        subprocess.run(["sh", "-c", command], cwd=tmp_path, env=environment).returncode
        for command in commands
    ]
    assert codes == [0, 1]  # the last one fails the job
    reports = job["artifacts"]["reports"]
    found = json.loads((tmp_path / reports["codequality"]).read_bytes())
    assert {each["location"]["path"] for each in found} == {"aws-auth.yaml"}
    suites = ET.parse(tmp_path / reports["junit"]).getroot()  # noqa: S314 - made here
    assert [suite.attrib["name"] for suite in suites] == ["aws-auth.yaml"]


def test_every_input_of_the_action_is_told() -> None:
    assert [name for name in ACTION["inputs"] if f"* `{name}`: " not in PAGE] == []


def test_every_format_is_told() -> None:
    from authmap.cli.options import FORMATS

    assert re.findall(r"^\| `(\w+)` \|", PAGE, re.M) == list(FORMATS)
