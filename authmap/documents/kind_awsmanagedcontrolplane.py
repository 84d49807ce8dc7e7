"""Cluster API's AWSManagedControlPlane: `spec.iamAuthenticatorConfig`.

Source: https://github.com/kubernetes-sigs/cluster-api-provider-aws. The fields are defined in
controlplane/eks/api/v1beta2/types.go, and are the same in v1beta1. A webhook requires an ARN, a
username and groups in each entry. The controller adds the entries to the ConfigMap after the
existing ones, and never removes entries (`MapRole` in pkg/cloud/services/iamauth/configmap.go).
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
    """The API server and a webhook, which pass the entries on to the authenticator."""

    keys = {  # noqa: RUF012
        name: {key: key for key in (arn, "username", "groups")}
        for name, arn in (("mapRoles", "rolearn"), ("mapUsers", "userarn"))
    }

    @staticmethod
    def fold(key: str) -> str:
        """See `Consumer.fold`; the API server's keys are case-sensitive."""
        return key

    def refusal(self, what: str = "", *, missing: MissingField | None = None) -> str:  # noqa: ARG002
        """See `Consumer.refusal`; the API server enforces the schema and calls the webhook."""
        return "" if what in ("arn", "key") else "the API server rejects the object"


CLUSTER_API = ClusterApi()


def read(
    document: Document, path: tuple[str, ...] = ("spec", "iamAuthenticatorConfig")
) -> Iterator[Content]:
    """The map that a control plane adds to.

    Args:
        document: the object.
        path: the keys that lead to the authenticator's configuration.
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
