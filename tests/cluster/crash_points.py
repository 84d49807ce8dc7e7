"""Run authmap in a process that is killed at its n-th crash point.

Crash points are all requests to the API server, and all operations on authmap's folders and files.
Nothing that anybody else could see happens between two of them.
"""

from __future__ import annotations

import itertools
import multiprocessing
import os
import pkgutil
import signal
import subprocess
import sys
import tempfile
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cluster.run import ROOT, environment

if TYPE_CHECKING:
    from collections.abc import Callable

# imports take longer than all the rest: fork processes from one that has imported everything
_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(
    ["pytest", *(each.name for each in pkgutil.walk_packages([str(ROOT / "authmap")], "authmap."))]
)


class Running:
    """A command in its own process, which is forked because that takes half the time."""

    def __init__(self, kubeconfig: Path, *arguments: str, kill_at: int | None = None) -> None:
        """Start the process.

        Args:
            kubeconfig: Value of KUBECONFIG.
            arguments: Arguments of the command line.
            kill_at: Number of the crash point, from 0, before which SIGKILL is sent.
        """
        self.arguments = arguments
        self.printed = Path(tempfile.mkdtemp(prefix="printed-", dir=kubeconfig.parent))
        variables = environment(kubeconfig)
        given = (list(arguments), variables, str(self.printed), kill_at)
        self.process = _FORKS.Process(target=_inside, args=given)
        self.process.start()

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the process."""
        assert self.process.pid
        os.kill(self.process.pid, number)

    def end(self) -> subprocess.CompletedProcess[str]:
        """Wait for the end of the process.

        Raises:
            TimeoutError: it does not end.
        """
        self.process.join(120)
        if self.process.is_alive():
            self.process.kill()
            raise TimeoutError(self.arguments)
        out, err = ((self.printed / name).read_text() for name in ("1", "2"))
        code = self.process.exitcode or 0
        return subprocess.CompletedProcess(self.arguments, code, out, err)


def authmap(
    kubeconfig: Path, *arguments: str, kill_at: int | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end, as `run.authmap` does, or to the crash point where it is killed."""
    return Running(kubeconfig, *arguments, kill_at=kill_at).end()


def _inside(
    arguments: list[str], variables: dict[str, str], printed: str, kill_at: int | None
) -> None:
    os.environ.clear()
    os.environ.update(variables)
    # whatever the parent process set
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    for stream in (1, 2):
        os.dup2(os.open(f"{printed}/{stream}", os.O_WRONLY | os.O_CREAT), stream)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    from authmap import cli
    from authmap.cluster.kube.session import Session

    left = itertools.count(-1 if kill_at is None else kill_at, -1)

    def mortal(function: Callable[..., Any], home: str) -> Callable[..., Any]:
        """A function that may kill the process when called; for paths, only below `home`."""

        @wraps(function)
        def call(first: Any, *given: Any, **named: Any) -> Any:
            elsewhere = isinstance(first, str | Path) and not Path(first).is_relative_to(home)
            if not elsewhere and next(left) == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return function(first, *given, **named)

        return call

    for place, names in ((Session, ["request"]), (os, ["mkdir", "open", "fsync", "rename"])):
        for name in names:
            setattr(place, name, mortal(getattr(place, name), variables["XDG_STATE_HOME"]))
    sys.argv = ["authmap", *arguments]
    cli.main()
