"""A node's entry lacks one of the groups that every node needs.

## Why it matters

A machine that logs in as `system:node:…` is a node only in the group `system:nodes`: without it the
node authorizer knows nothing of it, and the kubelet can neither register nor report
(https://kubernetes.io/docs/reference/access-authn-authz/node/). EKS wants `system:bootstrappers`
as well, by which a kubelet requests its serving certificate
(https://docs.aws.amazon.com/eks/latest/userguide/auth-configmap.html). Nodes that run already go
NotReady, and new ones never join.

## Bad

    - rolearn: arn:aws:iam::111111111111:role/nodes
      username: system:node:{{EC2PrivateDNSName}}
      groups:
        - system:nodes

## Good

    - rolearn: arn:aws:iam::111111111111:role/nodes
      username: system:node:{{EC2PrivateDNSName}}
      groups:
        - system:bootstrappers
        - system:nodes

## How to fix

Add the group. `authmap fix --unsafe-fixes` appends it to the list, since it lets machines in that
were kept out until now. Where there is no list to add to, write it by hand.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from authmap.model.finding import Finding, Fix
from authmap.model.places import at_field
from authmap.model.reserved_entries import NODE_GROUPS, NODE_PREFIX
from authmap.model.severity import Severity
from authmap.rules.registry import rule
from authmap.syntax.change import Change

if TYPE_CHECKING:
    from collections.abc import Iterator

    from authmap.authenticator.entry import Entry
    from authmap.model.auth_map import AuthMap
    from authmap.model.options import Options


@rule("AM304", "incomplete-node", Severity.ERROR)
def incomplete_node(auth_map: AuthMap, options: Options) -> Iterator[Finding]:
    """Entries with a node's username that lack a node's groups."""
    for entry in auth_map.roles:
        if not entry.username.startswith(NODE_PREFIX + "{{"):
            continue
        groups = " - ".join(entry.groups).split(" - ")  # two that became one are AM009's
        missing = sorted(NODE_GROUPS.difference(groups))
        if not missing:
            continue
        shown = " and ".join(f"`{group}`" for group in missing)
        cost = "such machines cannot join the cluster"
        if "system:nodes" not in missing:
            cost = "EKS wants both groups: kubelets may get no certificate, and new ones not join"
        yield Finding(
            at_field(entry, "groups" if entry.field("groups") else "username"),
            f"nodes of {entry.title} are not in {shown}",
            f"{cost}; add {'it' if len(missing) == 1 else 'both'} to the list of groups",
            entry=entry,
            fix=_fix(entry, missing[0]),
        )


def _fix(entry: Entry, group: str) -> Fix | None:
    """Append one group; another one that is missing is left to the next round."""
    field = entry.field("groups")
    if field is None or not entry.groups:
        return None
    return Fix((Change(entry.section, field.value, group, append=True),), safe=False)
