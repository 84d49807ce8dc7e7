"""Cluster API's AWSManagedControlPlaneTemplate: an AWSManagedControlPlane for a ClusterClass."""

from __future__ import annotations

from typing import TYPE_CHECKING

from authmap.documents import kind_awsmanagedcontrolplane

if TYPE_CHECKING:
    from collections.abc import Iterator

    from authmap.documents.reading import Document
    from authmap.model.content import Content


def read(document: Document) -> Iterator[Content]:
    """The map that the control planes created from a template add to."""
    path = ("spec", "template", "spec", "iamAuthenticatorConfig")
    yield from kind_awsmanagedcontrolplane.read(document, path)
