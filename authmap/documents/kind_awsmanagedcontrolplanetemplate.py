"""Cluster API's AWSManagedControlPlaneTemplate: the same, in the template of a ClusterClass."""

from __future__ import annotations

from typing import TYPE_CHECKING

from authmap.documents import kind_awsmanagedcontrolplane

if TYPE_CHECKING:
    from collections.abc import Iterator

    from authmap.documents.reading import Document
    from authmap.model.content import Content


def read(document: Document) -> Iterator[Content]:
    """What the control planes made of a template add to the map."""
    path = ("spec", "template", "spec", "iamAuthenticatorConfig")
    yield from kind_awsmanagedcontrolplane.read(document, path)
