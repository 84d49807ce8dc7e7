"""`authmap diff` in a git repository: revisions, `git difftool`, the check for pull requests."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from manifests import ADMIN, FARGATE, NODES, ROOT, STAFF, authmap, manifest, role

from authmap.cli.diff import diff

if TYPE_CHECKING:
    from pathlib import Path


class Repository:
    """A git repository with a map in `deploy/`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.map = folder / "deploy" / "aws-auth.yaml"
        self.map.parent.mkdir(parents=True)
        self.git("init", "-q", "-b", "main")
        self.commit(manifest(NODES, STAFF))

    def git(self, *arguments: str, **variables: str) -> str:
        identity = ["-c", "user.name=n", "-c", "user.email=n@example.com"]
        return subprocess.run(
            ["git", *identity, *arguments],
            cwd=self.folder,
            env={**os.environ, **variables},
            check=True,
            capture_output=True,
            text=True,
        ).stdout

    def commit(self, text: str | None = None) -> None:
        if text is not None:
            self.map.write_text(text)
        self.git("add", "--all")
        self.git("commit", "-q", "-m", "change")


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "repository")


def test_revisions(repository: Repository) -> None:
    repository.commit(manifest(STAFF))
    old, new = "HEAD~1:deploy/aws-auth.yaml", "HEAD:deploy/aws-auth.yaml"
    run = authmap("diff", old, new, cwd=repository.folder)
    assert run.returncode == 1
    assert f"at {old}:6\n" in run.stdout
    assert authmap("diff", new, old, cwd=repository.folder).returncode == 0
    deploy = repository.map.parent
    for name in ("HEAD~1:./aws-auth.yaml", "HEAD~1:../deploy/aws-auth.yaml", old,
                 "HEAD^{/change}~1:deploy/aws-auth.yaml"):  # fmt: skip
        run = authmap("diff", name, "aws-auth.yaml", cwd=deploy)
        assert run.returncode == 1, run.stderr
    piped = authmap("diff", "HEAD~1:./aws-auth.yaml", "-", cwd=deploy, stdin=manifest(NODES, STAFF))
    assert piped.returncode == 0
    run = authmap("diff", "-f", "github", old, new, cwd=deploy)
    assert run.stdout.startswith("::error file=deploy/aws-auth.yaml,line=1,")


def test_a_file_of_that_name(repository: Repository) -> None:
    name = "HEAD:deploy/aws-auth.yaml"
    literal = repository.folder / name
    literal.parent.mkdir()
    literal.write_text(manifest(STAFF))
    run = authmap("diff", name, "/dev/null", cwd=repository.folder)
    assert (run.returncode, run.stdout) == (2, "")
    assert f"`./{name}` for the first, or `HEAD^{{tree}}:deploy/aws-auth.yaml`" in run.stderr
    run = authmap("diff", f"./{name}", "/dev/null", cwd=repository.folder)
    assert "role/nodes" not in run.stdout
    assert "role/staff loses access" in run.stdout
    run = authmap("diff", "HEAD^{tree}:deploy/aws-auth.yaml", "/dev/null", cwd=repository.folder)
    assert "role/nodes loses access" in run.stdout
    repository.git("rm", "-q", "deploy/aws-auth.yaml")  # now only the file can be read
    repository.git("commit", "-q", "-m", "removed")
    run = authmap("diff", name, "/dev/null", cwd=repository.folder)
    assert (run.returncode, "role/staff loses access" in run.stdout) == (0, True), run.stderr


