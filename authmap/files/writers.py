"""Find out who else could have written a file."""

from __future__ import annotations

import os
import stat
import sys
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Writers(NamedTuple):
    """Others who could have written a file.

    Attributes:
        why: what allows them to, in words.
        anybody: whether they are all users of the machine.
    """

    why: str
    anybody: bool


def other_writers(path: Path) -> Writers | None:
    """Who could have written a file beside this user and root; None if nobody could.

    Whoever may write a folder may replace what is in it, but for a sticky folder such as /tmp.

    Raises:
        OSError: the file cannot be examined.
    """
    if sys.platform == "win32":  # permissions have other forms there
        return None
    found = []
    for each in dict.fromkeys(_on_the_way(path)):
        status = each.stat()
        sticky = stat.S_ISDIR(status.st_mode) and status.st_mode & stat.S_ISVTX
        if status.st_mode & stat.S_IWOTH and not sticky:
            return Writers(f"anybody can write {each}", anybody=True)
        if status.st_uid not in (0, os.geteuid()):
            found.append(f"{each} belongs to another user")
        elif status.st_mode & stat.S_IWGRP and not sticky:
            found.append(f"others can write {each}")
    return Writers(found[0], anybody=False) if found else None


def _on_the_way(path: Path) -> Iterator[Path]:
    """The file, and all folders in which a part of the way to it stands."""
    yield path.resolve()
    yield from path.resolve().parents
    here = path.absolute()
    while True:
        yield from here.parents
        if not here.is_symlink():
            return
        here = here.parent / here.readlink()
