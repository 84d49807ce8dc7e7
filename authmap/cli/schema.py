"""`authmap schema`."""

from __future__ import annotations

from typing import Annotated

import typer

from authmap.cli import console
from authmap.model.options import choice


def schema(
    name: Annotated[str, typer.Argument(metavar="[payload|config|report|diff]")] = "report",
) -> None:
    """Print a JSON schema: payload, config, report or diff.

    payload describes the sections of aws-auth, config the configuration file, report the output of
    `authmap lint --format json`, and diff the output of `authmap diff --format json`.

    Try:

        authmap schema payload
    """
    from importlib.resources import files as resources

    choice(name, ("payload", "config", "report", "diff"), "the schema")
    console.out((resources("authmap") / "schema" / f"{name}.json").read_text(encoding="utf-8"))
