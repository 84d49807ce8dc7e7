"""Child processes that end with the test run, however it ends."""

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

# where build.py puts what it makes
BUILT = Path(sys.prefix) / "envtest"
STS_PYTHON = Path(sys.prefix) / "sts" / "bin" / "python"

FOLDERS = [
    os.environ.get("KUBEBUILDER_ASSETS", "/usr/local/kubebuilder/bin"),
    os.environ.get("PATH", ""),
    str(BUILT),
]


def binary(name: str) -> Path | None:
    """A program, sought where controller-runtime's envtest seeks it.

    https://book.kubebuilder.io/reference/envtest.html
    """
    found = shutil.which(name, path=os.pathsep.join(FOLDERS))
    return Path(found) if found else None


def free_port() -> int:
    """A port on loopback that was free a moment ago.

    Below those that outgoing connections take (from 32768 on), so that none has it by the time
    somebody listens there.
    """
    while True:
        port = secrets.choice(range(10000, 32768))
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


def wait_until(ready: Callable[[], bool], what: str) -> None:
    """Ask again and again until `ready` says so, for at most two minutes."""
    end = time.monotonic() + 120
    while not ready():
        if time.monotonic() > end:
            raise TimeoutError(f"waited in vain for {what}")
        time.sleep(0.01)


class Process:
    """A program that runs until `close`, and no longer than this process whatever happens."""

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
            # a session of its own: Ctrl-C is for pytest, which then ends the fixtures in order
            self.process = subprocess.Popen(
                command,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        # the pipe closes with this process, even when it is killed
        self.reaper = subprocess.Popen(
            ["sh", "-c", 'read _; kill -9 "$0"', str(self.process.pid)],
            stdin=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def wait_until(self, ready: Callable[[], bool]) -> Self:
        """Come back when `ready` says so; an error with the end of the log when it never does."""

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
        """The end of what it wrote."""
        return self.log.read_text(errors="replace")[-4000:]

    def close(self) -> None:
        """Kill it (nothing here outlives a test run), and wait for that."""
        self.process.kill()
        self.process.wait()
        assert self.reaper.stdin
        self.reaper.kill()
        self.reaper.wait()
        self.reaper.stdin.close()
