"""Finds the one aws-auth map that `show`, `resolve` and `diff` work on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from authmap.cli.console import no_map, say
from authmap.documents.read import read
from authmap.documents.reading import Reading, Wanted
from authmap.explain.reasons import describe_problem
from authmap.files.inputs import Inputs
from authmap.files.reading import FileError
from authmap.model.content import Unreadable

if TYPE_CHECKING:
    from authmap.config.settings import Settings
    from authmap.model.auth_map import AuthMap


def pick(path: str | None, stdin_filename: str, settings: Settings) -> AuthMap:
    """Find the only map in a file, below a directory, or in standard input.

    For a directory, standard error reports where the map is, and which files could not be read.

    Args:
        path: the file or directory; ``-`` for standard input, None for the current directory.
        stdin_filename: the name of standard input in reports.
        settings: the settings of the run.

    Raises:
        FileError: there is no map, there are several, or the map cannot be read.
    """
    path = path or "."
    inputs = Inputs([path], stdin_filename, settings.exclude)
    sound: list[AuthMap] = []
    unread: list[tuple[str, str]] = []
    for given in inputs:
        if given.named:
            return only_map(given.data, given.path, settings)
        reading = _read(given.data, given.path, settings, named=False)
        sound += reading.maps
        unread += _unread(reading)
    unread = inputs.errors + unread
    if unread and not sound:
        raise FileError(*unread[0])
    if len(sound) == 1:
        for where, reason in unread:
            say(f"authmap: skipped: {where}: {reason}")
        say(f"authmap: using the map in {sound[0].source.path}")
        return sound[0]
    how = "give the file as PATH, or pipe the map in and use `-`"
    if not sound:
        raise FileError(path, f"no aws-auth map in this directory or below: {how}")
    raise FileError(
        path, f"found {len(sound)} aws-auth maps, but need exactly one: {_places(sound)}; {how}"
    )


def only_map(data: bytes, path: str, settings: Settings, shown: str | None = None) -> AuthMap:
    """The only map in a file.

    Args:
        data: the bytes of the file.
        path: its path, which decides about its settings.
        settings: the settings of the run.
        shown: its name in reports, if that is not its path.

    Raises:
        FileError: there is no map, there are several, or the map cannot be read.
    """
    shown = shown or path
    reading = _read(data, path, settings, shown=shown)
    unread = _unread(reading)
    if unread:
        raise FileError(*unread[0])
    found = reading.maps
    if not found:
        others = ["a kubeconfig"] * reading.kubeconfigs + reading.others
        raise FileError(shown, no_map(others, data))
    if len(found) > 1:
        raise FileError(
            shown, f"found {len(found)} aws-auth maps, but need exactly one: {_places(found)}"
        )
    return found[0]


def _read(
    data: bytes, path: str, settings: Settings, *, shown: str | None = None, named: bool = True
) -> Reading:
    options = settings.options_for(path)
    return read(data, shown or path, Wanted(named, options.extra_paths, options.delimiters))


def _unread(reading: Reading) -> list[tuple[str, str]]:
    """The parts of a file that cannot be read: place and reason."""
    found = []
    for content in reading.contents:
        if isinstance(content, Unreadable):
            problem = content.problem
            start, end = content.layer.span(problem.start, problem.end)
            text = content.source.text[start:end]  # where secrets are hidden
            reason = f"cannot be read: {describe_problem(problem, text)}"
            found.append((content.location, reason))
    return found


def _places(maps: list[AuthMap]) -> str:
    places = sorted((m.source.path, m.source.place(m.start).line) for m in maps)
    shown = [f"{path}:{line}" for path, line in places]
    more = f" and {len(shown) - 5} more" if len(shown) > 5 else ""
    return ", ".join(shown[:5]) + more
