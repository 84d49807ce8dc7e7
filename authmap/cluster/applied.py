"""What the live map would be after `kubectl apply -f FILE`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

from authmap.authenticator.consumer import is_null
from authmap.authenticator.section import SECTIONS
from authmap.model.auth_map import AuthMap, Shape
from authmap.syntax.nodes import Scalar, resolve_alias
from authmap.syntax.yaml import go_types
from authmap.syntax.yaml.go_types import Kind

if TYPE_CHECKING:
    from authmap.cluster.reading import LiveConfigMap

LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


class Applied(NamedTuple):
    """A live map after an apply.

    Attributes:
        auth_map: the map.
        kept: the sections that only the live object has, and that the apply leaves as they are.
    """

    auth_map: AuthMap
    kept: list[str]


def is_applicable(manifest: AuthMap) -> bool:
    """Whether `kubectl apply` takes the file of a map: a whole ConfigMap."""
    return manifest.shape is Shape.CONFIG_MAP and manifest.root is not None and not manifest.locked


def refused(manifest: AuthMap) -> str | None:
    """Why `kubectl apply` of a ConfigMap would fail; None if it would not.

    The types of a ConfigMap's values are text, and kubectl reads them as the authenticator reads
    its YAML.
    """
    version = manifest.root and resolve_alias(manifest.root.get("apiVersion"))
    if not (isinstance(version, Scalar) and version.value == "v1"):
        return "its apiVersion is not `v1`"
    for key in manifest.keys:
        value = resolve_alias(key.value)
        if not isinstance(value, Scalar) or _kind(value) not in (Kind.STRING, Kind.NULL):
            return f"`data.{key.name}` is not text"
    return None


def _kind(scalar: Scalar) -> Kind | None:
    try:
        return go_types.resolve(scalar.value, scalar.tag, not scalar.style)[0]
    except ValueError:
        return None


def after_apply(manifest: AuthMap, live: LiveConfigMap) -> Applied:
    """The map of a cluster after `kubectl apply` of a manifest.

    An apply replaces the keys that the manifest has, and removes those that it had at the last
    apply. Keys that only the live object has stay. Source:
    https://kubernetes.io/docs/tasks/manage-kubernetes-objects/declarative-config/#how-apply-calculates-differences-and-merges-changes

    Args:
        manifest: the map to apply, see `is_applicable`.
        live: the live object.
    """
    written, removed = {key.name for key in manifest.keys}, _last_applied(live)
    data = manifest.root and manifest.root.get("data")
    if removed is not None if data is None else is_null(data):  # all goes, whoever wrote it
        return Applied(manifest, [])
    there = AuthMap.from_data(live.data, path=live.path).sections
    kept = [name for name in SECTIONS if name in there and name not in written | (removed or set())]
    if not kept:
        return Applied(manifest, [])
    merged = AuthMap(
        manifest.source,
        manifest.shape,
        {**manifest.sections, **{name: there[name] for name in kept}},
        layer=manifest.layer,
        keys=manifest.keys,
        name=manifest.name,
        namespace=manifest.namespace,
        root=manifest.root,
    )
    return Applied(merged, kept)


def _last_applied(live: LiveConfigMap) -> set[str] | None:
    """The keys of `data` that the last `kubectl apply` wrote; None if it wrote no `data`."""
    try:
        return set(json.loads(live.annotations[LAST_APPLIED])["data"])
    except (ValueError, KeyError, TypeError):  # no apply, or not one of kubectl's
        return None
