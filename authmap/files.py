"""Files in and out: which ones are looked at, how they are read, and atomic writes."""

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
    """A file that cannot be read or written; the message is for the person who named it."""

    def __init__(self, path: str, message: str) -> None:
        super().__init__(f"{path}: {message}")
        self.path = path
        self.message = message


class Input(NamedTuple):
    """A file's bytes.

    Attributes:
        path: its name as it was given, or as it was found below a directory.
        data: its bytes.
        named: whether it was given itself, rather than found below a directory.
        stdin: whether it is standard input.
    """

    path: str
    data: bytes
    named: bool = True
    stdin: bool = False


class Inputs:
    """What is named: files, directories, ``-``; in the order given, each directory sorted.

    Iterating reads them one after the other, each once, however often it is named or linked to.
    Links to files come last: what they lead to goes by its own name where that is among the others.

    Args:
        paths: as given by the person.
        stdin_filename: what standard input is called.
        exclude: what is passed over below directories, besides what git ignores.
        concerns: a cheap test that passes over what need not be read below a directory.

    Attributes:
        files: how many files were looked at so far, those that cannot concern us among them.
        errors: what kept others from being read: path and message.
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
                    raise FileError("''", "is no path; an empty variable, perhaps")
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
        """The files below a directory that may concern us, but for what git ignores."""
        real = os.path.realpath(top)
        exclude = () if matches(f"{real}/", self._exclude) else self._exclude  # it was named
        waiting = [(top, real, _patterns_above(real))]
        while waiting:
            shown, real, patterns = waiting.pop()
            try:
                with os.scandir(shown) as entries:
                    held = sorted(entries, key=lambda entry: entry.name)
            except OSError as error:
                self.errors.append((shown, _reason(shown, error)))
                continue
            patterns = _patterns_of(real, {entry.name for entry in held}, patterns)
            folders = []
            for entry in held:
                inner = os.path.join(real, entry.name)  # noqa: PTH118 - felt in large trees
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
        """A file that was not read yet, named or found as an entry of a directory."""
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
    """A regular file's bytes; no more than one above the limit of what is read.

    Raises:
        FileError: it does not exist, is no file, or cannot be read.
    """
    try:
        mode = Path(path).stat().st_mode
        # what the shell makes of <(command) is a pipe with somebody at its other end
        open_already = path.startswith(("/dev/fd/", "/dev/stdin", "/proc/self/fd/"))
        if not stat.S_ISREG(mode) and not open_already:
            what = "a directory" if stat.S_ISDIR(mode) else "a pipe or device"
            raise FileError(path, f"is {what}, not a file; to read a pipe, give `-`")
        with Path(path).open("rb") as file:
            before = os.fstat(file.fileno())
            data = file.read(MAX_BYTES + 1)
            after = os.fstat(file.fileno())
        if stat.S_ISREG(mode) and _version(before) != _version(after):
            raise FileError(path, "changed while it was read; run again")
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
        return "may not be read by this user"
    return getattr(error, "strerror", None) or str(error)


def repository(folder: Path) -> Path:
    """The root of the repository that a folder is in, or the folder itself where it is in none."""
    return next((up for up in (folder, *folder.parents) if (up / ".git").exists()), folder)


def _patterns_above(top: str) -> Patterns:
    """What git ignores below a folder, by the files above it, up to the repository's root.

    Where that is the folder itself, it was named all the same, and nothing above it counts.
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
    """The patterns that hold in a folder: those that held above it, and its own."""
    files = []
    if ".git" in names and Path(folder, ".git").exists():  # what is above another repository ends
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

    with warnings.catch_warnings(action="ignore"):  # about patterns that are odd as expressions
        try:
            return GitIgnoreSpec.from_lines(lines)
        except (ValueError, re.error):  # git passes over a line that is no pattern
            if len(lines) == 1:
                return GitIgnoreSpec.from_lines([])
            half = len(lines) // 2
            first, second = _spec(lines[:half]), _spec(lines[half:])
            return GitIgnoreSpec([*first.patterns, *second.patterns])


