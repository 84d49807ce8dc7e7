"""`authmap config`."""

from __future__ import annotations

from authmap.cli import console
from authmap.cli.shared import (
    ConfigFile,
    ExtendSelect,
    FailOn,
    Form,
    Ignore,
    NoConfig,
    Rbac,
    Select,
    Template,
    load_settings,
)
from authmap.model.options import choice


def config(
    output_format: Form = "text",
    select: Select = None,
    ignore: Ignore = None,
    extend_select: ExtendSelect = None,
    fail_on: FailOn = None,
    username_template: Template = None,
    rbac: Rbac = None,
    config: ConfigFile = None,
    no_config: NoConfig = False,
) -> None:
    """Print the settings that hold here, and where each is set.

    Try:

        authmap config

        authmap config --select AM1 -f json
    """
    from authmap.render import settings as render

    choice(output_format, ("text", "json"), "--format")
    settings = load_settings(
        config=config,
        no_config=no_config,
        select=select,
        ignore=ignore,
        extend_select=extend_select,
        fail_on=fail_on,
        username_template=username_template,
        rbac=rbac,
    )
    console.out(render.json(settings) if output_format == "json" else render.render(settings))
