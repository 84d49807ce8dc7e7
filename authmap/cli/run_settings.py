"""The settings of a run, from the command line and the configuration file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from authmap.model.options import OptionError

if TYPE_CHECKING:
    from authmap.cli.option_groups import SettingsOptions
    from authmap.config.settings import Settings


def load_settings(chosen: SettingsOptions, **more: Any) -> Settings:
    """The settings of a run, from the command line and the configuration file.

    Args:
        chosen: options of the command line; several codes may stand in one, with commas between.
        more: fields of `Options` that are not settings.

    Raises:
        OptionError: an option or the configuration is not valid.
        FileError: the configuration cannot be read.
    """
    from authmap.config.file import Config, find, load
    from authmap.config.settings import settings

    if chosen.config is not None and chosen.no_config:
        raise OptionError("--config and --no-config exclude each other")
    path = None if chosen.no_config else chosen.config or find()
    given = {
        "select": _split(chosen.select),
        "ignore": _split(chosen.ignore),
        "extend-select": _split(chosen.extend_select),
        "fail-on": chosen.fail_on,
        "username-template": chosen.username_template,
        "rbac": chosen.rbac or None,
    }
    return settings(load(path) if path else Config(), given, **more)


def with_bindings(settings: Settings) -> Settings:
    """Settings with the bindings that they name, read.

    Raises:
        FileError: they cannot be read.
    """
    if not settings.rbac:
        return settings
    from authmap.cli.rbac import read

    options = settings.options._replace(bindings=read(settings.rbac))
    return settings._replace(options=options)


def _split(codes: list[str] | None) -> list[str] | None:
    return codes and [code for group in codes for code in group.split(",")]
