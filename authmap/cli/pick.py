"""Finds the one aws-auth map that `show` and `resolve` work on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from authmap.cli.console import no_map, say
from authmap.documents.read import read
from authmap.documents.reading import Wanted
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
    sound: list[AuthMap] = []
    unread: list[tuple[str, str]] = []
    others: list[str] = []
    data = b""
    inputs = Inputs([path], stdin_filename, settings.exclude)
    named = False
    for given in inputs:
        named = given.named
        options = settings.options_for(given.path)
        wanted = Wanted(given.named, options.extra_paths, options.delimiters)
        data = given.data
        reading = read(data, given.path, wanted)
        sound += reading.maps
        unread += [_unread(each) for each in reading.contents if isinstance(each, Unreadable)]
        others += ["a kubeconfig"] * reading.kubeconfigs
        others += reading.others
    unread = inputs.errors + unread
    if unread and (named or not sound):
        raise FileError(*unread[0])
    if len(sound) == 1:
        for where, reason in unread:
            say(f"authmap: skipped: {where}: {reason}")
        if not named:
            say(f"authmap: using the map in {sound[0].source.path}")
        return sound[0]
    if not named:
        how = "give the file as PATH, or pipe the map in and use `-`"
        if not sound:
            raise FileError(path, f"no aws-auth map in this directory or below: {how}")
        raise FileError(
            path, f"found {len(sound)} aws-auth maps, but need exactly one: {_places(sound)}; {how}"
        )
    shown = stdin_filename if path == "-" else path
    if not sound:
        raise FileError(shown, no_map(others, data))
    raise FileError(
        shown, f"found {len(sound)} aws-auth maps, but need exactly one: {_places(sound)}"
    )


def _places(maps: list[AuthMap]) -> str:
    places = sorted((m.source.path, m.source.place(m.start).line) for m in maps)
    shown = [f"{path}:{line}" for path, line in places]
    more = f" and {len(shown) - 5} more" if len(shown) > 5 else ""
    return ", ".join(shown[:5]) + more


def _unread(content: Unreadable) -> tuple[str, str]:
    problem = content.problem
    start, end = content.layer.span(problem.start, problem.end)
    reason = describe_problem(problem, content.source.text[start:end])  # where secrets are hidden
    return content.location, f"cannot be read: {reason}"
