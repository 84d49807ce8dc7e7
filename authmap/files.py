"""Find input files, read them, and write files atomically."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from authmap.documents.read import MAX_BYTES, concerns_us
from authmap.model.options import OptionError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from pathspec import GitIgnoreSpec

    Patterns = tuple[tuple[str, GitIgnoreSpec], ...]

STDIN = "-"
SUFFIXES = (".yaml", ".yml", ".json")


class FileError(Exception):
    """A file that cannot be read or written; the message is for the user."""

    def __init__(self, path: str, message: str) -> None:
        super().__init__(f"{path}: {message}")
        self.path = path
        self.message = message


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
                self.errors.append((path, _reason(path, error)))
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
        waiting = [(top, real, _patterns_above(real))]
        while waiting:
            shown, real, patterns = waiting.pop()
            try:
                with os.scandir(shown) as entries:
                    children = sorted(entries, key=lambda entry: entry.name)
            except OSError as error:
                self.errors.append((shown, _reason(shown, error)))
                continue
            patterns = _patterns_of(real, {entry.name for entry in children}, patterns)
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
            self.errors.append((path, _reason(path, error)))
        else:
            self.files += 1
            if entry is None or self._concerns(data):
                yield Input(path, data, named=entry is None)


def read_bytes(path: str) -> bytes:
    """The bytes of a regular file, up to one more than `MAX_BYTES`.

    Raises:
        FileError: it does not exist, is not a file, or cannot be read.
    """
    try:
        mode = Path(path).stat().st_mode
        # <(command) in a shell is a pipe with a writer at its other end
        open_already = path.startswith(("/dev/fd/", "/dev/stdin", "/proc/self/fd/"))
        if not stat.S_ISREG(mode) and not open_already:
            what = "a directory" if stat.S_ISDIR(mode) else "a pipe or device"
            raise FileError(path, f"is {what}, not a file; use `-` to read from a pipe")
        with Path(path).open("rb") as file:
            before = os.fstat(file.fileno())
            data = file.read(MAX_BYTES + 1)
            after = os.fstat(file.fileno())
        if stat.S_ISREG(mode) and _version(before) != _version(after):
            raise FileError(path, "changed while authmap read it; run again")
        return data
    except (OSError, ValueError) as error:
        raise FileError(path, _reason(path, error)) from None


def _reason(path: str, error: OSError | ValueError) -> str:
    if isinstance(error, FileNotFoundError):
        try:
            return f"is a link to `{os.readlink(path)}`, which does not exist"  # noqa: PTH115
        except OSError:
            return "does not exist"
    if isinstance(error, PermissionError):
        return "cannot be read: permission denied"
    return getattr(error, "strerror", None) or str(error)


def repository(folder: Path) -> Path:
    """The root of the repository that a folder is in, or the folder itself outside a repository."""
    return next((up for up in (folder, *folder.parents) if (up / ".git").exists()), folder)


def _patterns_above(top: str) -> Patterns:
    """The git ignore patterns for a folder from the folders above it, up to the repository root.

    If they ignore the folder itself, the result is empty, because the user asked for that folder.
    """
    here = Path(top)
    root = repository(here)
    patterns: Patterns = ()
    for folder in [each for each in (here, *here.parents) if each.is_relative_to(root)][::-1]:
        if folder != root and matches(f"{folder}/", patterns):
            return ()
        if folder != here:
            patterns = _patterns_of(str(folder), {".git", ".gitignore"}, patterns)
    return patterns


def _patterns_of(folder: str, names: set[str], above: Patterns) -> Patterns:
    """The patterns that apply in a folder: those from above it, and its own."""
    files = []
    if ".git" in names and Path(folder, ".git").exists():  # patterns above it do not apply
        above = ()
        files.append(".git/info/exclude")
    if ".gitignore" in names:
        files.append(".gitignore")
    for name in files:
        try:
            text = read_bytes(f"{folder}/{name}").decode("utf-8-sig", "surrogateescape")
        except FileError:
            continue
        above = (*above, (f"{folder}/", _spec(text.split("\n"))))
    return above


def _spec(lines: list[str]) -> GitIgnoreSpec:
    import re
    import warnings

    from pathspec import GitIgnoreSpec

    with warnings.catch_warnings(action="ignore"):  # warnings about odd regular expressions
        try:
            return GitIgnoreSpec.from_lines(lines)
        except (ValueError, re.error):  # git skips a line that is not a pattern
            if len(lines) == 1:
                return GitIgnoreSpec.from_lines([])
            half = len(lines) // 2
            first, second = _spec(lines[:half]), _spec(lines[half:])
            return GitIgnoreSpec([*first.patterns, *second.patterns])


def patterns(folder: str, lines: list[str]) -> Patterns:
    """Patterns in .gitignore syntax that apply in a folder.

    Raises:
        OptionError: a line is not a valid pattern.
    """
    if not lines:
        return ()
    spec = _spec(lines)
    if len(spec.patterns) < len(lines):
        bad = next(line for line in lines if not _spec([line]).patterns)
        raise OptionError(f"`{bad}` is not a valid .gitignore pattern")
    return ((f"{os.path.realpath(folder)}/", spec),)


def matches(path: str, patterns: Patterns) -> bool:
    """Whether patterns match a path (of a folder: with a final slash); the nearest file decides."""
    for folder, spec in reversed(patterns):
        decided = spec.check_file(path[len(folder) :]).include if path.startswith(folder) else None
        if decided is not None:
            return decided
    return False


def is_in_chart(path: str) -> bool:
    """Whether a file is in the `templates` folder of a Helm chart, where Helm renders all files."""
    folders = Path(path).absolute().parents
    return any(f.name == "templates" and (f.parent / "Chart.yaml").is_file() for f in folders)


def _version(status: os.stat_result) -> tuple[int, int]:
    """Size and modification time: they differ if the file was written to in between."""
    return status.st_size, status.st_mtime_ns


def write_atomic(path: str, data: bytes, before: bytes) -> str | None:
    """Replace a file's bytes atomically; keeps its mode and owner and follows symlinks.

    Args:
        path: the file.
        data: its new bytes.
        before: the bytes that the new ones are based on; the file must still have them.

    Returns:
        A warning for the user, or None.

    Raises:
        FileError: it has changed since, or cannot be written; it was not changed.
    """
    import shutil
    import tempfile

    real = os.path.realpath(path)
    folder = os.path.dirname(real)  # noqa: PTH120
    temporary = None
    failure = f"cannot create a file in `{folder}`"
    try:
        status = os.stat(real)  # noqa: PTH116
        if not os.access(real, os.W_OK):
            raise FileError(path, "was not changed: you do not have permission to write it")
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".authmap-", delete=False) as file:
            temporary = file.name
            failure = "cannot store its new content"
            file.write(data)
            file.flush()
            failure = "cannot keep its owner"
            new = os.fstat(file.fileno())
            if (status.st_uid, status.st_gid) != (new.st_uid, new.st_gid):
                os.chown(temporary, status.st_uid, status.st_gid)
            failure = "cannot replace it"
            shutil.copystat(real, temporary)
            os.utime(temporary)
            os.fsync(file.fileno())
        if read_bytes(real) != before:
            raise FileError(path, "has changed since it was read; nothing was written: run again")
        os.replace(temporary, real)  # noqa: PTH105
        temporary = None
        _sync(folder)
    except OSError as error:
        raise FileError(path, f"was not changed: {failure}: {error.strerror}") from None
    finally:
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)
    if status.st_nlink > 1:
        return f"had {status.st_nlink} hard links; the other names still have the old content"
    return None


def write_report(path: str, data: bytes) -> None:
    """Create or replace a file atomically; a pipe or device is written to directly.

    Raises:
        FileError: it cannot be written; an existing file is unchanged.
    """
    real = os.path.realpath(path)
    folder = os.path.dirname(real)  # noqa: PTH120
    temporary = os.path.join(folder, f".authmap-{os.urandom(8).hex()}")  # noqa: PTH118
    try:
        mode = Path(path).stat().st_mode if Path(path).exists() else None
        if mode is not None and not stat.S_ISREG(mode):
            Path(path).write_bytes(data)
            return
        with Path(temporary).open("xb") as file:  # with the default mode of new files
            if mode is not None:
                os.chmod(temporary, stat.S_IMODE(mode))  # noqa: PTH101
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, real)  # noqa: PTH105
        _sync(folder)
    except OSError as error:
        raise FileError(path, f"cannot be written: {error.strerror}") from None
    finally:
        Path(temporary).unlink(missing_ok=True)


def _sync(folder: str) -> None:
    """Flush a rename to disk, on systems where folders can be opened."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(handle)
    except OSError:
        pass
    finally:
        os.close(handle)


def patched_name(path: str) -> str:
    """A file's real path (links resolved), relative to the current directory, for a diff.

    In the folder `sub`, git would read `sub/a.yaml` as a path from the repository's root
    (`guess_p_value` in its apply.c). Such a path gets a leading `../` so that git does not find it.
    """
    here, name = os.path.realpath("."), os.path.relpath(os.path.realpath(path))
    if name.startswith(os.path.relpath(here, repository(Path(here))) + "/"):
        return f"../{os.path.basename(here)}/{name}"  # noqa: PTH119
    return name


def patched_from(paths: Iterable[str]) -> str:
    """The folder to run `patch` or `git apply` in, so that they find all of the files."""
    top = repository(Path(os.path.realpath(".")))
    return os.path.commonpath([top, *map(os.path.realpath, paths)])
