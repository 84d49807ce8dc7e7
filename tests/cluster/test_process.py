"""No process is left after a test run, no matter how it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from cluster.process import Process, wait_until

PROGRAM = """
import sys
from pathlib import Path
from cluster.process import Process

child = Process("sleep", ["sleep", "600"], Path(sys.argv[1]))
print(child.process.pid, flush=True)
sys.stdin.read()
"""


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{pid}/stat")  # a zombie without a parent counts as dead
    return not state.exists() or state.read_text().rpartition(")")[2].split()[0] != "Z"


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_children_end_with_a_killed_parent(tmp_path: Path, end: signal.Signals) -> None:
    command = [sys.executable, "-c", PROGRAM, str(tmp_path)]
    path = {"PYTHONPATH": str(Path(__file__).parents[1])}
    with subprocess.Popen(
        command,
        env=os.environ | path,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as parent:
        assert parent.stdout
        child = int(parent.stdout.readline())
        assert alive(child)
        parent.send_signal(end)
        parent.wait()
    wait_until(lambda: not alive(child), "the child to end")


def test_program_that_ends_at_once_is_reported(tmp_path: Path) -> None:
    child = Process("sh", ["sh", "-c", "echo no such flag >&2; exit 1"], tmp_path)
    with pytest.raises(RuntimeError, match="no such flag"):
        child.wait_until(lambda: False)
    child.close()
