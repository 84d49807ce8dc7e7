"""Credential plugins that ask on the terminal: as with kubectl, and announced if they ask again."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cluster.process import binary
from cluster.run import environment, on_terminal, within
from cluster.server import AWS_AUTH
from cluster.ways_in import EDITOR, plugin, printed, write

if TYPE_CHECKING:
    from cluster.server import Cluster

MAP = (Path(__file__).parents[2] / "fixtures" / "aws-auth.yaml").read_bytes()
LINT = ("lint", "--context=prod", "--select=AM001")
APPLY = ("fix", "--apply", "--context=prod", "--fail-on=never")
KUBECTL = ("--context=prod", "get", "--raw", AWS_AUTH)
ASKS = f"""
print("code [y/N]: ", file=sys.stderr, end="", flush=True)
if sys.stdin.readline() != "1234\\n":
    sys.exit("wrong code")
{printed(token=EDITOR)}
"""
NOTES = """
interactive = json.loads(os.environ["KUBERNETES_EXEC_INFO"])["spec"]["interactive"]
print(interactive, sys.stdin.isatty(), file=open("asked", "w"))
"""


@pytest.fixture
def cluster(cluster: Cluster) -> Cluster:
    cluster.create_map(MAP)
    return cluster


def with_input_from_terminal(kubeconfig: Path, command: list[str]) -> int:
    """Run a command whose standard input is a terminal, and whose messages go to a pipe."""
    ours, theirs = pty.openpty()
    try:
        return subprocess.run(
            command,
            cwd=kubeconfig.parent,
            env=environment(kubeconfig),
            stdin=theirs,
            capture_output=True,
            check=False,
            timeout=120,
        ).returncode
    finally:
        os.close(ours)
        os.close(theirs)


@pytest.mark.parametrize("mode", ["Never", "IfAvailable", "Always"])
def test_the_terminal_is_offered_as_by_kubectl(cluster: Cluster, tmp_path: Path, mode: str) -> None:
    user = plugin(tmp_path, NOTES + printed(token=EDITOR), interactiveMode=mode)
    config = write(cluster, tmp_path, user)
    offered = []
    for command in ([str(binary("kubectl")), *KUBECTL], [sys.executable, "-m", "authmap", *LINT]):
        assert with_input_from_terminal(config, command) == 0
        offered.append((tmp_path / "asked").read_text())
    assert offered[0] == offered[1] == ("False False\n" if mode == "Never" else "True True\n")


@pytest.mark.parametrize("mode", ["IfAvailable", "Always"])
def test_a_plugin_that_asks_again_is_announced(cluster: Cluster, tmp_path: Path, mode: str) -> None:
    config = write(cluster, tmp_path, plugin(tmp_path, ASKS, interactiveMode=mode))
    code, shown = on_terminal(config, *APPLY, answers=["1234", "y", "1234", "1234"])
    assert code == 0, shown
    first, *again = shown.split("code [y/N]: ")
    assert "logging in again" not in first
    assert len(again) == 3
    for why, before in zip(("for the write", "to confirm the change"), again, strict=False):
        assert before.endswith(
            f"authmap: context:prod: logging in again {why}: the credential plugin `./plugin` "
            "may ask you again\n"
        )


def test_a_created_map_is_confirmed_with_an_announced_login(
    cluster: Cluster, tmp_path: Path
) -> None:
    script = ASKS.replace(EDITOR, "secret-token-of-admin")
    config = write(cluster, tmp_path, plugin(tmp_path, script, interactiveMode="Always"))
    answers = ["1234", "y", "1234", "1234"]
    assert on_terminal(config, *APPLY, answers=answers)[0] == 0
    cluster.delete_map()
    code, shown = on_terminal(config, "rollback", "--context=prod", answers=answers)
    assert code == 0, shown
    assert shown.count("logging in again for the write: ") == 1
    assert shown.count("logging in again to confirm the change: ") == 1


@pytest.mark.parametrize("mode", ["Never", "IfAvailable"])
def test_a_plugin_that_cannot_ask_is_not_announced(
    cluster: Cluster, tmp_path: Path, mode: str
) -> None:
    config = write(cluster, tmp_path, plugin(tmp_path, printed(token=EDITOR), interactiveMode=mode))
    run = within(config, *APPLY, "--yes")
    assert run.returncode == 0, run.stderr
    assert "logging in again" not in run.stderr
