"""A ConfigMap looks like aws-auth, but has another name or namespace.

## Why it matters

The authenticator watches one object, `aws-auth` in the namespace `kube-system`, and no other
(`startLoadConfigMap` in `pkg/mapper/configmap/configmap.go` of
https://github.com/kubernetes-sigs/aws-iam-authenticator). The API server accepts `aws_auth`,
`awsauth` or an aws-auth in `default` without complaint, and nothing in them takes effect.

## Bad

    apiVersion: v1
    kind: ConfigMap
    metadata:
      name: aws-auth
      namespace: default
    data:
      mapRoles: |
        - rolearn: arn:aws:iam::111111111111:role/staff
          username: staff:{{SessionName}}

## Good

    apiVersion: v1
    kind: ConfigMap
    metadata:
      name: aws-auth
      namespace: kube-system
    data:
      mapRoles: |
        - rolearn: arn:aws:iam::111111111111:role/staff
          username: staff:{{SessionName}}

## How to fix

Correct the name or the namespace. First check what `kube-system/aws-auth` contains now: applying
this ConfigMap replaces it, so the entries of the nodes must be in yours. There is no automatic fix.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from authmap.model import misspelling
from authmap.model.finding import Finding
from authmap.model.places import at_node
from authmap.model.severity import Severity
from authmap.rules.registry import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from authmap.model.auth_map import AuthMap
    from authmap.model.options import RunOptions


@rule("AM008", "wrong-object", Severity.ERROR)
def wrong_object(auth_map: AuthMap, options: RunOptions) -> Iterator[Finding]:
    """Objects that are not kube-system/aws-auth."""
    for what, node, wanted in misspelling.other_object(auth_map):
        yield Finding(
            at_node(auth_map.layer, node),
            f"the {what} of this ConfigMap is `{node.value}` instead of `{wanted}`",
            "the authenticator reads only kube-system/aws-auth, so these entries have no "
            f"effect; before you correct the {what}, check what kube-system/aws-auth has now",
        )
