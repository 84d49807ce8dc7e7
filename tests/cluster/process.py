"""Child processes that end with the test run, no matter how it ends."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

# where build.py puts the programs it builds
BUILT = Path(sys.prefix) / "envtest"
STS_PYTHON = Path(sys.prefix) / "sts" / "bin" / "python"

FOLDERS = [
    os.environ.get("KUBEBUILDER_ASSETS", "/usr/local/kubebuilder/bin"),
    os.environ.get("PATH", ""),
    str(BUILT),
]


def binary(name: str) -> Path | None:
    """The path of a program, searched for where controller-runtime's envtest looks.

    https://book.kubebuilder.io/reference/envtest.html
    """
    found = shutil.which(name, path=os.pathsep.join(FOLDERS))
    return Path(found) if found else None


def free_port() -> int:
    """A port on loopback that was free a moment ago.

    It is below the range for outgoing connections (from 32768 on), so that none of them takes it
    before a server listens on it.
    """
    while True:
        port = secrets.choice(range(10000, 32768))
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


def wait_until(ready: Callable[[], bool], what: str) -> None:
    """Call `ready` until it returns True, for at most two minutes."""
    end = time.monotonic() + 120
    while not ready():
        if time.monotonic() > end:
            raise TimeoutError(f"waited in vain for {what}")
        time.sleep(0.01)


class Process:
    """A program that runs until `close`, but never longer than this process."""

    def __init__(
        self,
        name: str,
        command: list[str],
        folder: Path,
        environment: Mapping[str, str] = os.environ,
    ) -> None:
        self.name = name
        self.log = folder / f"{name}.log"
        with self.log.open("wb") as log:
            # its own session, so that Ctrl-C reaches only pytest, which ends the fixtures in order
            self.process = subprocess.Popen(
                command,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        # the pipe closes with this process, even if that is killed
        self.reaper = subprocess.Popen(
            ["sh", "-c", 'read _; kill -9 "$0"', str(self.process.pid)],
            stdin=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def wait_until(self, ready: Callable[[], bool]) -> Self:
        """Wait until `ready` returns True; if it never does, the error has the end of the log."""

        def still_running() -> bool:
            if self.process.poll() is not None:
                raise RuntimeError(f"{self.name} ended:\n{self.tail()}")
            return ready()

        try:
            wait_until(still_running, f"{self.name} to be ready")
        except TimeoutError as error:
            error.add_note(self.tail())
            raise
        return self

    def tail(self) -> str:
        """The end of the program's log."""
        return self.log.read_text(errors="replace")[-4000:]

    def close(self) -> None:
        """Kill the program, and wait for its end."""
        self.process.kill()
        self.process.wait()
        assert self.reaper.stdin
        self.reaper.kill()
        self.reaper.wait()
        self.reaper.stdin.close()
