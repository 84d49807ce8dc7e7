"""Read a file from a git revision, as `git show REV:PATH` names it."""

from __future__ import annotations

import posixpath
import subprocess
from typing import NamedTuple

from authmap.documents.read import MAX_BYTES
from authmap.files.reading import FileError


class Committed(NamedTuple):
    """A file in a git revision.

    Attributes:
        revision: the revision as it was given.
        path: its path from the repository's root.
        data: its bytes as they are stored, without any filter.
    """

    revision: str
    path: str
    data: bytes


class MissingObjectError(FileError):
    """A file that is in a revision, but git does not have its bytes."""


class _GitError(Exception):
    """git failed; the message is its own."""


def read_revision(name: str) -> Committed:
    """Read a file from a git revision.

    Args:
        name: a revision and a path, as in `HEAD~1:deploy/aws-auth.yaml`. The path starts at the
            repository's root, or at the current directory if it starts with `./` or `../`.

    Raises:
        MissingObjectError: the file is there, but the repository does not have its bytes.
        FileError: there is no such revision, no such file in it, or no git repository here.
    """
    revision, path = _split(name)
    if not revision or "\n" in name or "\0" in name:
        raise FileError(
            name, "does not exist; for a file in a git revision, write it as in `HEAD:PATH`"
        )
    try:
        prefix = _git("rev-parse", "--show-prefix").decode(errors="surrogateescape").rstrip("\n")
    except _GitError as error:
        raise FileError(name, f"does not exist, and cannot be read from git: {error}") from None
    try:
        tree = _git("rev-parse", "--verify", "--end-of-options", f"{revision}^{{tree}}").strip()
    except _GitError:
        raise FileError(
            name,
            f"there is no file of this name, and no git revision `{revision}` in this repository; "
            "in a shallow clone, fetch it first",
        ) from None
    relative = path.startswith(("./", "../")) or path in (".", "..")
    wanted = posixpath.normpath(posixpath.join(prefix, path) if relative else path or ".")
    if wanted.startswith(("../", "/")) or wanted == "..":
        raise FileError(name, "the path leads out of the repository")
    hint = "was it renamed?"
    if prefix and not relative:
        hint = f"the path starts at the repository's root, or write `{revision}:./{path}`"
    try:
        data = _blob(name, revision, tree.decode(), wanted, hint)
    except _GitError as error:
        raise FileError(name, f"cannot be read from git: {error}") from None
    return Committed(revision, wanted, data)


def _split(name: str) -> tuple[str, str]:
    """The revision and the path: git divides them at the first colon outside of braces."""
    depth = 0
    for at, character in enumerate(name):
        depth += (character == "{") - (character == "}")
        if character == ":" and depth == 0:
            return name[:at], name[at + 1 :]
    return name, ""


def _blob(name: str, revision: str, tree: str, path: str, hint: str) -> bytes:
    """The bytes of a file in a tree.

    Raises:
        MissingObjectError: git does not have its bytes.
        FileError: it is not a file in that tree, or too large.
        _GitError: git fails.
    """
    if path == ".":
        raise FileError(name, "is a directory, not a file")
    literal = ("--literal-pathspecs", "ls-tree", "-z", "--long", "--full-tree", tree, "--", path)
    found = _git(*literal).split(b"\0")[0]
    if not found:
        raise FileError(name, f"there is no file `{path}` in revision `{revision}`; {hint}")
    mode, kind, blob, size = found.split(b"\t")[0].split()
    if kind == b"tree":
        raise FileError(name, "is a directory, not a file")
    if kind != b"blob" or mode == b"120000":
        what = "a symbolic link" if kind == b"blob" else "a submodule"
        raise FileError(name, f"is {what}, not a file; give the path of the file itself")
    if not size.isdigit():  # git prints BAD
        raise MissingObjectError(
            name,
            f"cannot be read from git: object {blob.decode()} is missing from the repository; "
            "fetch it, or check the repository with `git fsck`",
        )
    if int(size) > MAX_BYTES:
        raise FileError(name, f"is larger than authmap's limit of {MAX_BYTES:,} bytes")
    return _git("cat-file", "blob", blob.decode())


def _git(*arguments: str) -> bytes:
    """The output of a git command in the current directory.

    Raises:
        _GitError: git is not installed, or fails.
    """
    try:
        done = subprocess.run(  # noqa: S603 - no shell, and no argument can become an option
            ["git", *arguments],  # noqa: S607 - the user's git
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
    except OSError as error:
        missing = isinstance(error, FileNotFoundError)
        reason = "git is not installed" if missing else f"git cannot be run: {error.strerror}"
        raise _GitError(reason) from None
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().split("\n")
        raise _GitError(said[0].removeprefix("fatal: ") or f"git exited with {done.returncode}")
    return done.stdout
