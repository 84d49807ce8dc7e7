"""What `--help` says: the examples are run, and completion knows every command."""

from __future__ import annotations

import inspect
import os
import re
import shutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from authmap.cli import COMMANDS

ROOT = Path(__file__).parent.parent
FIXTURE = ROOT / "fixtures" / "aws-auth.yaml"

PROGRAM = f"""\
#!{sys.executable}
import sys
sys.argv[0] = "authmap"
from authmap.__main__ import main
main()
"""


def examples(command: str) -> list[str]:
    text = inspect.cleandoc(getattr(import_module(f"authmap.cli.{command}"), command).__doc__)
    _, found, tried = text.partition("\nTry:\n")
    assert found, f"{command} has no examples"
    return re.findall(r"^    (\S.*)$", tried, re.M)


def needs_cluster(example: str) -> bool:
    return bool(re.search(r"\bkubectl\b|--context\b", example))


def change_in_git(path: Path) -> None:
    """Commit a file in a repository of its own, and change it."""
    identity = ["-c", "user.name=n", "-c", "user.email=n@example.com"]
    for command in (["init", "-q", "-b", "main"], ["add", "."], ["commit", "-q", "-m", "change"]):
        subprocess.run(["git", *identity, *command], cwd=path.parent, check=True)
    path.write_text(path.read_text().replace("username: staff", "username: crew"))


EXAMPLES = [each for name in COMMANDS for each in examples(name)]


@pytest.fixture(scope="session")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """In which `authmap` is this one."""
    folder = tmp_path_factory.mktemp("bin")
    (folder / "authmap").write_text(PROGRAM)
    (folder / "authmap").chmod(0o755)
    path = f"{folder}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT), "COLUMNS": "80"}


@pytest.mark.parametrize("example", [each for each in EXAMPLES if not needs_cluster(each)])
def test_example(example: str, tmp_path: Path, environment: dict[str, str]) -> None:
    folder = tmp_path / "manifests" if "manifests/" in example else tmp_path
    folder.mkdir(exist_ok=True)
    shutil.copy(FIXTURE, folder / "aws-auth.yaml")
    if re.search(r"HEAD:|^git ", example):
        change_in_git(folder / "aws-auth.yaml")
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", example],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode in (0, 1), done.stderr
    assert "error: " not in done.stderr
    if "--write " in example:
        assert "role:{{AccountID}}:staff:{{SessionName}}" in (folder / "aws-auth.yaml").read_text()
    elif "--output-file" in example:
        assert "AM101" in (tmp_path / example.split()[-1]).read_text()
    else:
        assert done.stdout
    if "resolve" in example:
        assert "is mapped by" in done.stdout


@pytest.mark.parametrize("command", COMMANDS)
def test_help_shows_the_examples_as_they_are(command: str, environment: dict[str, str]) -> None:
    done = subprocess.run(
        ["authmap", command, "--help"], env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0
    lines = [line.strip() for line in done.stdout.splitlines()]
    assert [example for example in examples(command) if example not in lines] == []
    assert max(map(len, examples(command))) <= 80


COMPLETE = """\
eval "$(_AUTHMAP_COMPLETE=source_bash authmap)"
COMP_WORDS=({words}) COMP_CWORD={number}
_authmap_completion authmap
echo "${{COMPREPLY[@]}}"
"""


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (["authmap", ""], set(COMMANDS)),
        (["authmap", "res"], {"resolve"}),
        (["authmap", "lint", "--f"], {"--format", "--fail-on"}),
        (["authmap", "fix", "--wr"], {"--write"}),
    ],
)
def test_completion(words: list[str], offered: set[str], environment: dict[str, str]) -> None:
    """As bash asks for it; only the command that is called is loaded otherwise."""
    quoted = " ".join(f'"{word}"' for word in words)
    script = COMPLETE.format(words=quoted, number=len(words) - 1)
    done = subprocess.run(
        ["bash", "-c", script], env=environment, capture_output=True, text=True, check=True
    )
    assert set(done.stdout.split()) == offered
    assert done.stderr == ""


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "powershell"])
def test_completion_is_shown_for_every_shell(shell: str, environment: dict[str, str]) -> None:
    asked = {**environment, "_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"}
    done = subprocess.run(
        ["authmap", "--show-completion", shell], env=asked, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert "_AUTHMAP_COMPLETE" in done.stdout
