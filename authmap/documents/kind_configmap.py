"""A ConfigMap: aws-auth, a misspelled aws-auth, or one with the authenticator's configuration.

A self-hosted authenticator is configured by a text in its own ConfigMap (deploy/example.yaml of
https://github.com/kubernetes-sigs/aws-iam-authenticator).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from authmap.documents.recognise import inner
from authmap.documents.shapes import data_keys, sections
from authmap.model import misspelling
from authmap.model.auth_map import AuthMap, Shape
from authmap.syntax.nodes import Mapping, Scalar, resolve_alias

if TYPE_CHECKING:
    from collections.abc import Iterator

    from authmap.documents.reading import Document
    from authmap.model.auth_map import DataKey
    from authmap.model.content import Content
    from authmap.syntax.nodes import Node


def read(document: Document) -> Iterator[Content]:
    """The map in a ConfigMap."""
    yield from config_map(document, resolve_alias(document.root.get("metadata")))


def config_map(document: Document, metadata: Node | None) -> Iterator[Content]:
    """The map in an object that has the `data` of a ConfigMap.

    Args:
        document: a document with that `data` at its root.
        metadata: the ConfigMap's metadata.
    """
    root, layer = document.root, document.layer
    keys = data_keys(root.get("data"))
    name = namespace = None
    if isinstance(metadata, Mapping):
        name, namespace = (
            resolve_alias(metadata.get("name")),
            resolve_alias(metadata.get("namespace")),
        )
    name = name if isinstance(name, Scalar) else None
    if name is None or name.value != misspelling.NAME:
        has_section = any(misspelling.is_section(key.name) for key in keys)
        if not has_section or not (name is None or misspelling.is_near_name(name.value)):
            yield from _configurations(document, keys)
            return
    yield AuthMap(
        layer.source,
        Shape.CONFIG_MAP,
        sections(keys, layer),
        layer=layer,
        keys=keys,
        name=name,
        namespace=namespace if isinstance(namespace, Scalar) else None,
        root=root,
    )


def _configurations(document: Document, keys: tuple[DataKey, ...]) -> Iterator[Content]:
    """The maps in the authenticator configurations among an object's data."""
    wanted = re.compile(r"^server:.*^\s+(?:mapRoles|mapUsers|mapAccounts):", re.M | re.S | re.I)
    for key in keys:
        value = resolve_alias(key.value)
        if isinstance(value, Scalar) and wanted.search(value.value):
            for found in inner(document, value):
                found.outer = document.layer, document.root
                yield found
