"""Backups: copies of the whole object on disk, written before anything is sent."""

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
from authmap.files.reading import FileError, read_bytes
from authmap.files.writing import sync_folder
from authmap.syntax.nodes import Mapping, Scalar, Sequence
from authmap.syntax.yaml.parser import parse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from authmap.cluster.kube.session import Session
    from authmap.cluster.reading import LiveConfigMap
    from authmap.syntax.nodes import Node

_MAX_NAME = 200
"""Maximum length of a folder's name; file systems allow 255 bytes at most, some fewer."""
_HEAD = "# authmap backup "
_END = b"# end of backup\n"
_NAME = r"\d{8}T\d{6}\.\d{6}Z-[\w.%-]+\.yaml"
ROLLBACK = "-before-rollback"
"""Label in the names of backups that rollbacks write."""


class Origin(NamedTuple):
    """The cluster that a backup was made of.

    Attributes:
        context: name of the kubeconfig context.
        server: URL of the API server.
        uid: uid of the namespace kube-system; None if it could not be read.
    """

    context: str
    server: str
    uid: str | None

    @classmethod
    def of(cls, session: Session) -> Origin:
        """The cluster of a session.

        Raises:
            ClusterError: the API server does not answer.
        """
        return cls(session.context, session.server, session.cluster_uid)

    def differs(self, other: Origin) -> str | None:
        """Why the other origin is another cluster, or None if it is not."""
        if self.uid and other.uid:
            return None if self.uid == other.uid else "the uid of kube-system differs"
        return None if self.server == other.server else "the server differs"


class Header(NamedTuple):
    """The first line of a backup.

    Attributes:
        origin: the cluster it was made of.
        undo: the field changes that undo the change it was made for.
        after: digest of the object's data after that change; None in a backup of an old authmap.
    """

    origin: Origin
    undo: frozenset[FieldChange]
    after: str | None


class Backup(NamedTuple):
    """A copy of the object.

    Attributes:
        path: the file.
        header: its first line.
        manifest: the whole object.
    """

    path: Path
    header: Header
    manifest: dict[str, Any]

    @property
    def data(self) -> dict[str, str]:
        """The `data` of the object: text by key."""
        return self.manifest.get("data") or {}


def digest(data: dict[str, str]) -> str:
    """A digest of an object's data, which tells whether a change is still in effect."""
    return hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()


def folder(context: str, chosen: str | None = None) -> Path:
    """The folder with the backups of a context.

    Args:
        context: name of the context.
        chosen: the folder for all contexts; None for the user's state folder
            (https://specifications.freedesktop.org/basedir-spec/latest/).

    Raises:
        ClusterError: the user has no home folder.
    """
    if chosen is None:
        state = os.environ.get("XDG_STATE_HOME", "")
        try:
            home = Path(state) if state.startswith("/") else Path.home() / ".local" / "state"
        except RuntimeError:
            raise ClusterError("no home directory for backups: use --backup-dir") from None
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
    after: dict[str, str] | None = None,
) -> Path:
    """Write a backup that only the user may read, and flush it to disk.

    Args:
        live: the object as it was read.
        origin: the cluster it was read from.
        chosen: the folder for all contexts; None for the user's state folder.
        label: suffix for the file's name.
        undo: the field changes that undo the change the backup is made for.
        after: the data after that change; None for the data as it was read.

    Raises:
        ClusterError: the backup cannot be written.
    """
    where = folder(live.context, chosen)
    header = Header(origin, frozenset(undo), digest(live.data if after is None else after))
    data = _to_yaml(live.manifest, header)
    try:
        _make_folder(where)
        path = _store(where, f"{quote(live.version, safe='')}{label}", data)
        sync_folder(where)
    except OSError as error:
        not_one = isinstance(error, FileExistsError | NotADirectoryError)
        reason = f"{error.filename} is not a directory" if not_one else error.strerror
        raise ClusterError(f"cannot write a backup in {where}: {reason}") from None
    return path


def _make_folder(where: Path) -> None:
    """Make a folder and its parents, readable by the user alone, and flush them to disk."""
    if not where.is_dir():
        _make_folder(where.parent)
        where.mkdir(mode=0o700, exist_ok=True)
        sync_folder(where.parent)


def _store(where: Path, name: str, data: bytes) -> Path:
    """Write a file under a new name, which it gets only once it is complete."""
    while True:
        time = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
        path = where / f"{time}-{name}.yaml"
        partial = path.with_suffix(".partial")
        try:
            handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:  # of another run in the same microsecond
            continue
        except FileNotFoundError:  # another run removed the empty folder
            _make_folder(where)
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
    """Remove a backup if it is still there, and its folder if that is empty then.

    Raises:
        OSError: it is there and cannot be removed.
    """
    with suppress(FileNotFoundError, NotADirectoryError):
        path.unlink()
    with suppress(OSError):
        path.parent.rmdir()


