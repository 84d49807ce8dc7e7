"""What tests run in forked processes is what a new interpreter does."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import warnings
from functools import partial
from typing import TYPE_CHECKING

import pytest
from command import ROOT, Running, authmap

if TYPE_CHECKING:
    from pathlib import Path

FIXTURE = ROOT / "fixtures" / "aws-auth.yaml"
CALLS: dict[str, tuple[list[str], bytes]] = {
    "findings": (["lint", "-f", "json", str(FIXTURE)], b""),
    "diff": (["fix", "--diff", str(FIXTURE)], b""),
    "standard input": (["fix", "--write", "--unsafe-fixes", "-"], FIXTURE.read_bytes()),
    "more than a pipe holds": (["fix", "-"], FIXTURE.read_bytes() + b"#" * 100_000),
    "no UTF-8": (["lint", "-"], b"\xff"),
    "no such file": (["lint", "none\x1b.yaml"], b""),
    "no such rule": (["rule", "AM999"], b""),
    "configuration": (["config"], b""),
}


@pytest.mark.parametrize("name", CALLS)
def test_same_as_in_a_new_interpreter(name: str, tmp_path: Path) -> None:
    arguments, given = CALLS[name]
    (tmp_path / "authmap.toml").write_text('fail-on = "error"\n')
    environment = os.environ | {"NO_COLOR": "1", "XDG_STATE_HOME": str(tmp_path)}
    real = subprocess.run(
        [sys.executable, "-m", "authmap", *arguments],
        cwd=tmp_path, env=environment, input=given, capture_output=True, check=False,
    )  # fmt: skip
    done = authmap(*arguments, cwd=tmp_path, env=environment, stdin=given)
    assert (done.returncode, done.stdout.encode(), done.stderr.encode()) == (
        real.returncode,
        real.stdout,
        real.stderr,
    )


def test_closed_standard_input() -> None:
    assert "standard input is closed" in authmap("lint", "-", stdin=None).stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_signal_reaches_the_process(tmp_path: Path, number: signal.Signals) -> None:
    """Once it is what a fresh process is: before that, the server's handlers are in place."""
    ready = tmp_path / "ready"
    running = Running("--version", before=partial(_wait, ready))
    while not ready.exists():
        time.sleep(0.01)
    running.send(number)
    assert running.end().returncode == -number


def _wait(ready: Path) -> None:
    ready.touch()
    while True:
        signal.pause()


def test_a_warning_is_an_error() -> None:
    assert Running("--version", before=_warn).end().returncode == 1


def _warn() -> None:
    warnings.warn("deprecated", DeprecationWarning, stacklevel=1)
