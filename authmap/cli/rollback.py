"""`authmap rollback`."""

from __future__ import annotations

from typing import Annotated

import typer

from authmap.cli import console
from authmap.cli.option_groups import (
    ClusterSelection,
    ConnectionArguments,
    SettingsOptions,
    WriteOptions,
    grouped,
)
from authmap.cli.options import Contexts
from authmap.cli.run_settings import load_settings


@grouped
def rollback(
    context: Contexts,
    writing: WriteOptions,
    connection: ConnectionArguments,
    to: Annotated[
        str | None, typer.Option(metavar="FILE", help="This backup (default: the newest).")
    ] = None,
    list_backups: Annotated[bool, typer.Option("--list", help="List the backups.")] = False,
) -> None:
    """Put a backup of a cluster's aws-auth back, under the guards of a fix.

    Exit codes: 0 done, 2 the run failed or was refused, 3 a fresh login lost its access and the
    map is what it was, 4 it lost its access and the map could not be put back.

    Try:

        authmap rollback --context prod --list

        authmap rollback --context prod
    """
    from authmap.cli import live

    selection = ClusterSelection(context, connection)
    if list_backups:
        console.out(live.listing(selection, writing.backup_dir))
        raise typer.Exit
    settings = load_settings(SettingsOptions())
    raise typer.Exit(live.restore(selection, settings, writing.to_apply(), to))
