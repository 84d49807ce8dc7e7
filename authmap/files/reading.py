"""Read files."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from authmap.documents.read import MAX_BYTES


class FileError(Exception):
    """A file that cannot be read or written; the message is for the user."""

    def __init__(self, path: str, message: str) -> None:
        super().__init__(f"{path}: {message}")
        self.path = path
        self.message = message


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
            what = "a pipe or device, not a file; use `-` to read from a pipe"
            raise FileError(path, f"is {'a directory, not a file' if stat.S_ISDIR(mode) else what}")
        with Path(path).open("rb") as file:
            before = os.fstat(file.fileno())
            data = file.read(MAX_BYTES + 1)
            after = os.fstat(file.fileno())
        if stat.S_ISREG(mode) and file_version(before) != file_version(after):
            raise FileError(path, "changed while authmap read it; run again")
        return data
    except (OSError, ValueError) as error:
        raise FileError(path, reason_of(path, error)) from None


def reason_of(path: str, error: OSError | ValueError) -> str:
    """Why a file cannot be read, in words."""
    if isinstance(error, FileNotFoundError):
        try:
            return f"is a link to `{os.readlink(path)}`, which does not exist"  # noqa: PTH115
        except OSError:
            return "does not exist"
    if isinstance(error, PermissionError):
        return "cannot be read: permission denied"
    return getattr(error, "strerror", None) or str(error)


def file_version(status: os.stat_result) -> tuple[int, int]:
    """Size and modification time: they differ if the file was written to in between."""
    return status.st_size, status.st_mtime_ns
