"""`authmap show`."""

from __future__ import annotations

import sys

from authmap.cli import console
from authmap.cli.extras import extra
from authmap.cli.option_groups import (
    ClusterSelection,
    ConnectionArguments,
    SettingsOptions,
    Verbosity,
    grouped,
)
from authmap.cli.options import ConfigFile, Form, NoConfig, One, OneContext, StdinName
from authmap.cli.run_settings import load_settings
from authmap.model.options import choice


@grouped
def show(
    connection: ConnectionArguments,
    verbosity: Verbosity,
    path: One = None,
    output_format: Form = "text",
    context: OneContext = None,
    stdin_filename: StdinName = "<stdin>",
    config: ConfigFile = None,
    no_config: NoConfig = False,
) -> None:
    """Show who logs in as whom, and which entries match nobody.

    Try:

        authmap show aws-auth.yaml

        authmap show --context prod
    """
    from shutil import get_terminal_size

    from authmap.cli.pick import pick
    from authmap.explain.map_view import view
    from authmap.render import show as tables

    choice(output_format, ("text", "json"), "--format")
    settings = load_settings(
        SettingsOptions(config=config, no_config=no_config), verbose=verbosity.full
    )
    if context is not None:
        with extra("cluster", "live clusters"):
            from authmap.cli import live

        selection = ClusterSelection([context], connection, verbosity)
        seen = view(live.pick(path, selection)[0])
    else:
        seen = view(pick(path, stdin_filename, settings))
    if output_format == "json":
        console.out(tables.json(seen))
    else:
        width = get_terminal_size().columns if console.is_terminal(sys.stdout) else None
        console.show(tables.render(seen, width=width, colour=console.colour(sys.stdout)))
