"""Copies of the whole object on disk, made before anything is sent."""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote

from authmap.cluster.change.plan import FieldChange
from authmap.cluster.kube.errors import ClusterError
from authmap.documents.read import MAX_BYTES
from authmap.files import FileError, read_bytes
from authmap.syntax.nodes import Mapping, Scalar, Sequence
from authmap.syntax.yaml.parser import parse

if TYPE_CHECKING:
    from collections.abc import Iterable

    from authmap.cluster.reading import LiveConfigMap
    from authmap.syntax.nodes import Node

_MAX_NAME = 200
"""Letters that a folder's name may have; a file system takes 255 at most, and some fewer."""
_HEAD = "# authmap backup "
_END = b"# end of backup\n"
_NAME = r"\d{8}T\d{6}\.\d{6}Z-[\w.%-]+\.yaml"
ROLLBACK = "-before-rollback"
"""Label of the backups that rollbacks make."""


class Origin(NamedTuple):
    """Which cluster a backup is of.

    Attributes:
        context: name of the kubeconfig's context.
        server: URL of the API server.
        uid: of the namespace kube-system, where it could be seen.
    """

    context: str
    server: str
    uid: str | None

    def differs(self, other: Origin) -> str | None:
        """What tells that another one is another cluster, or None."""
        if self.uid and other.uid:
            return None if self.uid == other.uid else "the uid of kube-system differs"
        return None if self.server == other.server else "the server differs"


class Backup(NamedTuple):
    """A copy of the object.

    Attributes:
        path: the file.
        origin: of which cluster.
        manifest: all of it.
        undo: what takes back the change that it was made for, entry by entry.
    """

    path: Path
    origin: Origin
    manifest: dict[str, Any]
    undo: frozenset[FieldChange]

    @property
    def data(self) -> dict[str, str]:
        """The texts of its keys."""
        return self.manifest.get("data") or {}


def folder(context: str, chosen: str | None = None) -> Path:
    """Where the backups of a context are.

    Args:
        context: its name.
        chosen: the folder of all contexts; None for the user's state folder
            (https://specifications.freedesktop.org/basedir-spec/latest/).

    Raises:
        ClusterError: there is none.
    """
    if chosen is None:
        state = os.environ.get("XDG_STATE_HOME", "")
        try:
            home = Path(state) if state.startswith("/") else Path.home() / ".local" / "state"
        except RuntimeError:
            raise ClusterError("there is no home folder for backups: choose --backup-dir") from None
        top = home / "authmap" / "backups"
    else:
        top = Path(chosen)
    name = quote(context, safe=" @+=,")
    if len(name) > _MAX_NAME:
        name = f"{name[:100]}-{hashlib.sha256(name.encode()).hexdigest()}"
    return top / (name if name.strip(".") else name.replace(".", "%2E"))


def save(
    live: LiveConfigMap,
    origin: Origin,
    chosen: str | None = None,
    label: str = "",
    undo: Iterable[FieldChange] = (),
) -> Path:
    """Write a backup that nobody else may read, and make sure that it is on the disk.

    Args:
        live: the object as it was read.
        origin: which cluster it is of.
        chosen: the folder of all contexts; None for the user's state folder.
        label: put behind the name.
        undo: what takes back the change that it is made for.

    Raises:
        ClusterError: it cannot be written.
    """
    where = folder(live.context, chosen)
    data = _written(live.manifest, origin, undo)
    try:
        _make(where)
        path = _stored(where, f"{quote(live.version, safe='')}{label}", data)
        _sync(where)
    except OSError as error:
        not_one = isinstance(error, FileExistsError | NotADirectoryError)
        reason = f"{error.filename} is no folder" if not_one else error.strerror
        raise ClusterError(f"no backup can be made in {where}: {reason}") from None
    return path


def _make(where: Path) -> None:
    """Make a folder and those above it, for us alone, and make sure that they are on the disk."""
    if not where.is_dir():
        _make(where.parent)
        where.mkdir(mode=0o700, exist_ok=True)
        _sync(where.parent)


def _stored(where: Path, name: str, data: bytes) -> Path:
    """Write a file that no other has the name of, and that has it only when it is whole."""
    while True:
        time = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
        path = where / f"{time}-{name}.yaml"
        partial = path.with_suffix(".partial")
        try:
            handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:  # somebody else's, of this very microsecond
            continue
        except FileNotFoundError:  # another run took the folder away, as it was empty
            _make(where)
            continue
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            if not path.exists():
                return partial.rename(path)
            partial.unlink()
        except BaseException:
            partial.unlink(missing_ok=True)
            raise


