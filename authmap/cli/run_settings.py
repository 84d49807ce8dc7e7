"""The settings of a run, from the command line and the configuration file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from authmap.cli.console import say
from authmap.model.options import OptionError

if TYPE_CHECKING:
    from authmap.cli.option_groups import SettingsOptions
    from authmap.config.settings import Settings


def load_settings(options: SettingsOptions, *, verbose: bool = False, **more: Any) -> Settings:
    """Load the settings of a run from the command line and the configuration file.

    Args:
        options: the command-line options; one value may hold several codes, separated by commas.
        verbose: whether to report the settings that are not the defaults.
        more: fields of `Options` that are not settings.

    Raises:
        OptionError: an option or the configuration is not valid.
        FileError: the configuration cannot be read.
    """
    from authmap.config.file import Config, find, load
    from authmap.config.settings import settings

    if options.config is not None and options.no_config:
        raise OptionError("--config and --no-config cannot be used together")
    path = None if options.no_config else options.config or find()
    given = {
        "select": _split(options.select),
        "ignore": _split(options.ignore),
        "extend-select": _split(options.extend_select),
        "fail-on": options.fail_on,
        "username-template": options.username_template,
        "rbac": options.rbac or None,
    }
    found = settings(load(path) if path else Config(), given, **more)
    if verbose:
        _tell(found)
    return found


def _tell(settings: Settings) -> None:
    """Report the configuration file, and the settings that are not the defaults."""
    from authmap.config.file import toml
    from authmap.config.settings import DEFAULT

    path = settings.config.path
    say(f"authmap: {f'configuration file: {path}' if path else 'no configuration file'}")
    for name, value in settings.values.items():
        if settings.origins[name] != DEFAULT:
            say(f"authmap: setting: {name} = {toml(value)} ({settings.origin(name)})")


def with_bindings(settings: Settings) -> Settings:
    """The settings, with the RBAC bindings read from the paths in `rbac`.

    Raises:
        FileError: the bindings cannot be read.
    """
    if not settings.rbac:
        return settings
    from authmap.cli.rbac import read

    options = settings.options._replace(bindings=read(settings.rbac))
    return settings._replace(options=options)


def _split(codes: list[str] | None) -> list[str] | None:
    return codes and [code for group in codes for code in group.split(",")]