def patterns(folder: str, lines: list[str]) -> Patterns:
    """Patterns as of .gitignore that hold in a folder.

    Raises:
        OptionError: one of them is no pattern.
    """
    if not lines:
        return ()
    spec = _spec(lines)
    if len(spec.patterns) < len(lines):
        bad = next(line for line in lines if not _spec([line]).patterns)
        raise OptionError(f"`{bad}` is no pattern as of .gitignore")
    return ((f"{os.path.realpath(folder)}/", spec),)


def matches(path: str, patterns: Patterns) -> bool:
    """Whether patterns name a path (a folder's ends in a slash); the nearest file's decide."""
    for folder, spec in reversed(patterns):
        decided = spec.check_file(path[len(folder) :]).include if path.startswith(folder) else None
        if decided is not None:
            return decided
    return False


def is_in_chart(path: str) -> bool:
    """Whether a file is among the templates of a Helm chart, all of which Helm renders."""
    folders = Path(path).absolute().parents
    return any(f.name == "templates" and (f.parent / "Chart.yaml").is_file() for f in folders)


def _version(held: os.stat_result) -> tuple[int, int]:
    """What differs where a file was written to meanwhile."""
    return held.st_size, held.st_mtime_ns


def write_atomic(path: str, data: bytes, before: bytes) -> str | None:
    """Replace a file's bytes: all or nothing, with the mode and owner it had, through symlinks.

    Args:
        path: the file.
        data: its new bytes.
        before: the bytes the new ones were made from; the file must still hold them.

    Returns:
        What the person should know besides.

    Raises:
        FileError: it has changed meanwhile, or cannot be written; it is as it was.
    """
    import shutil
    import tempfile

    real = os.path.realpath(path)
    folder = os.path.dirname(real)  # noqa: PTH120
    temporary = None
    doing = f"no file can be made in `{folder}`"
    try:
        held = os.stat(real)  # noqa: PTH116
        if not os.access(real, os.W_OK):
            raise FileError(path, "is as it was, as it may not be written by this user")
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".authmap-", delete=False) as file:
            temporary = file.name
            doing = "its new content cannot be stored"
            file.write(data)
            file.flush()
            doing = "its owner cannot be kept"
            made = os.fstat(file.fileno())
            if (held.st_uid, held.st_gid) != (made.st_uid, made.st_gid):
                os.chown(temporary, held.st_uid, held.st_gid)
            doing = "it cannot be replaced"
            shutil.copystat(real, temporary)
            os.utime(temporary)
            os.fsync(file.fileno())
        if read_bytes(real) != before:
            raise FileError(path, "has changed since it was read; nothing was written: run again")
        os.replace(temporary, real)  # noqa: PTH105
        temporary = None
        _sync(folder)
    except OSError as error:
        raise FileError(path, f"is as it was, as {doing}: {error.strerror}") from None
    finally:
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)
    if held.st_nlink > 1:
        return f"had {held.st_nlink} names (hard links); the others keep what it held before"
    return None


def write_report(path: str, data: bytes) -> None:
    """Write a file anew, whether there was one or not: all or nothing, but for a pipe or device.

    Raises:
        FileError: it cannot be written; if there was one, it is as it was.
    """
    real = os.path.realpath(path)
    folder = os.path.dirname(real)  # noqa: PTH120
    temporary = os.path.join(folder, f".authmap-{os.urandom(8).hex()}")  # noqa: PTH118
    try:
        mode = Path(path).stat().st_mode if Path(path).exists() else None
        if mode is not None and not stat.S_ISREG(mode):
            Path(path).write_bytes(data)
            return
        with Path(temporary).open("xb") as file:  # with the mode that new files have
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
    """Make a rename last (where folders can be opened for that)."""
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
    """A file's name from here, as `patch` and git look for it: the real one, behind any links.

    It begins with `../` where they are not to find it: git would take `sub/a.yaml` in the folder
    `sub` for a name from the repository's root (`guess_p_value` in its apply.c).
    """
    here, name = os.path.realpath("."), os.path.relpath(os.path.realpath(path))
    if name.startswith(os.path.relpath(here, repository(Path(here))) + "/"):
        return f"../{os.path.basename(here)}/{name}"  # noqa: PTH119
    return name


def patched_from(paths: Iterable[str]) -> str:
    """The folder in which `patch` and git find all of the files."""
    top = repository(Path(os.path.realpath(".")))
    return os.path.commonpath([top, *map(os.path.realpath, paths)])