@pytest.mark.parametrize("decoy", [False, True])
def test_missing_object(repository: Repository, decoy: bool) -> None:
    """A partial clone, or a damaged one; a file of that name is no replacement."""
    name = "HEAD:deploy/aws-auth.yaml"
    blob = repository.git("rev-parse", name).strip()
    (repository.folder / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    if decoy:
        (repository.folder / "HEAD:deploy").mkdir()
        (repository.folder / name).write_text(manifest(STAFF))
    run = authmap("diff", name, "/dev/null", cwd=repository.folder)
    assert (run.returncode, run.stdout) == (2, "")
    assert f"{name}: cannot be read from git: object {blob} is missing" in run.stderr


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("none:deploy/aws-auth.yaml", "no git revision `none` in this repository"),
        ("--output=x:deploy/aws-auth.yaml", "no git revision `--output=x`"),
        ("HEAD:deploy/none.yaml", "no file `deploy/none.yaml` in revision `HEAD`; was it renamed?"),
        ("HEAD:deploy/*.yaml", "no file `deploy/*.yaml` in revision `HEAD`"),
        ("HEAD::(top)deploy/aws-auth.yaml", "no file `:(top)deploy/aws-auth.yaml` in revision"),
        ("HEAD:deploy", "is a directory, not a file"),
        ("HEAD:", "is a directory, not a file"),
        ("HEAD:./", "is a directory, not a file"),
        ("HEAD:deploy/link.yaml", "is a symbolic link, not a file"),
        ("HEAD:../aws-auth.yaml", "the path leads out of the repository"),
        ("HEAD:empty.yaml", "is empty; use /dev/null for an empty map"),
        (":deploy/aws-auth.yaml", "write it as in `HEAD:PATH`"),
        ("HEAD:deploy/\x1b[31m", "no file `deploy/\\x1b[31m`"),
    ],
)
def test_no_such_revision_or_file(repository: Repository, name: str, message: str) -> None:
    (repository.map.parent / "link.yaml").symlink_to("aws-auth.yaml")
    (repository.folder / "empty.yaml").touch()
    repository.commit()
    run = authmap("diff", "--", name, "deploy/aws-auth.yaml", cwd=repository.folder)
    assert (run.returncode, run.stdout) == (2, "")
    assert message in run.stderr
    assert not (repository.folder / "x").exists()


def test_hint_below_the_root(repository: Repository) -> None:
    run = authmap("diff", "HEAD:aws-auth.yaml", "aws-auth.yaml", cwd=repository.map.parent)
    assert run.returncode == 2
    assert "starts at the repository's root, or write `HEAD:./aws-auth.yaml`" in run.stderr


def test_without_git(repository: Repository) -> None:
    name = "HEAD:deploy/aws-auth.yaml"
    run = authmap("diff", name, "/dev/null", cwd=repository.folder, PATH="/nonexistent")
    assert (run.returncode, run.stdout) == (2, "")
    assert "git is not installed" in run.stderr


def test_no_filter_and_no_driver_runs(repository: Repository) -> None:
    """A repository's configuration cannot run programs through us, or change what is read."""
    (repository.folder / ".gitattributes").write_text("*.yaml filter=x diff=x\n")
    repository.commit()
    mark = repository.folder / "ran"
    for key in ("filter.x.smudge", "filter.x.clean", "diff.x.textconv", "diff.x.command"):
        repository.git("config", key, f"touch {mark}; cat")
    name = "HEAD:deploy/aws-auth.yaml"
    run = authmap("diff", name, "/dev/null", cwd=repository.folder)
    assert "role/nodes loses access" in run.stdout
    assert not mark.exists()


