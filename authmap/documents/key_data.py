"""A patch for `kubectl patch --patch-file`: an object that has only `data`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from authmap.documents.shapes import data_keys, sections
from authmap.model import misspelling
from authmap.model.auth_map import AuthMap, Shape

if TYPE_CHECKING:
    from collections.abc import Iterator

    from authmap.documents.reading import Document
    from authmap.model.content import Content


def read(document: Document) -> Iterator[Content]:
    """The map that a patch changes."""
    root, layer = document.root, document.layer
    keys = data_keys(root.get("data"))
    if root.get("apiVersion") is None and any(misspelling.is_section(key.name) for key in keys):
        found = sections(keys, layer)
        yield AuthMap(layer.source, Shape.PATCH, found, layer=layer, keys=keys, root=root)
