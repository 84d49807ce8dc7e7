"""`fix --diff` and what takes it: the real git and the real patch."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from command import authmap
from need import unavailable

ROOT = Path(__file__).parent.parent
BEFORE = (ROOT / "fixtures" / "AM101" / "bad.yaml").read_bytes()
TOOLS = (["git", "apply"], ["patch", "-p0", "--batch"])


def run(command: list[str], cwd: Path, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    # without a ceiling, git would look for a repository above the test's folder
    environment = {**os.environ, "GIT_CEILING_DIRECTORIES": "/"}
    return subprocess.run(
        command, input=given, capture_output=True, cwd=cwd, env=environment, check=False
    )


def diff_of(name: str, cwd: Path) -> tuple[bytes, str]:
    done = authmap("fix", "--diff", name, cwd=cwd)
    assert done.returncode == 1
    return done.stdout.encode(), done.stderr


def changed(top: Path) -> list[str]:
    found = [path for path in top.rglob("*.yaml") if path.read_bytes() != BEFORE]
    return sorted(path.relative_to(top).as_posix() for path in found)


@pytest.fixture(params=[True, False], ids=["repository", "folder"])
def top(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """A folder with files of one name and content wherever a tool may look for one."""
    top = tmp_path / "top"
    for inner in (".", "sub", "sub/sub", "sub/top", "top", "b c"):
        (top / inner).mkdir(exist_ok=True, parents=True)
        (top / inner / "a.yaml").write_bytes(BEFORE)
    mirrored = Path(f"{top}/sub{top}")
    mirrored.mkdir(parents=True)
    (mirrored / "a.yaml").write_bytes(BEFORE)
    if request.param:
        run(["git", "init", "--quiet"], top)
    return top


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool[0])
@pytest.mark.parametrize(
    ("cwd", "name", "meant"),
    [
        (".", "a.yaml", "a.yaml"), (".", "sub/a.yaml", "sub/a.yaml"),
        (".", "b c/a.yaml", "b c/a.yaml"), ("sub", "a.yaml", "sub/a.yaml"),
        ("sub", "../sub/a.yaml", "sub/a.yaml"), ("sub", "{top}/sub/a.yaml", "sub/a.yaml"),
        ("sub", "link/a.yaml", "sub/top/a.yaml"),
    ],
)  # fmt: skip
def test_diff_applies(top: Path, tool: list[str], cwd: str, name: str, meant: str) -> None:
    need(tool)
    (top / "sub" / "link").symlink_to(top / "sub" / "top")
    diff, said = diff_of(name.format(top=top), top / cwd)
    done = run(tool, top / cwd, diff)
    assert (done.returncode, done.stderr) == (0, b"")
    assert changed(top) == [meant]
    assert "run authmap in" not in said


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool[0])
@pytest.mark.parametrize("name", ["../a.yaml", "{top}/a.yaml", "../b c/a.yaml", "link.yaml"])
def test_diff_of_a_file_outside_applies_to_no_other(top: Path, tool: list[str], name: str) -> None:
    need(tool)
    (top / "sub" / "link.yaml").symlink_to(top / "a.yaml")
    diff, said = diff_of(name.format(top=top), top / "sub")
    for cwd in (".", "sub", "sub/sub", "sub/top"):
        assert run(tool, top / cwd, diff).returncode != 0
    assert changed(top) == []
    assert f"run authmap in {top} for" in said


def test_diff_of_files_inside_and_outside(top: Path) -> None:
    need(["git"])
    diff, said = diff_of("..", top / "sub")
    assert run(["git", "apply"], top / "sub", diff).returncode != 0
    assert changed(top) == []  # all of it or nothing
    assert "../a.yaml and " in said


def test_diff_of_what_is_called_as_the_folder_itself(top: Path) -> None:
    """In `sub`, git would take `sub/a.yaml` for the file in `sub` rather than in `sub/sub`."""
    need(["git"])
    diff, said = diff_of("sub/a.yaml", top / "sub")
    taken = run(["git", "apply"], top / "sub", diff).returncode == 0
    assert changed(top) == ["sub/sub/a.yaml"] * taken
    assert taken != (f"run authmap in {top} for" in said)


def need(tool: list[str]) -> None:
    if shutil.which(tool[0]) is None:
        unavailable(tool[0], f"there is no {tool[0]} here")
