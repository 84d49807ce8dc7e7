"""What kubeconfig files say about a context, as kubectl reads them.

Which files count, and what their fields mean:
https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/ and
https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/. Nothing of a user's part (tokens,
keys, environment) gets into a message.
"""

from __future__ import annotations

import math
import os
from difflib import get_close_matches
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from authmap.authenticator.diagnosis import RejectedError
from authmap.authenticator.section import check
from authmap.cluster.kube.errors import ClusterError
from authmap.cluster.kube.shape import ANY, misfit
from authmap.documents.read import MAX_BYTES
from authmap.syntax.nodes import Mapping, Scalar, Sequence, TreeError, resolve_alias
from authmap.syntax.source import Source
from authmap.syntax.yaml import go_types
from authmap.syntax.yaml.go_types import Kind
from authmap.syntax.yaml.merge_keys import merged
from authmap.syntax.yaml.parser import parse

if TYPE_CHECKING:
    from collections.abc import Iterable

    from authmap.syntax.nodes import Node

MAX_DEPTH = 100
"""Deeper nesting than anything in a kubeconfig has."""

IN_CLUSTER = "in-cluster"
"""Name of the context that stands for a pod's own service account, where there is no kubeconfig."""

_KINDS = {"contexts": "context", "clusters": "cluster", "users": "user"}
"""Lists of a kubeconfig, and the key that holds the content of their items."""

_CLUSTER = {
    "server": str,
    "tls-server-name": str,
    "proxy-url": str,
    "insecure-skip-tls-verify": bool,
    "certificate-authority": str,
    "certificate-authority-data": str,
    "extensions": [{"name": str}],
}
_USER = {
    "token": str,
    "tokenFile": str,
    "username": str,
    "password": str,
    "client-certificate": str,
    "client-certificate-data": str,
    "client-key": str,
    "client-key-data": str,
    "as": str,
    "as-uid": str,
    "as-groups": [str],
    "as-user-extra": {ANY: [str]},
    "auth-provider": {"name": str, "config": {ANY: str}},
    "exec": {
        "command": str,
        "apiVersion": str,
        "args": [str],
        "env": [{"name": str, "value": str}],
        "interactiveMode": str,
        "installHint": str,
        "provideClusterInfo": bool,
    },
}
"""What kubectl takes in them; anything else there it refuses as well."""


class ConnectionOptions(NamedTuple):
    """How clusters are reached.

    Attributes:
        kubeconfig: path of the one file that counts; None for what kubectl would take.
        as_user: whom to impersonate.
        as_groups: groups to impersonate.
        timeout: of each request, in seconds.
        patience: how long a plugin may take, in seconds, even where somebody can answer it.
    """

    kubeconfig: str | None = None
    as_user: str | None = None
    as_groups: tuple[str, ...] = ()
    timeout: float = 10.0
    patience: float = math.inf


class KubeconfigItem(NamedTuple):
    """The content of an item of a list.

    Attributes:
        value: as it is in the file.
        folder: of the file; relative paths start there.
    """

    value: dict[str, Any]
    folder: Path

    def path(self, key: str) -> Path | None:
        """The path that a key holds, if it holds one."""
        value = self.value.get(key)
        return self.folder / str(value) if value else None


class KubeconfigContext(NamedTuple):
    """What the kubeconfig says about a context.

    Attributes:
        cluster: the API server.
        user: the credentials.
    """

    cluster: KubeconfigItem
    user: KubeconfigItem


def contexts(
    patterns: Iterable[str], access: ConnectionOptions, *, every: bool = False
) -> list[str]:
    """The contexts that are meant, sorted and each of them once.

    Args:
        patterns: names, or shell globs over them.
        access: with the kubeconfig.
        every: take every context there is.

    Raises:
        ClusterError: a pattern fits no context, there is no context, or no kubeconfig.
    """
    parts = _read(access)
    names = [IN_CLUSTER] if parts is None else list(parts["contexts"])
    found = set(names) if every else set()
    for pattern in patterns:
        fitting = [pattern] if pattern in names else [n for n in names if fnmatchcase(n, pattern)]
        if not fitting:
            near = get_close_matches(pattern, names, 3, 0.5) or sorted(names)[:5]
            listed = ", ".join(f"`{name}`" for name in near)
            raise ClusterError(f"no context fits `{pattern}`; there is {listed or 'none at all'}")
        found.update(fitting)
    if not found:
        raise ClusterError("the kubeconfig holds no context")
    return sorted(found)


