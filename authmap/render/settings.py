"""The settings in effect: as a configuration file with the origin of each, or as JSON.

The document (`authmap config -f json`):

    {
      "version": 1,
      "path": "authmap.toml",
      "settings": {
        "fail-on": {"value": "error", "origin": "authmap.toml:3"},
        "ignore": {"value": [], "origin": "default"}
      }
    }

`path` is the configuration file, null if there is none. `origin` is `default`, `command line`, or
the file and the line. All settings are included, by name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from authmap.config.file import toml
from authmap.syntax.printable import safe

if TYPE_CHECKING:
    from authmap.config.settings import Settings

VERSION = 1
WIDTH = 40
"""Width of the column for a setting, in characters; its origin comes after it."""


def render(settings: Settings) -> str:
    """The settings as TOML, one per line."""
    path = settings.config.path
    lines = [f"# {safe(path)}\n" if path else "# no configuration file\n"]
    for name, value in settings.values.items():
        lines.append(f"{f'{name} = {toml(value)}':{WIDTH}} # {safe(settings.origin(name))}\n")
    return "".join(lines)


def json(settings: Settings) -> str:
    """The document as JSON text."""
    from json import dumps

    document = {
        "version": VERSION,
        "path": settings.config.path or None,
        "settings": {
            name: {"value": value, "origin": settings.origin(name)}
            for name, value in settings.values.items()
        },
    }
    return dumps(document, indent=2) + "\n"
