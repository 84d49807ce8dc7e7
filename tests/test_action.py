"""The GitHub Action: its steps run by bash, as the runner runs those of a composite action."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import judge
import need
import pytest
from ruamel.yaml import YAML

ROOT = Path(__file__).parent.parent
ACTION: dict[str, Any] = YAML(typ="safe").load(ROOT / "action.yml")
FIXTURE = ROOT / "fixtures" / "aws-auth.yaml"
DEFAULTS = {name: str(given["default"]) for name, given in ACTION["inputs"].items()}


class Runner:
    """A job's runner: its environment, and what its steps have put out."""

    def __init__(self, temp: Path, workspace: Path, **inputs: str) -> None:
        self.temp = temp
        self.workspace = workspace
        self.inputs = {**DEFAULTS, **inputs}
        self.outputs: dict[str, dict[str, str]] = {"python": {"python-path": sys.executable}}
        self.used: list[tuple[str, dict[str, str]]] = []
        self.log = ""

    def value(self, expression: str) -> str:
        context, *keys = expression.strip().split(".")
        if context == "inputs":
            return self.inputs[keys[0]]
        assert context == "steps"
        return self.outputs[keys[0]][keys[2]]

    def filled(self, text: object) -> str:
        return re.sub(r"\$\{\{(.*?)\}\}", lambda found: self.value(found[1]), str(text))

    def holds(self, condition: str) -> bool:
        """Of the form `a == 'b' && c < 2`."""
        for part in condition.split(" && "):
            name, operator, other = part.split(" ")
            left = self.value(name)
            if not (left == other.strip("'") if operator == "==" else int(left) < int(other)):
                return False
        return True

    def run(self, steps: list[dict[str, Any]]) -> int:
        """The exit code of the first step that fails, or 0."""
        for step in steps:
            if "if" in step and not self.holds(step["if"]):
                continue
            if "uses" in step:
                given = {name: self.filled(value) for name, value in step["with"].items()}
                self.used.append((step["uses"], given))
                continue
            output = self.temp / "output"
            output.write_text("")
            script = self.temp / "step.sh"
            script.write_text(step["run"])
            assert "${{" not in step["run"], "what comes from outside comes as a variable"
            environment = {
                **{name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
                **{name: self.filled(value) for name, value in step.get("env", {}).items()},
                "GITHUB_ACTION_PATH": str(ROOT),
                "GITHUB_OUTPUT": str(output),
                "GITHUB_WORKSPACE": str(self.workspace),
                "RUNNER_TEMP": str(self.temp),
            }
            assert step["shell"] == "bash"
            done = subprocess.run(
                ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)],
                cwd=self.workspace,
                env=environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                check=False,
            )
            self.log += done.stdout
            if "id" in step:
                lines = output.read_text().splitlines()
                self.outputs[step["id"]] = dict(line.split("=", 1) for line in lines)
            if done.returncode:
                return done.returncode
        return 0


STEPS: list[dict[str, Any]] = ACTION["runs"]["steps"]
INSTALL, CHECK = STEPS[:2], STEPS[2:]


@pytest.fixture(scope="module")
def temp(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The runner's folder, in which the action has installed this version."""
    folder = tmp_path_factory.mktemp("runner")
    workspace = folder / "workspace"
    workspace.mkdir()
    (workspace / "venv.py").write_text("raise SystemExit('the repository was run')\n")
    runner = Runner(folder, workspace)
    if runner.run(INSTALL):
        assert "the repository was run" not in runner.log
        need.unavailable("action", f"pip cannot install this version: {runner.log}")
    assert (folder / "authmap" / "bin" / "authmap").exists()
    return folder


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A repository with a map, and a module that must not be run."""
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    (tmp_path / "typer.py").write_text("raise SystemExit('the repository was run')\n")
    (tmp_path / "manifests").mkdir()
    shutil.copy(FIXTURE, tmp_path / "manifests" / "aws auth.yaml")
    return tmp_path


def uploaded(runner: Runner) -> dict[str, Any]:
    [(action, given)] = runner.used
    assert action.startswith("github/codeql-action/upload-sarif@")
    assert given["sarif_file"] == runner.outputs["lint"]["sarif-file"]
    [found] = json.loads(Path(given["sarif_file"]).read_bytes())["runs"]
    return dict(found)


def test_findings_are_uploaded_and_fail_the_job(temp: Path, workspace: Path) -> None:
    runner = Runner(temp, workspace)
    assert runner.run(CHECK) == 1
    results = uploaded(runner)["results"]
    places = [result["locations"][0]["physicalLocation"]["artifactLocation"] for result in results]
    assert {place["uri"] for place in places} == {"manifests/aws%20auth.yaml"}
    assert "::error file=manifests/aws auth.yaml,line=16," in runner.log
    assert "1 aws-auth map in " in runner.log
    assert sorted(path.name for path in workspace.iterdir()) == [".git", "manifests", "typer.py"]


def test_nothing_found_is_uploaded_too(temp: Path, workspace: Path) -> None:
    (workspace / "manifests" / "aws auth.yaml").unlink()
    runner = Runner(temp, workspace)
    assert runner.run(CHECK) == 0
    found = uploaded(runner)
    assert found["results"] == []
    assert found["tool"]["driver"]["rules"]


def test_a_run_that_failed_is_not_uploaded(temp: Path, workspace: Path) -> None:
    runner = Runner(temp, workspace, paths="manifests\nmissing.yaml\n")
    assert runner.run(CHECK) == 2
    assert runner.used == []
    assert "::error title=authmap::missing.yaml: does not exist" in runner.log


def test_inputs(temp: Path, workspace: Path) -> None:
    options = "--select\nAM101\n\n--fail-on\nnever\n"
    paths = "manifests/aws auth.yaml\n"
    runner = Runner(temp, workspace, paths=paths, options=options, **{"upload-sarif": "false"})
    assert runner.run(CHECK) == 0
    assert runner.used == []
    found = json.loads(Path(runner.outputs["lint"]["sarif-file"]).read_bytes())
    assert [each["ruleId"] for each in found["runs"][0]["results"]] == ["AM101"]


@pytest.mark.parametrize("hostile", ["--output-file=x", "$(touch x)", "`touch x`", '"; touch x; "'])
def test_paths_are_words_and_nothing_else(hostile: str, temp: Path, workspace: Path) -> None:
    runner = Runner(temp, workspace, paths=hostile)
    assert runner.run(CHECK) == 2
    assert not (workspace / "x").exists()


def test_valid_by_the_schema_of_actions() -> None:
    tool = judge.program("check-jsonschema")
    command = [tool, "--builtin-schema", "vendor.github-actions", "action.yml"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
