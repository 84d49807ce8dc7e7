"""Run the command line in a process of its own, without waiting for imports.

A new interpreter spends most of its time on imports. These processes are forked from a server that
has imported everything already; each test worker has one. Start a real `python -m authmap` to test
what depends on the start of an interpreter: imports, `PYTHON…` variables, or a terminal.
"""

from __future__ import annotations

import multiprocessing
import os
import pkgutil
import signal
import subprocess
import sys
import warnings
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from multiprocessing.connection import Connection

ROOT = Path(__file__).parents[1]
LONGEST = 300
"""Seconds after which a command counts as hanging."""

_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(
    [
        *(each.name for each in pkgutil.walk_packages([str(ROOT / "authmap")], "authmap.")),
        *("jsonschema", "pathspec", "tomllib"),  # commands import these when they need them
        "pytest",  # multiprocessing imports it again in each process
    ]
)


class _Start(NamedTuple):
    arguments: list[str]
    cwd: Path
    environment: dict[str, str]
    streams: list[Connection | None]
    before: Callable[[], None] | None


class Running:
    """A command in its own process, which starts at once."""

    def __init__(
        self,
        *arguments: str | Path,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        stdin: bytes | None = b"",
        before: Callable[[], None] | None = None,
    ) -> None:
        """Start the process.

        Args:
            arguments: Arguments of the command line.
            cwd: Working directory, by default that of the test.
            env: Environment variables, by default those of the test, and NO_COLOR.
            stdin: Standard input; None closes it.
            before: Function to call in the process before authmap starts.
        """
        self.arguments = [str(each) for each in arguments]
        self._input = stdin or b""
        source, self._stdin = _FORKS.Pipe(duplex=False)
        self._stdout, out = _FORKS.Pipe(duplex=False)
        self._stderr, err = _FORKS.Pipe(duplex=False)
        start = _Start(
            self.arguments,
            cwd or Path.cwd(),
            dict(os.environ | {"NO_COLOR": "1"} if env is None else env),
            [None if stdin is None else source, out, err],
            before,
        )
        self._process = _FORKS.Process(target=_inside, args=(start,))
        self._process.start()
        for theirs in (source, out, err):
            theirs.close()

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the process."""
        assert self._process.pid
        os.kill(self._process.pid, number)

    def end(self) -> subprocess.CompletedProcess[str]:
        """Wait for the end of the process.

        Returns:
            Its exit code, or the negative number of the signal that killed it, and its output.

        Raises:
            TimeoutError: it does not end.
        """
        with ThreadPoolExecutor(3) as pool:
            pool.submit(_write, self._stdin, self._input)
            out, err = pool.submit(_read, self._stdout), pool.submit(_read, self._stderr)
            if wait([out, err], LONGEST).not_done:
                self._process.kill()
                raise TimeoutError(self.arguments)
        self._process.join()
        code = self._process.exitcode
        assert code is not None
        self._process.close()
        shown = [each.result().decode() for each in (out, err)]
        return subprocess.CompletedProcess(self.arguments, code, *shown)


def authmap(
    *arguments: str | Path,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    stdin: bytes | None = b"",
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end; see `Running` for the arguments."""
    return Running(*arguments, cwd=cwd, env=env, stdin=stdin).end()


def unmeasured() -> dict[str, str]:
    """Environment variables for programs whose coverage is not needed: measuring it takes long."""
    return {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}


def _read(stream: Connection) -> bytes:
    with stream, open(stream.fileno(), "rb", closefd=False) as file:
        return file.read()


def _write(stream: Connection, data: bytes) -> None:
    # authmap need not read everything
    with suppress(BrokenPipeError), stream, open(stream.fileno(), "wb", closefd=False) as file:
        file.write(data)


def _inside(start: _Start) -> None:
    os.chdir(start.cwd)
    os.environ.clear()
    os.environ.update(start.environment)
    # whatever the server, or the measuring of coverage in it, has set
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    # the server has used nothing of its own sys.stdout and sys.stderr, so they are as good as new
    for number, stream in enumerate(start.streams):
        if stream:
            os.dup2(stream.fileno(), number)
            stream.close()
        else:
            os.close(number)
    sys.stdin = open(0, closefd=False) if start.streams[0] else None  # noqa: SIM115
    warnings.simplefilter("error")
    if start.before:
        start.before()
    sys.argv = ["authmap", *start.arguments]
    from authmap.__main__ import main

    main()
