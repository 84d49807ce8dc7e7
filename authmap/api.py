"""The library's functions, all pure: over bytes, with no printing, no files and no network."""

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
from authmap.model.options import RunOptions
from authmap.usernames.rename import rename_targets

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from authmap.model.bindings import Bindings


@contextmanager
def _uncollected() -> Iterator[None]:
    """Switch the garbage collector off: trees of nodes have no cycles, and walking them is slow."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            if not gc.get_freeze_count():  # mark the new objects as old without walking them
                gc.freeze()
                gc.unfreeze()
            gc.enable()


class UnreadableError(ValueError):
    """A text, or a part of it, cannot be read; the message says where and why."""


def load(source: bytes, *, path: str = "<input>") -> list[AuthMap]:
    """Read the aws-auth maps in a file.

    Args:
        source: the file's bytes: YAML or JSON, of any number of documents.
        path: the name of the file in findings and errors.

    Returns:
        The maps in the order in which they are written.

    Raises:
        UnreadableError: the file, or a part of it, cannot be read.
        TypeError: the source is not bytes.
    """
    reading = read(_bytes(source), path)
    for content in reading.contents:
        if isinstance(content, Unreadable):
            problem = content.problem
            remedy = f"; {problem.remedy}" if problem.remedy else ""
            raise UnreadableError(f"{content.location}: {problem.message}{remedy}")
    return reading.maps


def load_bindings(source: bytes, *, path: str = "<input>") -> Bindings:
    """Read the RBAC bindings in a file of manifests, for `Options`.

    Args:
        source: the file's bytes: YAML or JSON, of any number of documents, lists among them.
        path: the name of the file in findings and errors.

    Raises:
        UnreadableError: the file cannot be read.
        TypeError: the source is not bytes.
    """
    from authmap.documents.bindings import read_bindings
    from authmap.model.bindings import Bindings

    try:
        return Bindings(read_bindings(_bytes(source), path))
    except ValueError as error:
        raise UnreadableError(f"{path}: {error}") from None


@_uncollected()
def lint(
    source: bytes,
    *,
    path: str = "<input>",
    options: RunOptions | None = None,
    named: bool = False,
) -> Report:
    """Find what is wrong with the aws-auth maps in a file.

    Args:
        source: the file's bytes: YAML or JSON, of any number of documents.
        path: the name of the file in findings.
        options: which rules run, and how.
        named: whether the user named this file. If so, lists at keys such as `aws_auth_roles`, as
            in the values of a chart, are read as maps.

    Raises:
        TypeError: the source is not bytes.
    """
    options = options or RunOptions()
    reading = read(_bytes(source), path, Wanted(named, options.extra_paths, options.delimiters))
    return Report.of(path, check(reading.contents, _with_own_bindings(reading, options)), reading)


def _bytes(source: object) -> bytes:
    if not isinstance(source, bytes):
        hint = ""
        if isinstance(source, str):
            hint = ": encode the text first, as in text.encode()"
        elif isinstance(source, (bytearray, memoryview)):
            hint = ": convert it, as in bytes(source)"
        raise TypeError(f"authmap reads bytes, not {type(source).__name__}{hint}")
    return source


def _with_own_bindings(reading: Reading, options: RunOptions) -> RunOptions:
    """Options with the bindings in the file itself, where no others are given.

    There may be more bindings elsewhere, so rules that need all of them still do not run.
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
    options: RunOptions | None = None,
) -> Report:
    """Find what is wrong with the `data` of a ConfigMap, for example of a live cluster.

    Args:
        data: the text at each key, such as `mapRoles`.
        path: the name of the object in findings; the name of the section is added to it.
        annotations: the annotations of the object.
        options: which rules run, and how.
    """
    reading = Reading()
    reading.contents.append(AuthMap.from_data(data, path=path, annotations=annotations))
    return Report.of(path, check(reading.contents, options or RunOptions()), reading)


@_uncollected()
def fix(
    source: bytes,
    *,
    path: str = "<input>",
    options: RunOptions | None = None,
    named: bool = False,
) -> FixResult:
    """Fix what can be fixed in the aws-auth maps of a file, and change nothing else.

    Args:
        source: the file's bytes: YAML or JSON, of any number of documents.
        path: the name of the file in findings.
        options: which rules run, and how; with `unsafe_fixes` also fixes that could change who
            has access.
        named: as in `lint`.

    Raises:
        TypeError: the source is not bytes.
    """
    from authmap.fixing.rounds import fix_in_rounds
    from authmap.fixing.target import File

    options = options or RunOptions()
    wanted = Wanted(named, options.extra_paths, options.delimiters)
    given = File.of(_bytes(source), path, wanted)
    options = _with_own_bindings(given.reading, options)
    file, applied, held_back, remaining = fix_in_rounds(given, options)
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
    options: RunOptions | None = None,
) -> DataFixResult:
    """Fix what can be fixed in the `data` of a ConfigMap, for example of a live cluster.

    Args:
        data: the text at each key, such as `mapRoles`.
        path: the name of the object in findings; the name of the section is added to it.
        annotations: the annotations of the object.
        options: which rules run, and how; with `unsafe_fixes` also fixes that could change who
            has access.
    """
    from authmap.fixing.rounds import fix_in_rounds
    from authmap.fixing.target import Data

    given = Data.of(data, path, annotations or {})
    held, applied, held_back, remaining = fix_in_rounds(given, options or RunOptions())
    return DataFixResult(path, held.data, applied, held_back, remaining)