def discard(path: Path) -> None:
    """Take a backup away, and its folder where nothing else is in it."""
    path.unlink()
    with suppress(OSError):
        path.parent.rmdir()


def _sync(where: Path) -> None:
    handle = os.open(where, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _written(manifest: dict[str, Any], origin: Origin, undo: Iterable[FieldChange]) -> bytes:
    """YAML that `kubectl replace` takes, texts of several lines as blocks where that is exact.

    Raises:
        ClusterError: what is written would not be read as what it is.
    """
    from ruamel.yaml import YAML

    said = json.dumps(origin._asdict() | {"undo": list(undo)}).replace("\x7f", r"\u007f")
    head = f"{_HEAD}{said}\n".encode()  # no YAML may hold a DEL, in a comment neither
    whole = {"apiVersion": "v1", "kind": "ConfigMap"} | manifest
    yaml = YAML()
    yaml.width = 1_000_000
    for blocks in (True, False):
        buffer = io.BytesIO()
        yaml.dump(_shown(whole, blocks=blocks), buffer)
        written = head + buffer.getvalue() + _END
        with suppress(ValueError):
            if _object(written) == whole:
                return written
    raise ClusterError(
        "no backup can be made: what is in the object would not be read again as it is"
    )


def _shown(value: Any, *, blocks: bool) -> Any:
    """A value with its texts in quotes, so that no reader takes one for a number, or as blocks."""
    from ruamel.yaml.scalarstring import DoubleQuotedScalarString, LiteralScalarString

    if isinstance(value, dict):
        return {key: _shown(each, blocks=blocks) for key, each in value.items()}
    if isinstance(value, list):
        return [_shown(each, blocks=blocks) for each in value]
    if isinstance(value, str):
        block = blocks and "\n" in value
        return LiteralScalarString(value) if block else DoubleQuotedScalarString(value)
    return value


def _object(data: bytes) -> Any:
    """What YAML says that is no more than JSON: a hostile file can neither grow nor be deep.

    Raises:
        ValueError: it is something else.
    """
    trees = list(parse(data.decode()))
    if len(trees) != 1:
        raise ValueError
    return _value(trees[0].root)


def _value(node: Node) -> Any:
    if isinstance(node, Mapping):
        return {key.value: _value(each) for key, each in node.pairs if isinstance(key, Scalar)}
    if isinstance(node, Sequence):
        return [_value(item) for item in node.items]
    if not isinstance(node, Scalar) or node.tag:
        raise ValueError
    return node.value if node.style else json.loads(node.value or "null")


def listed(context: str, chosen: str | None = None) -> list[Path]:
    """The backups of a context, the newest first.

    Raises:
        ClusterError: their folder cannot be read.
    """
    where = folder(context, chosen)
    try:
        found = [path for path in where.iterdir() if re.fullmatch(_NAME, path.name, re.ASCII)]
    except FileNotFoundError:
        return []
    except OSError as error:
        raise ClusterError(f"{where}: {error.strerror}") from None
    return sorted(found, reverse=True)


def first(paths: Iterable[Path], here: Origin) -> Backup | None:
    """The first backup that is of a cluster.

    Raises:
        ClusterError: one before it cannot be read, or is none.
    """
    return next((held for held in map(load, paths) if not held.origin.differs(here)), None)


def load(path: Path) -> Backup:
    """Read a backup.

    Raises:
        ClusterError: it cannot be read, or is none.
    """
    try:
        data = read_bytes(str(path))
    except FileError as error:
        raise ClusterError(str(error)) from None
    head = data.partition(b"\n")[0].decode(errors="replace")
    try:
        if not (head.startswith(_HEAD) and data.endswith(_END) and len(data) <= MAX_BYTES):
            raise ValueError
        said = json.loads(head.removeprefix(_HEAD))
        undo = frozenset(FieldChange(*each) for each in said.pop("undo", ()))
        origin = Origin(**said)
        if not all(isinstance(text, str | None) for text in origin):
            raise ValueError
        manifest = _object(data)
        texts = manifest.get("data") or {}
        if not all(isinstance(text, str) for text in texts.values()):
            raise ValueError
        metadata = manifest["metadata"]
        if (metadata["namespace"], metadata["name"]) != ("kube-system", "aws-auth"):
            raise ValueError
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise ClusterError(
            f"{path}: this is no backup that authmap made, or not all of it"
        ) from None
    return Backup(path, origin, manifest, undo)
