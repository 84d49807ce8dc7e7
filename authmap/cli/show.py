"""`authmap show`."""

from __future__ import annotations

import sys

from authmap.cli import console
from authmap.cli.shared import (
    As,
    AsGroup,
    ClusterSelection,
    ConfigFile,
    Form,
    Kubeconfig,
    NoConfig,
    One,
    OneContext,
    StdinName,
    Timeout,
    load_settings,
)
from authmap.model.options import choice


def show(
    path: One = None,
    output_format: Form = "text",
    context: OneContext = None,
    kubeconfig: Kubeconfig = None,
    as_user: As = None,
    as_group: AsGroup = None,
    request_timeout: Timeout = 10.0,
    stdin_filename: StdinName = "<stdin>",
    config: ConfigFile = None,
    no_config: NoConfig = False,
) -> None:
    """Show who comes in and as what, and what in the map lets nobody in, and why.

    Try:

        authmap show aws-auth.yaml

        authmap show --context prod
    """
    from shutil import get_terminal_size

    from authmap.cli.pick import pick
    from authmap.explain.map_view import view
    from authmap.render import show as tables

    choice(output_format, ("text", "json"), "--format")
    settings = load_settings(config=config, no_config=no_config)
    if context is not None:
        from authmap.cli import live

        reach = ClusterSelection(
            [context], False, kubeconfig, as_user, as_group, request_timeout, 1
        )
        seen = view(live.pick(path, reach)[0])
    else:
        seen = view(pick(path, stdin_filename, settings))
    if output_format == "json":
        console.out(tables.json(seen))
    else:
        width = get_terminal_size().columns if console.is_terminal(sys.stdout) else None
        console.out(tables.render(seen, width=width, colour=console.colour(sys.stdout)))
