"""The hooks, run by the real pre-commit from a clone of this repository."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import judge
import need
import pytest

ROOT = Path(__file__).parent.parent
BAD = ROOT / "fixtures" / "AM101" / "bad.yaml"


def git(*arguments: str, cwd: Path) -> str:
    identity = ["-c", "user.name=test", "-c", "user.email=test@example.com"]
    command = ["git", *identity, "-c", "commit.gpgsign=false", *arguments]
    done = subprocess.run(command, cwd=cwd, check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.fixture(scope="module")
def hooks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone of what is in the work tree, as pre-commit takes it."""
    judge.program("pre-commit")
    if not (ROOT / ".git").exists():
        need.unavailable("pre-commit", "this is no git checkout, which the hooks are cloned from")
    clone = tmp_path_factory.mktemp("hooks") / "authmap"
    names = git("ls-files", "-z", "--cached", "--others", "--exclude-standard", cwd=ROOT)
    for name in filter(None, names.split("\0")):
        if (ROOT / name).is_file():
            (clone / name).parent.mkdir(parents=True, exist_ok=True)
            (clone / name).write_bytes((ROOT / name).read_bytes())
    git("init", "-q", cwd=clone)
    git("add", "-A", cwd=clone)
    git("commit", "-qm", "as it is", cwd=clone)
    return clone


def pre_commit(hook: str, hooks: Path, repository: Path) -> subprocess.CompletedProcess[str]:
    home = hooks.parent / "home"
    return subprocess.run(
        [judge.program("pre-commit"), "run", hook, "--all-files", "--verbose"],
        cwd=repository,
        env={**os.environ, "PRE_COMMIT_HOME": str(home), "NO_COLOR": "1"},
        capture_output=True,
        text=True,
    )


@pytest.mark.long
def test_hooks(hooks: Path, tmp_path: Path) -> None:
    revision = git("rev-parse", "HEAD", cwd=hooks)
    (tmp_path / ".pre-commit-config.yaml").write_text(
        f"repos:\n- repo: {hooks}\n  rev: {revision}\n"
        "  hooks: [{id: authmap}, {id: authmap-fix}]\n"
    )
    manifest = tmp_path / "aws-auth.yaml"
    manifest.write_bytes(BAD.read_bytes())
    (tmp_path / "other.yaml").write_text("kind: Service\n")
    git("init", "-q", cwd=tmp_path)
    git("add", "-A", cwd=tmp_path)

    linted = pre_commit("authmap", hooks, tmp_path)
    assert linted.returncode == 1, linted.stdout + linted.stderr
    assert "error[AM101]" in linted.stdout
    assert "other.yaml" not in linted.stdout

    fixed = pre_commit("authmap-fix", hooks, tmp_path)
    assert fixed.returncode == 1, fixed.stdout + fixed.stderr
    assert "files were modified by this hook" in fixed.stdout
    assert manifest.read_bytes() != BAD.read_bytes()

    git("add", "-A", cwd=tmp_path)
    assert pre_commit("authmap-fix", hooks, tmp_path).returncode == 0
    assert "AM101" not in pre_commit("authmap", hooks, tmp_path).stdout
