"""What Ctrl-C means before a live write handles it by itself."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

from authmap.cli import console

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def nothing_written() -> Iterator[None]:
    """End a live write that Ctrl-C interrupts before its own handling of signals has begun.

    Raises:
        typer.Exit: it was interrupted.
    """
    try:
        yield
    except KeyboardInterrupt:
        console.say("authmap: error: interrupted; nothing was written")
        raise typer.Exit(2) from None
