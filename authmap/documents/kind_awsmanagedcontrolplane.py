"""Cluster API's AWSManagedControlPlane: `spec.iamAuthenticatorConfig`.

Facts, from https://github.com/kubernetes-sigs/cluster-api-provider-aws: the fields are those of
controlplane/eks/api/v1beta2/types.go, the same in v1beta1; a webhook wants an ARN, a username and
groups in each entry. The controller adds the entries to the ConfigMap behind those that are there,
and takes none out (`MapRole` in pkg/cloud/services/iamauth/configmap.go).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from authmap.authenticator.consumer import Consumer
from authmap.authenticator.section import SECTIONS, Section
from authmap.documents.shapes import inside
from authmap.model.auth_map import AuthMap, Shape
from authmap.syntax.nodes import Mapping, Scalar

if TYPE_CHECKING:
    from collections.abc import Iterator

    from authmap.authenticator.consumer import MissingField
    from authmap.documents.reading import Document
    from authmap.model.content import Content


class ClusterApi(Consumer):
    """The API server and a webhook, which hand the entries on to the authenticator."""

    keys = {  # noqa: RUF012
        name: {key: key for key in (arn, "username", "groups")}
        for name, arn in (("mapRoles", "rolearn"), ("mapUsers", "userarn"))
    }

    @staticmethod
    def fold(key: str) -> str:
        """The API server knows keys in their own case only."""
        return key

    def refusal(self, what: str = "", *, missing: MissingField | None = None) -> str:  # noqa: ARG002
        """The API server minds the schema, and asks the webhook."""
        return "" if what in ("arn", "key") else "the API server refuses the object"


CLUSTER_API = ClusterApi()


def read(
    document: Document, path: tuple[str, ...] = ("spec", "iamAuthenticatorConfig")
) -> Iterator[Content]:
    """What a control plane adds to the map.

    Args:
        document: the object.
        path: of the keys to the configuration of the authenticator.
    """
    layer, config = document.layer, inside(document.root, *path)
    pairs = config.pairs if isinstance(config, Mapping) else ()
    sections = {
        key.value: Section.native(key.value, layer, node, CLUSTER_API)
        for key, node in pairs
        if isinstance(key, Scalar) and key.value in SECTIONS[:2]
    }
    if sections:
        yield AuthMap(layer.source, Shape.CONTROL_PLANE, sections, layer=layer, root=document.root)
