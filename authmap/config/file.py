"""Find, read and check the configuration file.

It is `authmap.toml`, `.authmap.toml`, or the table `[tool.authmap]` of `pyproject.toml`.
"""

from __future__ import annotations

import os
import re
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from authmap.files.patterns import repository
from authmap.files.reading import read_bytes
from authmap.model.options import OptionError, near
from authmap.syntax.source_map import escaped

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jsonschema import ValidationError

PYPROJECT = "pyproject.toml"
NAMES = ("authmap.toml", ".authmap.toml", PYPROJECT)

MOST = 20
"""Maximum number of problems reported for one file."""
MAX_LINES = 1000
"""In files with more lines, a value is located only by searching for the name of its key."""

Keys = tuple[str | int, ...]
"""The path to a value: names of keys and 0-based numbers of items."""


class Config:
    """A configuration file that has been read and is valid.

    Attributes:
        path: the path of the file as shown to the user; empty if there is no file.
        values: the settings in the file, by name.
    """

    def __init__(self, path: str = "", text: str = "", values: dict[str, Any] | None = None):
        self.path = path
        self.values = values or {}
        self._text = text

    @property
    def folder(self) -> str:
        """The folder that paths in the file are relative to."""
        return os.path.dirname(self.path)  # noqa: PTH120

    def place(self, *keys: str | int) -> str:
        """The file and line where a value is set, as in `authmap.toml:3`."""
        return f"{self.path}:{_line(self._text, _table_of(self.path) + keys)}"


def find(folder: str = ".") -> str | None:
    """The configuration file that applies in a folder, or None if there is none.

    The nearest one is used, searching from this folder up to the root of its repository. Outside
    a repository only the folder itself is searched.

    Raises:
        OptionError: a folder has two configuration files.
        FileError: a file cannot be read.
    """
    here = Path(folder).absolute()
    root = repository(here)
    for each in (here, *here.parents):
        found = [name for name in NAMES if (each / name).is_file()]
        shown = [os.path.relpath(each / name, here) for name in found]
        if PYPROJECT in found and not _has_table(shown[-1]):
            shown.pop()
        if len(shown) > 1:
            raise OptionError(f"{shown[0]} and {shown[1]} both configure authmap: keep one")
        if shown:
            return os.path.normpath(os.path.join(folder, shown[0]))  # noqa: PTH118
        if each == root:
            break
    return None


def _has_table(path: str) -> bool:
    """Whether a pyproject.toml configures authmap; parsed only if it contains the word authmap."""
    return b"authmap" in read_bytes(path) and "authmap" in _tools(_parsed(path)[1])


def load(path: str) -> Config:
    """Read a configuration file.

    Raises:
        OptionError: it is not valid; the message has one line for each problem.
        FileError: it cannot be read.
    """
    text, values = _parsed(path)
    for key in _table_of(path):
        if not isinstance(values, dict) or key not in values:
            raise OptionError(f"{path}: no table [tool.authmap] found")
        values = values[key]
    table = _table_of(path)
    found = islice(_problems(values), MOST)
    problems = sorted((_line(text, table + keys), message) for keys, message in found)
    if problems:
        raise OptionError("\n".join(f"{path}:{line}: {message}" for line, message in problems))
    return Config(path, text, values)


def _table_of(path: str) -> Keys:
    return ("tool", "authmap") if os.path.basename(path) == PYPROJECT else ()  # noqa: PTH119


def _tools(values: dict[str, Any]) -> dict[str, Any]:
    tools = values.get("tool")
    return tools if isinstance(tools, dict) else {}


