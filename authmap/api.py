"""Lint and fix over bytes: pure, no printing, no files, no network."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING

from authmap.documents.read import read
from authmap.documents.reading import Reading, Wanted
from authmap.fixing.results import DataFixResult, FixResult
from authmap.linting.engine import check
from authmap.linting.results import Report
from authmap.model.auth_map import AuthMap
from authmap.model.content import Unreadable
from authmap.model.options import Options
from authmap.usernames.rename import rename_targets

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


@contextmanager
def _uncollected() -> Iterator[None]:
    """Keep the garbage collector off: a tree of nodes has no cycles, and it would walk it often."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            if not gc.get_freeze_count():  # what is new counts as old at once, without a walk
                gc.freeze()
                gc.unfreeze()
            gc.enable()


class UnreadableError(ValueError):
    """A text, or a part of it, that cannot be read; the message says where and why."""


def load(source: bytes, *, path: str = "<input>") -> list[AuthMap]:
    """Read the aws-auth maps in a file.

    Args:
        source: the file's bytes.
        path: what findings call the file.

    Returns:
        The maps in the order in which they are written.

    Raises:
        UnreadableError: the file, or a part of it, cannot be read.
    """
    reading = read(source, path)
    for content in reading.contents:
        if isinstance(content, Unreadable):
            problem = content.problem
            start, _ = content.layer.span(problem.start, problem.end)
            line, column = content.source.place(start)
            remedy = f"; {problem.remedy}" if problem.remedy else ""
            raise UnreadableError(f"{path}:{line}:{column}: {problem.message}{remedy}")
    return reading.maps


@_uncollected()
def lint(
    source: bytes, *, path: str = "<input>", options: Options | None = None, named: bool = False
) -> Report:
    """Find what is wrong with the aws-auth maps in a file.

    Args:
        source: the file's bytes.
        path: what findings call the file.
        options: which rules run, and how.
        named: whether a person chose this very input, so that lists behind keys such as
            `aws_auth_roles` are taken for what they look like, in values of a chart for one.
    """
    options = options or Options()
    reading = read(source, path, Wanted(named, options.extra_paths, options.delimiters))
    return Report.of(path, check(reading.contents, _with_own_bindings(reading, options)), reading)


def _with_own_bindings(reading: Reading, options: Options) -> Options:
    """Options with the bindings in the file itself, where none are known.

    There may be others elsewhere, so what asks for all of them, still does not run.
    """
    first = reading.contents[0] if reading.contents and options.bindings is None else None
    source = first.source if first else None
    if source is None or "RoleBinding" not in source.text:
        return options
    from authmap.documents.bindings import bindings_in
    from authmap.model.bindings import Bindings

    found = [binding for tree in reading.trees for binding in bindings_in(tree.root, source)]
    missing = "only those in the file itself are known"
    return options._replace(bindings=Bindings(found, missing, incidental=True))


def lint_data(
    data: Mapping[str, str],
    *,
    path: str = "aws-auth",
    annotations: Mapping[str, str] | None = None,
    options: Options | None = None,
) -> Report:
    """Find what is wrong with the `data` of a ConfigMap, as it is in a live cluster.

    Args:
        data: the texts of its keys.
        path: what findings call the object; the section's name is put behind it.
        annotations: of the object.
        options: which rules run, and how.
    """
    reading = Reading()
    reading.contents.append(AuthMap.from_data(data, path=path, annotations=annotations))
    return Report.of(path, check(reading.contents, options or Options()), reading)


@_uncollected()
def fix(
    source: bytes, *, path: str = "<input>", options: Options | None = None, named: bool = False
) -> FixResult:
    """Mend what can be mended, and nothing else.

    Args:
        source: the file's bytes.
        path: what findings call the file.
        options: which rules run, and how; with `unsafe_fixes` also what may change access.
        named: as for `lint`.
    """
    from authmap.fixing.rounds import File, mend

    options = options or Options()
    wanted = Wanted(named, options.extra_paths, options.delimiters)
    given = File.of(source, path, wanted)
    options = _with_own_bindings(given.reading, options)
    file, applied, held_back, remaining = mend(given, options)
    reading = file.reading
    return FixResult(
        path,
        file.data,
        applied,
        held_back,
        remaining,
        reading.map_count,
        reading.others,
        reading.kubeconfigs,
        reading.secret,
        rename_targets(given.reading.maps if options.rename else ()),
        int(reading.is_broken),
    )


def fix_data(
    data: Mapping[str, str],
    *,
    path: str = "aws-auth",
    annotations: Mapping[str, str] | None = None,
    options: Options | None = None,
) -> DataFixResult:
    """Mend the `data` of a ConfigMap, as it is in a live cluster.

    Args:
        data: the texts of its keys.
        path: what findings call the object; the section's name is put behind it.
        annotations: of the object.
        options: which rules run, and how; with `unsafe_fixes` also what may change access.
    """
    from authmap.fixing.rounds import Data, mend

    given = Data.of(data, path, annotations or {})
    held, applied, held_back, remaining = mend(given, options or Options())
    return DataFixResult(path, held.data, applied, held_back, remaining)
