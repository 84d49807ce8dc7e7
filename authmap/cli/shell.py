"""Commands that are printed for the user to run, in any directory and any POSIX shell."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from authmap.cli.option_groups import ClusterSelection


def program() -> list[str]:
    """The words that run authmap from any directory."""
    own, found = Path(sys.argv[0]).absolute(), shutil.which("authmap")
    if found and Path(found).absolute() == own:
        return ["authmap"]
    runs = own.name in ("authmap", "kubectl-authmap") and own.is_file() and os.access(own, os.X_OK)
    return [str(own)] if runs else [sys.executable, "-m", "authmap"]


def command_line(command: list[str], selection: ClusterSelection) -> str:
    """A shell command with the same kubeconfig and impersonation options as this run.

    It works in any directory and in any POSIX shell.
    """
    listed = os.environ.get("KUBECONFIG", "").split(os.pathsep)
    chosen = selection.connection.kubeconfig
    files = [str(Path(path).absolute()) for path in ([chosen] if chosen else listed) if path]
    if len(files) == 1:
        command = [*command, "--kubeconfig", files[0]]
    elif files:  # an option can name only one
        command = ["env", f"KUBECONFIG={os.pathsep.join(files)}", *command]
    if selection.connection.as_user:
        command = [*command, "--as", selection.connection.as_user]
    for group in selection.connection.as_group or ():
        command = [*command, "--as-group", group]
    return " ".join(map(quoted, command))


def quoted(word: str) -> str:
    """A word quoted for a POSIX shell, in printable characters only."""
    if word.isprintable():
        return shlex.quote(word)
    escaped = "".join(
        c if c.isprintable() and c not in "\\%'" else "".join(f"\\{b:03o}" for b in os.fsencode(c))
        for c in word
    )
    return f"\"$(printf '{escaped}')\""
