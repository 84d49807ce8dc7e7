"""An entry has a username that Kubernetes or AWS reserves for itself.

## Why it matters

Names that begin with `system:` belong to Kubernetes
(https://kubernetes.io/docs/reference/access-authn-authz/rbac/#referring-to-subjects). Some of them
have rights by default, so that a person called `system:kube-controller-manager` has that
component's, one called `system:serviceaccount:NAMESPACE:NAME` has all that is bound to the service
account, and the audit log cannot tell them apart. Others look like groups and give nothing:
`system:masters` is no username.

An access entry of EKS, to which entries of this map are moved some day, refuses names that begin
with `system:`, `eks:`, `aws:`, `amazon:` or `iam:`
(https://docs.aws.amazon.com/eks/latest/userguide/creating-access-entries.html).

Entries of nodes and of AWS services are left alone.

## Bad

    - rolearn: arn:aws:iam::111111111111:role/ops
      username: system:admin
      groups: [ops]
    - rolearn: arn:aws:iam::111111111111:role/ci
      username: aws:{{AccountID}}:ci:{{SessionName}}
      groups: [deployers]

## Good

    - rolearn: arn:aws:iam::111111111111:role/nodes
      username: system:node:{{EC2PrivateDNSName}}
      groups: [system:bootstrappers, system:nodes]
    - rolearn: arn:aws:iam::111111111111:role/ops
      username: role:{{AccountID}}:ops:{{SessionName}}
      groups: [ops]

## How to fix

Choose a name without that beginning. If a binding names the user, change it too, or better bind a
group.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from authmap.authenticator.foreign_template import templates
from authmap.model import reserved_entries
from authmap.model.finding import Finding
from authmap.model.places import at_field
from authmap.model.severity import Severity
from authmap.rules.registry import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from authmap.model.auth_map import AuthMap
    from authmap.model.options import Options


PREFIXES = ("system:", "eks:", "aws:", "amazon:", "iam:")


@rule("AM302", "reserved-username", Severity.WARNING)
def reserved_username(auth_map: AuthMap, options: Options) -> Iterator[Finding]:
    """Usernames that begin as those of Kubernetes or AWS do."""
    for entry in (*auth_map.roles, *auth_map.users):
        username = entry.username
        if not username.startswith(PREFIXES):
            continue
        if reserved_entries.owner(entry, options.reserved) or templates(username):
            continue
        prefix = username[: username.index(":") + 1]
        whose = "Kubernetes" if prefix == "system:" else "AWS"
        yield Finding(
            at_field(entry, "username"),
            f"{entry.title} is called `{username}`, and {whose} reserves `{prefix}…`",
            f"{_meaning(username)}; choose a name without that beginning",
            entry=entry,
        )


def _meaning(username: str) -> str:
    if username == "system:anonymous":
        return "the API server takes this user for one who has not logged in"
    if username.startswith("system:serviceaccount:"):
        return "whoever comes has all that is bound to the service account of this name"
    if username.startswith("system:kube-"):
        return "whoever comes has what the cluster grants its component of this name"
    if username in ("system:masters", "system:authenticated", "system:unauthenticated"):
        return "this is the name of a group, and as a username it gives nothing"
    if username.startswith("system:"):
        return "the cluster may bind rights to it, and EKS access entries refuse it"
    return "EKS access entries refuse such a name"
