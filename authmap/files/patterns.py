"""Which files git and the configuration ignore, and what belongs to a Helm chart."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from authmap.files.reading import FileError, read_bytes
from authmap.model.options import OptionError

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

    Patterns = tuple[tuple[str, GitIgnoreSpec], ...]


def repository(folder: Path) -> Path:
    """The root of the repository that a folder is in, or the folder itself outside a repository."""
    return next((up for up in (folder, *folder.parents) if (up / ".git").exists()), folder)


def patterns_above(top: str) -> Patterns:
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
            patterns = patterns_in(str(folder), {".git", ".gitignore"}, patterns)
    return patterns


def patterns_in(folder: str, names: set[str], above: Patterns) -> Patterns:
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


def compile_patterns(folder: str, lines: list[str]) -> Patterns:
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
