"""Reads the maps that `diff` compares: files, standard input, git revisions, or no map at all."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from authmap.cli.pick import only_map
from authmap.files.inputs import STDIN, Inputs
from authmap.files.patterns import repository
from authmap.files.reading import FileError, read_bytes
from authmap.files.revision import MissingObjectError, read_revision
from authmap.model import misspelling
from authmap.model.auth_map import AuthMap
from authmap.model.misspelling import NAME, NAMESPACE

if TYPE_CHECKING:
    from authmap.config.settings import Settings
    from authmap.files.revision import Committed

NOTHING = "/dev/null"


class Side(NamedTuple):
    """One of the two maps.

    Attributes:
        auth_map: the map; its path is the name of the side in reports.
        file: the path of its file in the repository, with links resolved; empty if it comes from
            elsewhere.
    """

    auth_map: AuthMap
    file: str = ""


def read_side(name: str, stdin_filename: str, settings: Settings) -> Side:
    """Read a side of the comparison.

    Args:
        name: a path, `-` for standard input, `REV:PATH` for a file in a git revision, or
            `/dev/null` for an empty map.
        stdin_filename: the name of standard input in reports.
        settings: the settings of the run.

    Raises:
        FileError: it cannot be read, does not contain exactly one map, or is the name of a file
            and of a file in a revision.
    """
    if not name:
        raise FileError("''", "is not a path; is a variable empty?")
    if name == NOTHING:
        return Side(AuthMap.from_data({}, path=NOTHING))
    if name == STDIN:
        for given in (inputs := Inputs([STDIN], stdin_filename)):
            advice = "did the command before the pipe fail?"
            _check_not_empty(given.data, given.path, advice)
            named = "" if stdin_filename == "<stdin>" else _in_repository(stdin_filename)
            return Side(only_map(given.data, given.path, settings), named)
        raise FileError(*inputs.errors[0])
    if committed := _committed(name):
        path = str(repository(Path.cwd()) / committed.path)
        _check_not_empty(committed.data, name, f"use {NOTHING} for an empty map")
        return Side(only_map(committed.data, path, settings, name), path)
    data = read_bytes(name)
    _check_not_empty(data, name, f"use {NOTHING} for an empty map")
    return Side(only_map(data, name, settings), _in_repository(name))


def _in_repository(path: str) -> str:
    """The path of a file with links resolved; empty if it is a pipe, or not in the repository."""
    real = os.path.realpath(path)  # unlike Path.resolve, it does not fail on a loop of links
    inside = Path(real).is_relative_to(repository(Path.cwd()))
    return real if inside and os.path.isfile(real) else ""  # noqa: PTH113 - never fails either


AWS_AUTH = f"{NAMESPACE}/{NAME}"


def object_of(auth_map: AuthMap) -> str:
    """The namespace and name of a ConfigMap; `AWS_AUTH` where the file does not tell another one.

    A namespace may be added by `kubectl -n`, and a template may become any name.
    """
    other = {what: node.value for what, node, _ in misspelling.other_object(auth_map)}
    return "/".join((other.get("namespace", NAMESPACE), other.get("name", NAME)))


def as_read(old: Side, new: Side) -> tuple[Side, Side, str]:
    """Return the two sides as the authenticator reads them, with a warning or an empty text.

    It reads one ConfigMap only. If one of the sides is that one, and the other is not, then the
    other one is as good as no map.
    """
    objects = object_of(old.auth_map), object_of(new.auth_map)
    if objects[0] == objects[1] or AWS_AUTH not in objects:
        return old, new, ""
    sides = [old, new]
    at = int(objects[0] == AWS_AUTH)
    path = sides[at].auth_map.path
    sides[at] = sides[at]._replace(auth_map=AuthMap.from_data({}, path=path))
    warning = (
        f"{path} is ConfigMap {objects[at]}, and the authenticator reads only {AWS_AUTH}: compared "
        "as an empty map"
    )
    return sides[0], sides[1], warning


def _committed(name: str) -> Committed | None:
    """The file in a git revision that a name stands for; None if it is the name of a file.

    Raises:
        FileError: it is neither, or both.
    """
    if ":" not in name:
        return None
    is_file = os.path.lexists(name)
    try:
        committed = read_revision(name)
    except MissingObjectError:
        raise
    except FileError:
        if is_file:
            return None
        raise
    if is_file:
        raise FileError(
            name,
            f"is the name of a file, and of a file in a git revision; write `./{name}` for the "
            f"first, or `{committed.revision}^{{tree}}:{committed.path}` for the other",
        )
    return committed


def _check_not_empty(data: bytes, name: str, advice: str) -> None:
    if not data.strip():
        raise FileError(name, f"is empty; {advice}")
