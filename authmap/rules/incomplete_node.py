"""A node entry lacks one of the groups that every node needs.

## Why it matters

A machine that logs in as `system:node:…` counts as a node only if it is in the group
`system:nodes`. Without that group the node authorizer does not recognise it, and the kubelet can
neither register nor report
(https://kubernetes.io/docs/reference/access-authn-authz/node/). EKS also requires
`system:bootstrappers`, which lets a kubelet request its serving certificate
(https://docs.aws.amazon.com/eks/latest/userguide/auth-configmap.html). Running nodes become
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

Add the missing group. `authmap fix --unsafe-fixes` appends it to the list. The fix is not marked as
safe because it gives access to machines that are locked out today. If the entry has neither of the
two groups, or groups that nodes do not need, it may be for people under a node's name, who must not
become nodes: correct it by hand.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from authmap.model.finding import Finding, Fix
from authmap.model.places import at_field
from authmap.model.reserved_entries import NODE_GROUPS, NODE_PREFIX
from authmap.model.rule import Fixes
from authmap.model.severity import Severity
from authmap.rules.registry import rule
from authmap.syntax.change import Change

if TYPE_CHECKING:
    from collections.abc import Iterator

    from authmap.authenticator.entry import Entry
    from authmap.model.auth_map import AuthMap
    from authmap.model.options import RunOptions


_OF_NODES = ("system:bootstrap", "system:node", "eks:")
"""Beginnings of the groups that nodes have, such as `eks:kube-proxy-windows`."""


@rule("AM304", "incomplete-node", Severity.ERROR, fixes=Fixes.UNSAFE)
def incomplete_node(auth_map: AuthMap, options: RunOptions) -> Iterator[Finding]:
    """Entries with a node username that lack a node group."""
    for entry in auth_map.roles:
        if not entry.username.startswith(NODE_PREFIX + "{{"):
            continue
        groups = " - ".join(entry.groups).split(" - ")  # AM009 reports joined items
        missing = sorted(NODE_GROUPS.difference(groups))
        if not missing:
            continue
        noun = "group" if len(missing) == 1 else "groups"
        shown = " and ".join(f"`{group}`" for group in missing)
        effect = "these nodes cannot join the cluster"
        if "system:nodes" not in missing:
            effect = "EKS requires it: kubelets may get no certificate, and new nodes may not join"
        yield Finding(
            at_field(entry, "groups" if entry.field("groups") else "username"),
            f"nodes of {entry.title} lack the {noun} {shown}",
            f"{effect}; add {'it' if len(missing) == 1 else 'both'} to `groups`",
            entry=entry,
            fix=_fix(entry, missing[0]),
        )


def _fix(entry: Entry, group: str) -> Fix | None:
    """The fix that appends one group; the next run adds another one that is missing."""
    field = entry.field("groups")
    people = not all(group.startswith(_OF_NODES) for group in entry.groups if group)
    if field is None or people or NODE_GROUPS.isdisjoint(entry.groups):
        return None
    return Fix((Change(entry.section, field.value, group, append=True),), safe=False)
