"""`authmap schema`."""

from __future__ import annotations

from typing import Annotated

import typer

from authmap.cli import console
from authmap.model.options import choice


def schema(
    name: Annotated[str, typer.Argument(metavar="[payload|config|report]")] = "report",
) -> None:
    """Print a JSON schema: payload, config or report.

    payload describes the sections of aws-auth, config the configuration file, and report the output
    of `authmap lint --format json`.

    Try:

        authmap schema payload
    """
    from importlib.resources import files as resources

    choice(name, ("payload", "config", "report"), "the schema")
    console.out((resources("authmap") / "schema" / f"{name}.json").read_text(encoding="utf-8"))
