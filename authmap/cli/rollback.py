"""`authmap rollback`."""

from __future__ import annotations

from typing import Annotated

import typer

from authmap.cli import console
from authmap.cli.extras import extra
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
        str | None, typer.Option(metavar="FILE", help="Backup to restore (default: the newest).")
    ] = None,
    list_backups: Annotated[
        bool, typer.Option("--list", help="List the backups; restore nothing.")
    ] = False,
) -> None:
    """Restore a backup of a live aws-auth map.

    The same guards run as for `fix --apply`.

    Exit codes: 0 done, 2 the run failed or was refused, 3 the change was undone because a fresh
    login lost its access or the stored map differs from what was sent, 4 the same, but undoing
    the change failed.

    Try:

        authmap rollback --context prod --list

        authmap rollback --context prod
    """
    with extra("cluster", "live clusters"):
        from authmap.cli import live

    selection = ClusterSelection(context, connection)
    if list_backups:
        console.out(live.listing(selection, writing.backup_dir))
        raise typer.Exit
    settings = load_settings(SettingsOptions())
    raise typer.Exit(live.restore(selection, settings, writing.to_apply(), to))
