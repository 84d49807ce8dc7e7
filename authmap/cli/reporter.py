"""Reports on standard error what a connection to a cluster does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from authmap.cli.console import say
from authmap.cluster.kube.observer import Observer

if TYPE_CHECKING:
    from authmap.cli.option_groups import Verbosity


class Reporter(Observer):
    """Prints what the options `--verbose` and `--debug` ask for, and logins that may ask.

    Args:
        verbosity: these options.
    """

    def __init__(self, verbosity: Verbosity) -> None:
        self._verbosity = verbosity

    def connects(self, context: str, server: str, source: str) -> None:
        """Print the server that a context names."""
        if self._verbosity.full:
            say(f"authmap: context:{context}: using {server} ({source})")

    def logs_in_again(self, context: str, why: str, plugin: str) -> None:
        """Print that a plugin may ask again."""
        say(
            f"authmap: context:{context}: logging in again {why}: the credential plugin "
            f"`{plugin}` may ask you again"
        )

    def plugin_ended(self, context: str, plugin: str, code: int | None, seconds: float) -> None:
        """Print a plugin's exit code and time."""
        ended = "did not end by itself" if code is None else f"exit code {code}"
        self._debug(context, f"credential plugin `{plugin}`: {ended}", seconds)

    def request_ended(
        self, context: str, method: str, path: str, status: int | None, seconds: float
    ) -> None:
        """Print a request and the status of its answer."""
        self._debug(context, f"{method} {path}: {status or 'no answer'}", seconds)

    def _debug(self, context: str, what: str, seconds: float) -> None:
        if self._verbosity.debug:
            say(f"authmap: debug: context:{context}: {what}, {seconds * 1000:.0f} ms")
