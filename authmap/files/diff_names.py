"""The names of files in a diff, so that `git apply` and `patch` find them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from authmap.files.patterns import repository

if TYPE_CHECKING:
    from collections.abc import Iterable


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