def test_difftool(repository: Repository) -> None:
    """git stops at the first file for which a tool fails, so `--exit-zero` never does."""
    tool, *others = re.findall(r"difftool -y -x '(.*?)'", f"{PAGE}{diff.__doc__}")
    assert others == [tool]
    (repository.folder / "-y.yaml").write_text(manifest(role("y", "y")))
    old = repository.folder / "old.yaml"
    old.write_text(manifest(ADMIN))
    (repository.folder / "odd.yaml").write_text(manifest(STAFF))
    repository.commit()
    old.unlink()
    (repository.folder / "new.yaml").write_text(manifest(FARGATE))
    (repository.folder / "odd.yaml").write_text("data: [\n")
    (repository.folder / "-y.yaml").write_text(manifest(role("z", "z")))
    repository.commit(manifest(STAFF))
    done = subprocess.run(
        ["git", "difftool", "-y", "--trust-exit-code", "-x",
         f"{sys.executable} -m {tool}", "HEAD~1"],  # or git would write both sides to other paths
        cwd=repository.folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "NO_COLOR": "1"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "role/nodes loses access" in done.stdout  # changed
    assert "role/admin loses access" in done.stdout  # removed
    assert "role/fargate can log in" in done.stdout  # added
    assert "role/y loses access" in done.stdout  # in a file that is named like an option
    assert "odd.yaml:1:7: cannot be read" in done.stderr


@pytest.mark.parametrize("old", ["HEAD:x.yaml", "/dev/null"])
def test_the_current_directory_is_gone(tmp_path: Path, old: str) -> None:
    folder = tmp_path / "gone"
    folder.mkdir()
    run = subprocess.run(
        ["sh", "-c", 'rmdir "$PWD"; exec "$@"', "sh", sys.executable, "-m", "authmap", "diff",
         old, "/dev/null"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (run.returncode, run.stdout) == (2, "")
    assert run.stderr == (
        "authmap: error: the current directory no longer exists; change to another directory\n"
    )


PAGE = (ROOT / "docs" / "diff.md").read_text()


@pytest.fixture
def check(repository: Repository, tmp_path: Path) -> Any:
    """Run the documented check of a pull request, and return its exit code and output."""
    [script] = re.findall(r"^```bash\n(.*?)^```$", PAGE, re.M | re.S)
    (tmp_path / "check.sh").write_text(script)
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "authmap").write_text(f'#!/bin/sh\nexec {sys.executable} -m authmap "$@"\n')
    (programs / "authmap").chmod(0o755)
    bash = shutil.which("bash")
    assert bash

    def run(path: str = "deploy/aws-auth.yaml", *, folder: str = "") -> tuple[int, str]:
        done = subprocess.run(
            [bash, str(tmp_path / "check.sh"), "main", path],
            cwd=repository.folder / folder,
            env={
                **os.environ,
                "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
                "PYTHONPATH": str(ROOT),
            },
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr

    repository.git("switch", "-q", "-c", "topic")
    return run


def test_pull_request_check(repository: Repository, check: Any) -> None:
    repository.commit(manifest(NODES, STAFF.replace("staff:", "s:")))
    code, shown = check()
    assert (code, "::warning file=deploy/aws-auth.yaml,line=9" in shown) == (0, True), shown
    # renamed, and the nodes' entry gone
    repository.git("mv", "deploy/aws-auth.yaml", "deploy/map with a space.yaml")
    repository.map = repository.map.with_name("map with a space.yaml")
    repository.commit(manifest(STAFF))
    code, shown = check("deploy/map with a space.yaml")
    assert code == 1, shown
    assert "role/nodes loses access" in shown
    # what happens on main meanwhile is not this branch's doing
    repository.git("switch", "-q", "main")
    repository.map = repository.folder / "deploy" / "aws-auth.yaml"
    repository.commit(manifest(NODES, STAFF, FARGATE))
    repository.git("switch", "-q", "topic")
    code, shown = check("deploy/map with a space.yaml")
    assert "fargate" not in shown


def test_pull_request_check_of_a_new_file(repository: Repository, check: Any) -> None:
    (repository.folder / "new.yaml").write_text(manifest(role("x", "x", "y")))
    repository.commit()
    code, shown = check("new.yaml")
    assert (code, "role/x can log in as `x`" in shown) == (0, True), shown
    (repository.folder / "new.yaml").write_text(manifest(ADMIN))
    repository.commit()
    assert check("new.yaml")[0] == 1


def test_pull_request_check_of_a_removed_file(repository: Repository, check: Any) -> None:
    repository.map.unlink()
    repository.commit()
    code, shown = check()
    assert (code, "role/nodes loses access" in shown) == (1, True), shown


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("deploy/aws-auht.yaml", "deploy/aws-auht.yaml is neither in HEAD nor in "),
        ("aws-auth.yaml", "is neither in HEAD nor in "),  # the wrong directory
        ("deploy/*.yaml", "is neither in HEAD nor in "),
        ("deploy", "deploy is not a file in HEAD"),
        ("deploy/", "deploy/ is not a file in HEAD"),
        ("deploy/.", "deploy/. is not a file in HEAD"),
        ("link.yaml", "link.yaml is not a file in HEAD"),
    ],
)
def test_pull_request_check_of_no_file(
    repository: Repository, check: Any, path: str, message: str
) -> None:
    (repository.folder / "link.yaml").symlink_to("deploy/aws-auth.yaml")
    repository.commit(manifest(STAFF))
    code, shown = check(path)
    assert (code, message in shown) == (2, True), shown


@pytest.mark.parametrize(
    ("path", "folder"),
    [
        ("./deploy//aws-auth.yaml", ""),
        ("deploy/../deploy/aws-auth.yaml", ""),
        ("aws-auth.yaml", "deploy"),
        ("../deploy/aws-auth.yaml", "deploy"),
        ("../deploy/aws-auth.yaml", "other"),
        ("{root}/deploy/aws-auth.yaml", "deploy"),
    ],
)
def test_pull_request_check_of_a_path(
    repository: Repository, check: Any, path: str, folder: str
) -> None:
    (repository.folder / "other").mkdir()
    repository.commit(manifest(STAFF))
    code, shown = check(path.format(root=repository.folder), folder=folder)
    assert (code, "::error file=deploy/aws-auth.yaml,line=1" in shown) == (1, True), shown


@pytest.mark.parametrize("renamed", [False, True])
def test_pull_request_check_without_the_old_object(
    repository: Repository, check: Any, renamed: bool
) -> None:
    """A map that git cannot read is not an empty one, to which nobody loses access."""
    blob = repository.git("rev-parse", "main:deploy/aws-auth.yaml").strip()
    name = "deploy/aws-auth.yaml"
    if renamed:
        repository.git("mv", name, name := "deploy/renamed.yaml")
        repository.map = repository.folder / name
    repository.commit(manifest(STAFF))
    (repository.folder / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    code, shown = check(name)
    assert code > 1, shown
    assert blob in shown


def test_pull_request_check_with_a_file_that_is_named_like_the_revision(
    repository: Repository, check: Any
) -> None:
    decoy = repository.folder / f"{repository.git('rev-parse', 'main').strip()}:deploy"
    decoy.mkdir()
    (decoy / "aws-auth.yaml").write_text(manifest(STAFF))
    repository.commit(manifest(STAFF))
    code, shown = check()
    assert (code, "role/nodes loses access" in shown) == (1, True), shown


def test_pull_request_check_finds_a_rename_among_many(repository: Repository, check: Any) -> None:
    """Also where the limit of rename detection, which is lowered here, would skip it."""
    repository.git("config", "diff.renameLimit", "1")
    for number in range(3):
        (repository.folder / f"{number}.yaml").write_text(f"{number}\n")
    repository.git("mv", "deploy/aws-auth.yaml", "deploy/renamed.yaml")
    repository.map = repository.map.with_name("renamed.yaml")
    repository.commit(manifest(STAFF))
    code, shown = check("deploy/renamed.yaml")
    assert (code, "role/nodes loses access" in shown) == (1, True), shown


def test_pull_request_check_of_odd_names(repository: Repository, check: Any) -> None:
    for name in ("-y.yaml", ":(top)x.yaml", "HEAD:x.yaml", " spaces and\ttabs .yaml"):
        (repository.folder / name).write_text(manifest(NODES))
    repository.git("switch", "-q", "main")
    repository.commit()
    repository.git("switch", "-q", "-C", "topic")
    for name in ("-y.yaml", ":(top)x.yaml", "HEAD:x.yaml", " spaces and\ttabs .yaml"):
        (repository.folder / name).write_text(manifest(STAFF))
        repository.commit()
        code, shown = check(name)
        assert (code, "role/nodes loses access" in shown) == (1, True), shown