def _to_yaml(manifest: dict[str, Any], header: Header) -> bytes:
    """YAML for `kubectl replace`, with literal blocks for multi-line texts where they are exact.

    Raises:
        ClusterError: the YAML would not read back as the same object.
    """
    from ruamel.yaml import YAML

    fields = json.dumps(
        header.origin._asdict() | {"undo": sorted(header.undo), "after": header.after}
    ).replace("\x7f", r"\u007f")
    head = f"{_HEAD}{fields}\n".encode()  # YAML does not allow a DEL, not even in a comment
    whole = {"apiVersion": "v1", "kind": "ConfigMap"} | manifest
    yaml = YAML()
    yaml.width = 1_000_000
    for blocks in (True, False):
        buffer = io.BytesIO()
        yaml.dump(_with_styles(whole, blocks=blocks), buffer)
        written = head + buffer.getvalue() + _END
        with suppress(ValueError):
            if _from_yaml(written) == whole:
                return written
    raise ClusterError("cannot write a backup: the object would not read back exactly as it is")


def _with_styles(value: Any, *, blocks: bool) -> Any:
    """A value with its texts quoted, so that none is read as a number, or as literal blocks."""
    from ruamel.yaml.scalarstring import DoubleQuotedScalarString, LiteralScalarString

    if isinstance(value, dict):
        return {key: _with_styles(each, blocks=blocks) for key, each in value.items()}
    if isinstance(value, list):
        return [_with_styles(each, blocks=blocks) for each in value]
    if isinstance(value, str):
        block = blocks and "\n" in value
        return LiteralScalarString(value) if block else DoubleQuotedScalarString(value)
    return value


def _from_yaml(data: bytes) -> Any:
    """The value of YAML that uses only JSON's types: no aliases or tags, so it cannot blow up.

    Raises:
        ValueError: the YAML has several documents, aliases, tags or other types.
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
    """The backups of a context, newest first.

    Raises:
        ClusterError: the folder cannot be read.
    """
    where = folder(context, chosen)
    try:
        found = [path for path in where.iterdir() if re.fullmatch(_NAME, path.name, re.ASCII)]
    except FileNotFoundError:
        return []
    except OSError as error:
        raise ClusterError(f"{where}: {error.strerror}") from None
    return sorted(found, reverse=True)


def of_cluster(
    paths: Iterable[Path], here: Origin, skip: Callable[[ClusterError], None]
) -> list[tuple[Path, Header]]:
    """The backups of this cluster with their headers, the latest change first.

    Within a cluster, the resourceVersions tell which change was the latest, and the clock only
    decides between equals: it may have been set back.

    Args:
        paths: the backups.
        here: the cluster.
        skip: called with the error of each file that cannot be read or is not a backup.
    """
    own = []
    for path in paths:
        try:
            header = _header(path, _read(path))
        except ClusterError as error:
            skip(error)
            continue
        if not header.origin.differs(here):
            own.append((path, header))
    return sorted(own, key=lambda each: _order(each[0], each[1], here), reverse=True)


def _order(path: Path, header: Header, here: Origin) -> tuple[int, str]:
    version = re.fullmatch(r"[^-]*-(\d+)(?:-.*)?", path.stem)
    known = header.origin.uid and here.uid and version
    return int(version[1]) if known and version else -1, path.name


def _read(path: Path) -> bytes:
    try:
        return read_bytes(str(path))
    except FileError as error:
        raise ClusterError(str(error)) from None


def _header(path: Path, data: bytes) -> Header:
    head = data.partition(b"\n")[0].decode(errors="replace")
    try:
        if not (head.startswith(_HEAD) and data.endswith(_END) and len(data) <= MAX_BYTES):
            raise ValueError
        fields = json.loads(head.removeprefix(_HEAD))
        undo = frozenset(FieldChange(*each) for each in fields.pop("undo", ()))
        after = fields.pop("after", None)
        origin = Origin(**fields)
        if not all(isinstance(text, str | None) for text in (*origin, after)):
            raise ValueError
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise _not_a_backup(path) from None
    return Header(origin, undo, after)


def _not_a_backup(path: Path) -> ClusterError:
    return ClusterError(f"{path}: not a backup made by authmap, or an incomplete one")


def load(path: Path) -> Backup:
    """Read a backup.

    Raises:
        ClusterError: the file cannot be read, or is not a backup.
    """
    data = _read(path)
    header = _header(path, data)
    try:
        manifest = _from_yaml(data)
        texts = manifest.get("data") or {}
        if not all(isinstance(text, str) for text in texts.values()):
            raise ValueError
        metadata = manifest["metadata"]
        if (metadata["namespace"], metadata["name"]) != ("kube-system", "aws-auth"):
            raise ValueError
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise _not_a_backup(path) from None
    return Backup(path, header, manifest)
