"""Run authmap on a cluster, with its own home folder."""

from __future__ import annotations

import io
import os
import pty
import re
import shlex
import signal
import subprocess
import sys
from contextlib import suppress
from typing import TYPE_CHECKING
from unittest import mock

import command
from command import ROOT

from authmap import cli

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path


def authmap(
    kubeconfig: Path, *arguments: str, home: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end, in its own process and without a terminal.

    Args:
        kubeconfig: Value of KUBECONFIG.
        arguments: Arguments of the command line.
        home: Folder for its state; by default next to the kubeconfig.
    """
    return command.authmap(*arguments, env=environment(kubeconfig, home))


def within(
    kubeconfig: Path,
    *arguments: str,
    home: Path | None = None,
    variables: dict[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run a command in this process: faster, because nothing must be started and imported.

    Args:
        kubeconfig: Value of KUBECONFIG.
        arguments: Arguments of the command line.
        home: Folder for its state; by default next to the kubeconfig.
        variables: Additional environment variables.
    """
    streams = [io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2)]
    cli.app.registered_commands.clear()
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    handlers = {number: signal.getsignal(number) for number in numbers}
    with (
        mock.patch.dict(os.environ, environment(kubeconfig, home) | (variables or {}), clear=True),
        mock.patch.multiple(sys, argv=["authmap", *arguments], stdin=None),
        mock.patch.multiple(sys, stdout=streams[0], stderr=streams[1]),
    ):
        try:
            cli.main()
        except SystemExit as end:
            code = int(end.code or 0)
        finally:  # a live write ignores them to the end of its process
            for number, handler in handlers.items():
                signal.signal(number, handler)
    shown = [bytes(stream.buffer.getbuffer()).decode() for stream in streams]
    return subprocess.CompletedProcess(arguments, code, *shown)


def environment(kubeconfig: Path, home: Path | None = None) -> dict[str, str]:
    """Environment variables for authmap: none of ours, which may set proxies or certificates."""
    state = home or kubeconfig.parent / "state"
    return {
        "HOME": str(state),
        "PATH": os.environ["PATH"],
        "KUBECONFIG": str(kubeconfig),
        "XDG_STATE_HOME": str(state),
        "PYTHONPATH": str(ROOT),
        "NO_COLOR": "1",
    }


def undo_command(shown: str) -> list[str]:
    """The arguments of the last command that was printed, which undoes a change."""
    words = shlex.split(re.findall(r"^    (.* rollback .*)$", shown, re.MULTILINE)[-1])
    return words[words.index("rollback") :]


def on_terminal(
    kubeconfig: Path,
    *arguments: str,
    answers: Sequence[str | signal.Signals | Callable[[], str]],
    started: Callable[[subprocess.Popen[bytes]], None] = lambda _: None,
) -> tuple[int, str]:
    """Run a command on its own terminal, and answer its questions.

    Args:
        kubeconfig: Value of KUBECONFIG.
        arguments: Arguments of the command line.
        answers: For each question (ending in `[y/N]: ` or `[Y/n]: `) the answer, a function that
            returns it, or a signal to send instead.
        started: Called with the process.

    Returns:
        The exit code, and everything shown on the terminal.
    """
    ours, theirs = pty.openpty()
    waiting, shown = list(answers), b""
    program = [sys.executable, "-m", "authmap"]
    with subprocess.Popen(
        [*program, *arguments],
        env=environment(kubeconfig),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    ) as running:
        os.close(theirs)
        started(running)
        asked = 0
        with os.fdopen(ours, "r+b", buffering=0) as terminal, suppress(OSError):  # EIO: it ended
            while new := terminal.read(4096):
                shown += new
                if waiting and len(re.findall(rb"\[(?:y/N|Y/n)\]: ", shown)) > asked:
                    asked += 1
                    answer = waiting.pop(0)
                    if isinstance(answer, signal.Signals):
                        running.send_signal(answer)
                        answer = ""  # the signal may arrive before the read that it interrupts
                    terminal.write(f"{answer if isinstance(answer, str) else answer()}\n".encode())
    return running.returncode, shown.decode().replace("\r\n", "\n")


def hung_up(
    kubeconfig: Path,
    *arguments: str,
    once: str,
    then: Callable[[], None] = lambda: None,
    opened: Callable[[int], None] = lambda _: None,
) -> int:
    """Run a command on its own terminal, and close the terminal.

    Args:
        kubeconfig: Value of KUBECONFIG.
        arguments: Arguments of the command line.
        once: What the command shows before the terminal is closed.
        then: Called afterwards.
        opened: Called with the descriptor of the terminal's other side.

    Returns:
        The exit code; negative if a signal killed the command.
    """
    process, terminal = pty.fork()
    if process == 0:
        command = [sys.executable, "-m", "authmap", *arguments]
        os.execve(sys.executable, command, environment(kubeconfig))  # noqa: S606
    opened(terminal)
    shown = b""
    with suppress(OSError):  # EIO: it ended
        while once.encode() not in shown:
            shown += os.read(terminal, 4096)
    os.close(terminal)
    then()
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
