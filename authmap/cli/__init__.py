"""The command line: one module per command, imported when the command is called."""

from __future__ import annotations

import inspect
import io
import os
import re
import sys
import traceback
from importlib import import_module
from typing import Annotated

import typer

from authmap.cli import console
from authmap.cluster.kube.errors import ClusterError
from authmap.files.reading import FileError
from authmap.model.options import OptionError
from authmap.version import __version__

COMMANDS = ("lint", "fix", "rollback", "diff", "show", "resolve", "rule", "schema", "config")

INTERRUPTED = 130
"""Exit code of a run that Ctrl-C ended: 128 plus the number of SIGINT, as in shells."""

app = typer.Typer(
    name="authmap",
    help="Linter and patcher for the EKS aws-auth ConfigMap.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(value: bool) -> None:
    if value:
        console.out(f"authmap {__version__}\n")
        raise typer.Exit


@app.callback()
def _main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Lint and fix the EKS aws-auth ConfigMap, which authmap reads as the authenticator does."""


def main() -> None:
    """Run the command line. An error becomes one line on standard error and exit code 2."""
    called = [name for name in COMMANDS if [name] == sys.argv[1:2]]
    for name in called or COMMANDS:  # building the options of all commands is noticeably slow
        command = getattr(import_module(f"{__name__}.{name}"), name)
        app.command(help=_with_examples(command.__doc__))(command)
    sys.exit(_run())


def _with_examples(text: str) -> str:
    r"""A docstring as help text; `\b` keeps click from wrapping its indented lines."""
    return re.sub(r"\n\n(?=    )", "\n\n\b\n", inspect.cleandoc(text))


def _run() -> int:
    try:
        code: int = app(standalone_mode=False) or 0
        if code == INTERRUPTED:  # typer returns this code after Ctrl-C
            console.say("authmap: interrupted")
        return code
    except (OptionError, FileError, ClusterError, OSError) as error:
        for line in _message(error).split("\n"):
            console.say(f"authmap: error: {line}")
    except (KeyboardInterrupt, typer.Abort):
        console.say("authmap: interrupted")
        return INTERRUPTED
    except Exception as error:
        show = getattr(error, "show", None)
        if show:  # an error in the arguments, which typer describes itself
            shown = io.StringIO()
            show(shown)
            for line in shown.getvalue().splitlines():
                console.say(line)
        else:
            debugging = console.debugging or os.environ.get("AUTHMAP_DEBUG")
            if debugging:
                for line in "".join(traceback.format_exception(error)).splitlines():
                    console.say(line)
            hint = "" if debugging else "; set AUTHMAP_DEBUG=1 to see the traceback"
            console.say(
                f"authmap: error: this is a bug in authmap {__version__}: "
                f"{type(error).__name__}: {error}{hint}"
            )
    return 2


def _message(error: Exception) -> str:
    if isinstance(error, FileNotFoundError) and error.filename is None:  # only getcwd names no file
        return "the current directory no longer exists; change to another directory"
    return str(error)
