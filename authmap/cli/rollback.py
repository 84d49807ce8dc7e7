"""`authmap rollback`."""

from __future__ import annotations

from typing import Annotated

import typer

from authmap.cli import console
from authmap.cli.extras import extra
from authmap.cli.interrupted import nothing_written
from authmap.cli.option_groups import (
    ClusterSelection,
    ConnectionArguments,
    SettingsOptions,
    Verbosity,
    WriteOptions,
    grouped,
)
from authmap.cli.options import AcceptGain, ConfigFile, Contexts, NoConfig
from authmap.cli.run_settings import load_settings


@grouped
def rollback(
    context: Contexts,
    writing: WriteOptions,
    connection: ConnectionArguments,
    verbosity: Verbosity,
    to: Annotated[
        str | None,
        typer.Option(
            metavar="FILE", help="Backup to restore (default: that of the latest fix in effect)."
        ),
    ] = None,
    accept_access_gain: AcceptGain = False,
    config: ConfigFile = None,
    no_config: NoConfig = False,
    list_backups: Annotated[
        bool, typer.Option("--list", help="List the backups; restore nothing.")
    ] = False,
) -> None:
    """Restore a backup of a live aws-auth map.

    The same guards run as for `fix --apply`.

    Exit codes: 0 done, 2 refused or failed: nothing was written, 3 the map is again as it was
    before, because a check failed or a signal came, 4 that could not be restored, or it is not
    known what is in place, 130 interrupted: the restored map is in place, unconfirmed.

    Try:

        authmap rollback --context prod --list

        authmap rollback --context prod
    """
    with nothing_written(), extra("cluster", "live clusters"):
        from authmap.cli import live_change

    selection = ClusterSelection(context, connection, verbosity)
    if list_backups:
        console.show(live_change.listing(selection, writing.backup_dir))
        raise typer.Exit
    with nothing_written():
        options = SettingsOptions(config=config, no_config=no_config)
        settings = load_settings(options, verbose=verbosity.full)
        apply_options = writing.to_apply()._replace(accept_gain=accept_access_gain)
        raise typer.Exit(live_change.restore(selection, settings, apply_options, to))
