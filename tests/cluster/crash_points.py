"""Run authmap in a process that is killed at its n-th crash point.

Crash points are all requests to the API server, and all operations on authmap's folders and files.
Nothing that anybody else could see happens between two of them.
"""

from __future__ import annotations

import itertools
import os
import signal
from functools import partial, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import command

from cluster.run import environment

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable


class Running(command.Running):
    """A command on a cluster, in its own process."""

    def __init__(self, kubeconfig: Path, *arguments: str, kill_at: int | None = None) -> None:
        """Start the process.

        Args:
            kubeconfig: Value of KUBECONFIG.
            arguments: Arguments of the command line.
            kill_at: Number of the crash point, from 0, before which SIGKILL is sent.
        """
        variables = environment(kubeconfig)
        before = None if kill_at is None else partial(_die, kill_at, variables["XDG_STATE_HOME"])
        super().__init__(*arguments, env=variables, before=before)


def authmap(
    kubeconfig: Path, *arguments: str, kill_at: int | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end, as `run.authmap` does, or to the crash point where it is killed."""
    return Running(kubeconfig, *arguments, kill_at=kill_at).end()


def _die(kill_at: int, home: str) -> None:
    """Let the process be killed at its n-th crash point."""
    from authmap.cluster.kube.session import Session

    left = itertools.count(kill_at, -1)

    def mortal(function: Callable[..., Any]) -> Callable[..., Any]:
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
            setattr(place, name, mortal(getattr(place, name)))
