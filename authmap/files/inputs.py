"""The inputs of a run: files, directories and standard input."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from authmap.documents.read import MAX_BYTES, concerns_us
from authmap.files.patterns import matches, patterns_above, patterns_in
from authmap.files.reading import FileError, read_bytes, reason_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from authmap.files.patterns import Patterns

STDIN = "-"
SUFFIXES = (".yaml", ".yml", ".json")


class Input(NamedTuple):
    """A file's bytes.

    Attributes:
        path: its path as given on the command line, or as found in a directory.
        data: its bytes.
        named: whether it was given on the command line itself, not found in a directory.
        stdin: whether it is standard input.
    """

    path: str
    data: bytes
    named: bool = True
    stdin: bool = False


class Inputs:
    """Reads the inputs: files, directories (sorted) and ``-``, in the order given.

    Iterating reads one file after the other, and each file only once. Links to files come last, so
    that a file that is also found under its own name is reported under that name.

    Args:
        paths: the paths given on the command line.
        stdin_filename: the name of standard input in reports.
        exclude: patterns of what to skip in directories, in addition to what git ignores.
        concerns: a cheap test of a file's bytes; files in directories that fail it are skipped.

    Attributes:
        files: the number of files read so far, including skipped ones.
        errors: the inputs that could not be read: path and message.
    """

    def __init__(
        self,
        paths: Iterable[str],
        stdin_filename: str = "<stdin>",
        exclude: Patterns = (),
        concerns: Callable[[bytes], bool] = concerns_us,
    ) -> None:
        self.files = 0
        self.errors: list[tuple[str, str]] = []
        self._paths = paths
        self._stdin_filename = stdin_filename
        self._concerns = concerns
        self._exclude = exclude
        self._seen: set[str] = set()
        self._links: list[tuple[str, os.DirEntry[str] | None]] = []

    def __iter__(self) -> Iterator[Input]:
        for path in self._paths:
            try:
                if path == STDIN:
                    yield self._standard_input()
                elif not path:
                    raise FileError("''", "is not a path; is a variable empty?")
                elif Path(path).is_dir():
                    yield from self._below(path)
                elif Path(path).is_symlink():
                    self._links.append((path, None))
                else:
                    yield from self._file(path, os.path.realpath(path))
            except FileError as error:
                self.errors.append((error.path, error.message))
            except OSError as error:
                self.errors.append((path, reason_of(path, error)))
        for path, entry in self._links:
            yield from self._file(path, os.path.realpath(path), entry)

    def _is_new(self, real: str) -> bool:
        new = real not in self._seen
        self._seen.add(real)
        return new

    def _standard_input(self) -> Input:
        if not self._is_new(STDIN):
            raise FileError(STDIN, "standard input can be read only once")
        if sys.stdin is None:
            raise FileError(STDIN, "standard input is closed")
        data = sys.stdin.buffer.read(MAX_BYTES + 1)
        self.files += 1
        return Input(self._stdin_filename, data, stdin=True)

    def _below(self, top: str) -> Iterator[Input]:
        """The files in a directory tree that may contain a map, without those that git ignores."""
        real = os.path.realpath(top)
        exclude = () if matches(f"{real}/", self._exclude) else self._exclude  # given by the user
        waiting = [(top, real, patterns_above(real))]
        while waiting:
            shown, real, patterns = waiting.pop()
            try:
                with os.scandir(shown) as entries:
                    children = sorted(entries, key=lambda entry: entry.name)
            except OSError as error:
                self.errors.append((shown, reason_of(shown, error)))
                continue
            patterns = patterns_in(real, {entry.name for entry in children}, patterns)
            folders = []
            for entry in children:
                inner = os.path.join(real, entry.name)  # noqa: PTH118 - pathlib is slow in large trees
                if entry.is_dir(follow_symlinks=False):
                    inner += "/"
                elif not entry.name.lower().endswith(SUFFIXES):
                    continue
                if entry.name == ".git" or matches(inner, patterns) or matches(inner, exclude):
                    continue
                if inner.endswith("/"):
                    folders.append((entry.path, inner[:-1], patterns))
                elif entry.is_symlink():
                    self._links.append((entry.path, entry))
                else:
                    yield from self._file(entry.path, inner, entry)
            waiting += reversed(folders)

    def _file(self, path: str, real: str, entry: os.DirEntry[str] | None = None) -> Iterator[Input]:
        """The input of a file that was not read yet; `entry` is set for files in directories."""
        try:
            if entry and not entry.is_file():  # a pipe, or a link to nothing or to a folder
                return
            if not self._is_new(real):
                return
            data = read_bytes(path)
        except FileError as error:
            self.errors.append((error.path, error.message))
        except OSError as error:
            self.errors.append((path, reason_of(path, error)))
        else:
            self.files += 1
            if entry is None or self._concerns(data):
                yield Input(path, data, named=entry is None)
