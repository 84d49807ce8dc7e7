"""Write files atomically."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from authmap.files.reading import FileError, read_bytes


def sync_folder(folder: str | Path) -> None:
    """Flush a folder's new names to disk, on systems and disks that can.

    Windows cannot open folders, and some network disks cannot flush them.
    """
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
        sync_folder(folder)
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
        sync_folder(folder)
    except OSError as error:
        raise FileError(path, f"cannot be written: {error.strerror}") from None
    finally:
        Path(temporary).unlink(missing_ok=True)