def login(context: str, access: ConnectionOptions) -> KubeconfigContext | None:
    """How to log in to a context's cluster; None where that is a pod's own service account.

    Raises:
        ClusterError: the kubeconfig does not hold what it takes.
    """
    parts = _read(access)
    if parts is None:
        return None
    named = parts["contexts"].get(context)
    if named is None:
        raise ClusterError("the kubeconfig holds no such context any more")
    cluster, user = (_part(parts, kind, named) for kind in ("clusters", "users"))
    if cluster is None:
        raise ClusterError("the kubeconfig's context names no cluster")
    for what, part, shape in (("cluster", cluster, _CLUSTER), ("user", user, _USER)):
        wrong = part and misfit(part.value, shape)
        if wrong:
            raise ClusterError(f"the kubeconfig's {what} is none that kubectl reads: {wrong}")
    return KubeconfigContext(cluster, user or KubeconfigItem({}, named.folder))


def _part(
    parts: dict[str, dict[str, KubeconfigItem]], kind: str, context: KubeconfigItem
) -> KubeconfigItem | None:
    key = _KINDS[kind]
    name = context.value.get(key)
    if not name:
        return None
    if str(name) not in parts[kind]:
        raise ClusterError(f"the kubeconfig's context names the {key} `{name}`, and holds none")
    return parts[kind][str(name)]


def _files(access: ConnectionOptions) -> list[Path]:
    """The files that count."""
    if access.kubeconfig is not None:
        if not Path(access.kubeconfig).is_file():
            raise ClusterError(f"{access.kubeconfig}: there is no such kubeconfig")
        return [Path(access.kubeconfig)]
    listed = os.environ.get("KUBECONFIG")
    if listed:
        return [Path(path) for path in listed.split(os.pathsep) if path]
    return [Path.home() / ".kube" / "config"]


def _read(access: ConnectionOptions) -> dict[str, dict[str, KubeconfigItem]] | None:
    """What the files hold together, by kind and name; None where there are none, in a pod.

    Of several items of one name, the first one counts.
    """
    files = _files(access)
    there = [path for path in files if path.exists()]
    if not there:
        if os.environ.get("KUBERNETES_SERVICE_HOST"):
            return None
        listed = os.pathsep.join(map(str, files))
        why = f"{listed} does not exist" if files else "KUBECONFIG is set, and names no file"
        raise ClusterError(f"there is no kubeconfig: {why}")
    parts: dict[str, dict[str, KubeconfigItem]] = {kind: {} for kind in _KINDS}
    for path in there:
        held = _loaded(path)
        folder = path.absolute().parent
        try:
            for kind, key in _KINDS.items():
                for item in held.get(kind) or ():
                    part = KubeconfigItem(dict(item.get(key) or {}), folder)
                    parts[kind].setdefault(str(item["name"]), part)
        except (AttributeError, KeyError, TypeError, ValueError):
            raise ClusterError(f"{path}: this is no kubeconfig") from None
    return parts


def _loaded(path: Path) -> Any:
    """What a file holds, as go-yaml reads it for kubectl."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            raise ClusterError(f"{path}: no kubeconfig is larger than {MAX_BYTES:,} bytes")
        source = Source(data, str(path))
        tree = next(parse(source.text), None)
        if tree is None:
            return {}
        check(source.text, tree.root, accounts=False)
        return _value(tree.root) or {}
    except TreeError as error:
        line, column = source.place(error.index)
        # words of go-yaml's may quote the file, and so a token
        why = "kubectl cannot read it" if isinstance(error, RejectedError) else error.problem
        raise ClusterError(f"{path}:{line}:{column}: the kubeconfig is not YAML: {why}") from None
    except ValueError:
        raise ClusterError(f"{path}: this is no kubeconfig") from None
    except OSError as error:
        raise ClusterError(f"{path}: {error.strerror}") from None


def _value(node: Node, depth: int = 0) -> Any:
    """A node as plain values, like those of JSON."""
    if depth > MAX_DEPTH:
        raise TreeError(f"nested more than {MAX_DEPTH} levels deep", node.start)
    target = resolve_alias(node)
    if isinstance(target, Mapping):
        pairs = [(resolve_alias(key), value) for key, value in merged(target)]
        return {k.value: _value(v, depth + 1) for k, v in pairs if isinstance(k, Scalar)}
    if isinstance(target, Sequence):
        return [_value(item, depth + 1) for item in target.items]
    if not isinstance(target, Scalar):
        return None
    kind, text = go_types.resolve(target.value, target.tag, not target.style)
    if kind is Kind.NULL:
        return None
    if kind is Kind.BOOL:
        return go_types.true(text)
    if kind is Kind.INT:
        return go_types.integer(text)
    return float(text.replace("_", "")) if kind is Kind.FLOAT else text
