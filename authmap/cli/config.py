"""`authmap config`."""

from __future__ import annotations

from authmap.cli import console
from authmap.cli.option_groups import SettingsOptions, grouped
from authmap.cli.options import Form
from authmap.cli.run_settings import load_settings
from authmap.model.options import choice


@grouped
def config(
    options: SettingsOptions,
    output_format: Form = "text",
) -> None:
    """Print the settings in effect, and where each one is set.

    Try:

        authmap config

        authmap config --select AM1 -f json
    """
    from authmap.render import settings as render

    choice(output_format, ("text", "json"), "--format")
    settings = load_settings(options)
    if output_format == "json":
        console.out(render.json(settings))
    else:
        console.show(render.render(settings))
