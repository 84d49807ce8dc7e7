"""An entry is in the groups of nodes, but does not have a node's username.

## Why it matters

There are two ways to get here. Somebody copied a node entry for people and left the groups in: EKS
binds these groups, so people may request kubelet certificates, and they get none of the permissions
they need. Or somebody changed the username of a node entry: the node authorizer no longer
recognises the machines as nodes, because it requires the username `system:node:…` and the group
`system:nodes`. They can then neither register nor report their status
(https://kubernetes.io/docs/reference/access-authn-authz/node/).

authmap treats every entry with these groups as a node entry and never renames it.

## Bad

    - rolearn: arn:aws:iam::111111111111:role/staff
      username: role:{{AccountID}}:staff:{{SessionName}}
      groups: [system:nodes, developers]

## Good

    - rolearn: arn:aws:iam::111111111111:role/staff
      username: role:{{AccountID}}:staff:{{SessionName}}
      groups: [developers]
    - rolearn: arn:aws:iam::111111111111:role/nodes
      username: system:node:{{EC2PrivateDNSName}}
      groups: [system:bootstrappers, system:nodes]

## How to fix

For people, remove both groups. For nodes, write a node's username:
`system:node:{{EC2PrivateDNSName}}`, or `system:node:{{SessionName}}` on Fargate and for hybrid
nodes. There is no automatic fix: authmap cannot tell which of the two mistakes it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from authmap.authenticator.foreign_template import templates
from authmap.model.finding import Finding
from authmap.model.places import at_node
from authmap.model.reserved_entries import NODE_GROUPS, NODE_PREFIX, is_node
from authmap.model.severity import Severity
from authmap.rules.registry import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from authmap.model.auth_map import AuthMap
    from authmap.model.options import RunOptions


@rule("AM303", "node-groups-on-human", Severity.WARNING)
def node_groups_on_human(auth_map: AuthMap, options: RunOptions) -> Iterator[Finding]:
    """Entries in the groups of nodes without a node's username."""
    for entry in (*auth_map.roles, *auth_map.users):
        if entry.username.startswith(NODE_PREFIX) or not is_node(entry):
            continue
        found = next((group for group in entry.group_items if group.text in NODE_GROUPS), None)
        if found is None or templates(entry.username):
            continue
        but = f"its username is `{entry.username}`" if entry.username else "has no username"
        yield Finding(
            at_node(entry.section, found.node),
            f"{entry.title} is in the group `{found.text}` like a node, but {but}",
            "machines cannot join the cluster with this username, and people may request kubelet "
            "certificates; for nodes, write a node's username; for people, remove the groups of "
            "nodes. authmap treats this entry as a node and never renames it",
            entry=entry,
        )