def _parsed(path: str) -> tuple[str, dict[str, Any]]:
    import tomllib

    try:
        text = read_bytes(path).decode("utf-8-sig")
        return text, tomllib.loads(text)
    except UnicodeDecodeError as error:
        raise OptionError(f"{path}: byte {error.start + 1} is not UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        place = re.search(r" \(at line (\d+), column (\d+)\)$", str(error))
        message = str(error)[: place.start()] if place else str(error)
        last = text.rstrip().count("\n") + 1  # the parser reports no position at the end of a file
        shown = f"{path}:{place[1]}:{place[2]}" if place else f"{path}:{last}"
        raise OptionError(f"{shown}: invalid TOML: {message}") from None
    except RecursionError:
        raise OptionError(f"{path}: nested too deeply") from None


def schema() -> dict[str, Any]:
    """The JSON schema of the configuration."""
    import json
    from importlib.resources import files as resources

    found: dict[str, Any] = json.loads((resources("authmap") / "schema/config.json").read_bytes())
    return found


def _problems(values: object) -> Iterator[tuple[Keys, str]]:
    """The schema violations of a configuration: the path to each value, and a message."""
    from jsonschema import Draft202012Validator

    known = schema()
    for error in Draft202012Validator(known).iter_errors(values):
        keys: Keys = tuple(error.absolute_path)
        if error.validator == "additionalProperties":
            for extra in error.instance:
                if extra in error.schema["properties"]:
                    continue
                what = f"key `{extra}` in `{keys[0]}`" if keys else f"setting `{extra}`"
                hint = near(extra, error.schema["properties"])
                yield (*keys, extra), f"unknown {what}; {hint}"
        else:
            yield keys, _message(error, keys, known)


def _message(error: ValidationError, keys: Keys, known: dict[str, Any]) -> str:
    names = ".".join(key for key in keys if isinstance(key, str))
    where = f"`{names}`" if names else "the configuration"
    expected: Any = error.validator_value
    match error.validator:
        case "enum":
            return f"{where} is {_shown(error.instance)}; {near(str(error.instance), expected)}"
        case "required" | "anyOf":
            needed = "`what`" if error.validator == "required" else "`role` or `username`"
            return f"an entry in {where} has no {needed}"
        case "minItems" | "maxItems":
            return f"{where} must be pairs of an opening and a closing delimiter"
        case "minLength":
            return f"{where} contains an empty string"
    wanted = {"array": "a list", "object": "a table", "string": "a string"}[expected]
    example = ""
    if len(keys) == 1:
        example = f"; for example: {keys[0]} = {toml(known['properties'][keys[0]]['examples'][0])}"
    if keys and isinstance(keys[-1], int):
        return f"{where} contains {_shown(error.instance)} where {wanted} is expected"
    return f"{where} must be {wanted}, not {_shown(error.instance)}{example}"


def _shown(value: object) -> str:
    if isinstance(value, str):
        return f"`{value}`"
    kinds = {bool: "a boolean", int: "a number", float: "a number", list: "a list"}
    return kinds.get(type(value), "a table" if isinstance(value, dict) else "a date or time")


def toml(value: object) -> str:
    """A value written as TOML, on one line."""
    if isinstance(value, dict):
        pairs = ", ".join(f"{_key(key)} = {toml(each)}" for key, each in value.items())
        return f"{{{pairs}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(toml, value))}]"
    return f'"{escaped(str(value))}"'


def _key(name: str) -> str:
    return name if re.fullmatch(r"[\w-]+", name, re.ASCII) else toml(name)


def _line(text: str, keys: Keys) -> int:
    """The 1-based line on which a value is set.

    The parser reports no positions, so more and more lines of the file are parsed until the
    value appears. If the value spans several lines, the result is the line that contains it (for a
    string) or else the first of them.
    """
    import tomllib

    lines = text.split("\n")
    start = 0
    if keys[:1] == ("tool",):  # skip the tables of other tools
        table = re.compile(r"\s*\[+\s*tool\s*\.\s*authmap\b")
        start = next((n for n, line in enumerate(lines) if table.match(line)), 0)
    if len(lines) - start > MAX_LINES:
        name = next((key for key in reversed(keys) if isinstance(key, str)), "")
        return next((n for n, line in enumerate(lines) if name in line), 0) + 1
    first = start
    for end in range(start + 1, len(lines) + 1):
        try:
            found: Any = tomllib.loads("\n".join(lines[start:end]))
            for key in keys:
                found = found[key]
            break
        except tomllib.TOMLDecodeError:  # the lines end inside a list
            continue
        except (KeyError, IndexError, TypeError):
            first = end
    else:
        return first + 1
    written = range(first, end)
    if isinstance(found, str):
        for number in written:
            if found in lines[number]:
                return number + 1
    return next((n for n in written if lines[n].strip()[:1] not in ("", "#")), first) + 1
