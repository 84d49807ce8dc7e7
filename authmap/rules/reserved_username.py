"""An entry has a username that is reserved for Kubernetes or AWS.

## Why it matters

Names that begin with `system:` belong to Kubernetes
(https://kubernetes.io/docs/reference/access-authn-authz/rbac/#referring-to-subjects). Some of them
have permissions by default. A person with the username `system:kube-controller-manager` has that
component's permissions. A person with the username `system:serviceaccount:NAMESPACE:NAME` has
everything that is bound to the service account. The audit log cannot tell the person from the
component. Other names look like groups and grant nothing: `system:masters` is not a username.

EKS access entries, which you may want to move to later, refuse usernames that begin with `system:`,
`eks:`, `aws:`, `amazon:` or `iam:`
(https://docs.aws.amazon.com/eks/latest/userguide/creating-access-entries.html).

authmap does not report the entries of nodes and AWS services.

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

Choose a username without that prefix. If a binding names the user, change the binding too, or
better, bind a group. This rule has no automatic fix.
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
    from authmap.model.options import RunOptions


PREFIXES = ("system:", "eks:", "aws:", "amazon:", "iam:")


@rule("AM302", "reserved-username", Severity.WARNING)
def reserved_username(auth_map: AuthMap, options: RunOptions) -> Iterator[Finding]:
    """Usernames with a prefix that Kubernetes or AWS reserves."""
    for entry in (*auth_map.roles, *auth_map.users):
        username = entry.username
        if not username.startswith(PREFIXES):
            continue
        if reserved_entries.owner(entry, options.reserved) or templates(username):
            continue
        prefix = username[: username.index(":") + 1]
        reserved_for = "Kubernetes" if prefix == "system:" else "AWS"
        yield Finding(
            at_field(entry, "username"),
            f"{entry.title} has the username `{username}`, but `{prefix}…` is reserved for "
            f"{reserved_for}",
            f"{_effect(username)}; choose a username without that prefix",
            entry=entry,
        )


def _effect(username: str) -> str:
    """What happens to a caller with this username."""
    if username == "system:anonymous":
        return "the API server treats this user as not logged in"
    if username.startswith("system:serviceaccount:"):
        return "the caller gets everything that is bound to this service account"
    if username.startswith("system:kube-"):
        return "the caller gets the permissions of this Kubernetes component"
    if username in ("system:masters", "system:authenticated", "system:unauthenticated"):
        return "this is the name of a group; as a username it grants nothing"
    if username.startswith("system:"):
        return "the cluster may bind permissions to it, and EKS access entries refuse it"
    return "EKS access entries refuse this username"
