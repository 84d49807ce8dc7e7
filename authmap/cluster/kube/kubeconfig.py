"""Read the contexts of kubeconfig files as kubectl does.

Which files count, and what their fields mean:
https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/ and
https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/. Messages never contain values of
a user entry (tokens, keys, environment).
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
from authmap.cluster.kube.observer import Observer
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
"""Maximum nesting; no kubeconfig needs as much."""

IN_CLUSTER = "in-cluster"
"""Name of the context for a pod's own service account, used if there is no kubeconfig."""

_KINDS = {"contexts": "context", "clusters": "cluster", "users": "user"}
"""The lists of a kubeconfig, and the key with the content of each item."""

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
"""The types that kubectl accepts in a cluster and a user; it refuses other types as well."""


class ConnectionOptions(NamedTuple):
    """How to connect to clusters.

    Attributes:
        kubeconfig: path of the kubeconfig to use; None for kubectl's default.
        as_user: user to impersonate.
        as_groups: groups to impersonate.
        timeout: timeout of each request, in seconds.
        patience: seconds a plugin may take even if there is a terminal for its questions.
        observer: receives reports about logins, plugins and requests.
    """

    kubeconfig: str | None = None
    as_user: str | None = None
    as_groups: tuple[str, ...] = ()
    timeout: float = 10.0
    patience: float = math.inf
    observer: Observer = Observer()


class KubeconfigItem(NamedTuple):
    """The content of an item in one of a kubeconfig's lists.

    Attributes:
        value: the content as it is in the file.
        file: the absolute path of the file.
    """

    value: dict[str, Any]
    file: Path

    @property
    def folder(self) -> Path:
        """The file's folder, which relative paths start from."""
        return self.file.parent

    def path(self, key: str) -> Path | None:
        """The path in a key, or None if the key is missing or empty."""
        value = self.value.get(key)
        return self.folder / str(value) if value else None


class KubeconfigContext(NamedTuple):
    """The cluster and the user that a context names.

    Attributes:
        cluster: the cluster's item.
        user: the user's item.
    """

    cluster: KubeconfigItem
    user: KubeconfigItem


def contexts(
    patterns: Iterable[str], access: ConnectionOptions, *, every: bool = False
) -> list[str]:
    """The contexts that match, sorted, each once.

    Args:
        patterns: names or shell globs.
        access: options that say which kubeconfig to read.
        every: select all contexts.

    Raises:
        ClusterError: a pattern matches no context, or there is no context or no kubeconfig.
    """
    items = _read(access)
    names = [IN_CLUSTER] if items is None else list(items["contexts"])
    found = set(names) if every else set()
    for pattern in patterns:
        fitting = [pattern] if pattern in names else [n for n in names if fnmatchcase(n, pattern)]
        if not fitting:
            near = get_close_matches(pattern, names, 3, 0.5) or sorted(names)[:5]
            listed = ", ".join(f"`{name}`" for name in near)
            raise ClusterError(f"no context matches `{pattern}`; available: {listed or 'none'}")
        found.update(fitting)
    if not found:
        raise ClusterError("the kubeconfig has no contexts")
    return sorted(found)


def login(context: str, access: ConnectionOptions) -> KubeconfigContext | None:
    """The cluster and user of a context; None for a pod's own service account.

    Raises:
        ClusterError: the kubeconfig lacks something, or kubectl cannot read it.
    """
    items = _read(access)
    if items is None:
        return None
    named = items["contexts"].get(context)
    if named is None:
        raise ClusterError("the kubeconfig no longer has this context")
    cluster, user = (_named_item(items, kind, named) for kind in ("clusters", "users"))
    if cluster is None:
        raise ClusterError("the kubeconfig's context names no cluster")
    for what, item, shape in (("cluster", cluster, _CLUSTER), ("user", user, _USER)):
        wrong = item and misfit(item.value, shape)
        if wrong:
            raise ClusterError(f"kubectl cannot read the kubeconfig's {what}: {wrong}")
    return KubeconfigContext(cluster, user or KubeconfigItem({}, named.file))


def _named_item(
    items: dict[str, dict[str, KubeconfigItem]], kind: str, context: KubeconfigItem
) -> KubeconfigItem | None:
    key = _KINDS[kind]
    name = context.value.get(key)
    if not name:
        return None
    if str(name) not in items[kind]:
        raise ClusterError(
            f"the kubeconfig's context names the {key} `{name}`, which does not exist"
        )
    return items[kind][str(name)]


def _files(access: ConnectionOptions) -> list[Path]:
    """The kubeconfig files to read."""
    if access.kubeconfig is not None:
        if not Path(access.kubeconfig).is_file():
            raise ClusterError(f"{access.kubeconfig}: no such kubeconfig")
        return [Path(access.kubeconfig)]
    listed = os.environ.get("KUBECONFIG")
    if listed:
        return [Path(path) for path in listed.split(os.pathsep) if path]
    return [Path.home() / ".kube" / "config"]


def _read(access: ConnectionOptions) -> dict[str, dict[str, KubeconfigItem]] | None:
    """The merged items of all files, by kind and name; None in a pod without a kubeconfig.

    If several items have the same name, the first one wins.

    Raises:
        ClusterError: there is no kubeconfig, or a file cannot be read.
    """
    files = _files(access)
    there = [path for path in files if path.exists()]
    if not there:
        if os.environ.get("KUBERNETES_SERVICE_HOST"):
            return None
        listed = os.pathsep.join(map(str, files))
        why = f"{listed} does not exist" if files else "KUBECONFIG is set but names no file"
        raise ClusterError(f"no kubeconfig: {why}")
    items: dict[str, dict[str, KubeconfigItem]] = {kind: {} for kind in _KINDS}
    for path in there:
        content = _loaded(path)
        try:
            for kind, key in _KINDS.items():
                for item in content.get(kind) or ():
                    entry = KubeconfigItem(dict(item.get(key) or {}), path.absolute())
                    items[kind].setdefault(str(item["name"]), entry)
        except (AttributeError, KeyError, TypeError, ValueError):
            raise ClusterError(f"{path}: not a kubeconfig") from None
    return items


def _loaded(path: Path) -> Any:
    """The content of a file, as go-yaml reads it for kubectl.

    Raises:
        ClusterError: the file cannot be read, or is not valid YAML.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            raise ClusterError(
                f"{path}: too large for a kubeconfig (more than {MAX_BYTES:,} bytes)"
            )
        source = Source(data, str(path))
        tree = next(parse(source.text), None)
        if tree is None:
            return {}
        check(source.text, tree.root, accounts=False)
        return _value(tree.root) or {}
    except TreeError as error:
        line, column = source.place(error.index)
        # go-yaml's own message may quote the file, and so a token
        why = "kubectl cannot read it" if isinstance(error, RejectedError) else error.problem
        raise ClusterError(
            f"{path}:{line}:{column}: the kubeconfig is not valid YAML: {why}"
        ) from None
    except ValueError:
        raise ClusterError(f"{path}: not a kubeconfig") from None
    except OSError as error:
        raise ClusterError(f"{path}: {error.strerror}") from None


def _value(node: Node, depth: int = 0) -> Any:
    """The value of a node, in the types of JSON."""
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
