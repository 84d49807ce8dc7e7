"""`authmap schema`."""

from __future__ import annotations

from typing import Annotated

import typer

from authmap.cli import console
from authmap.model.options import choice


def schema(
    name: Annotated[str, typer.Argument(metavar="[payload|config|report]")] = "report",
) -> None:
    """Print a JSON schema: of the map's sections, the configuration, or the JSON report.

    Try:

        authmap schema payload
    """
    from importlib.resources import files as resources

    choice(name, ("payload", "config", "report"), "the schema")
    console.out((resources("authmap") / "schema" / f"{name}.json").read_text(encoding="utf-8"))
