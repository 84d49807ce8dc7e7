"""The one aws-auth map that a question is about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from authmap.cli.console import no_map, say
from authmap.documents.read import read
from authmap.documents.reading import Wanted
from authmap.explain.reasons import describe_problem
from authmap.files import FileError, Inputs
from authmap.model.content import Unreadable

if TYPE_CHECKING:
    from authmap.config.settings import Settings
    from authmap.model.auth_map import AuthMap


def pick(path: str | None, stdin_filename: str, settings: Settings) -> AuthMap:
    """Find the one map in a file, in a folder and below it, or in standard input.

    Where it is found in a folder, standard error says where, and what there could not be read.

    Args:
        path: of the file or folder; ``-`` for standard input, None for the folder we are in.
        stdin_filename: what standard input is called.
        settings: of the run.

    Raises:
        FileError: there is no map, or more than one, or it cannot be read.
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
            say(f"authmap: passed over: {where}: {reason}")
        if not named:
            say(f"authmap: the map is {sound[0].source.path}")
        return sound[0]
    if not named:
        how = "name the file, or pipe the map in and give `-`"
        if not sound:
            raise FileError(path, f"no aws-auth map here or below: {how}")
        raise FileError(path, f"{len(sound)} aws-auth maps here or below: {how}: {_places(sound)}")
    shown = stdin_filename if path == "-" else path
    if not sound:
        raise FileError(shown, no_map(others, data))
    raise FileError(shown, f"{len(sound)} aws-auth maps in it, and one is wanted: {_places(sound)}")


def _places(maps: list[AuthMap]) -> str:
    places = sorted((m.source.path, m.source.place(m.start).line) for m in maps)
    shown = [f"{path}:{line}" for path, line in places]
    more = f" and {len(shown) - 5} more" if len(shown) > 5 else ""
    return ", ".join(shown[:5]) + more


def _unread(content: Unreadable) -> tuple[str, str]:
    problem, source = content.problem, content.source
    line, column = source.place(problem.start)
    words = describe_problem(problem, source.text[problem.start : problem.end])
    return f"{source.path}:{line}:{column}", f"it cannot be read: {words}"
