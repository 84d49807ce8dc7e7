"""An entry is in the groups of nodes, but has no node's username.

## Why it matters

Two mistakes look like this. Somebody copied a node's entry for people and left the groups in: then
people may request certificates of kubelets, by the bindings that EKS has for these groups, and get
none of the rights that they came for. Or somebody gave a node's entry another username: then the
node authorizer no longer takes the machines for nodes, since it wants the name `system:node:…` and
the group `system:nodes`, and they cannot register or report
(https://kubernetes.io/docs/reference/access-authn-authz/node/).

authmap takes every entry with these groups for a node's and never renames it.

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

For people, take both groups out. For nodes, write the username that belongs to them:
`system:node:{{EC2PrivateDNSName}}`, on Fargate and for hybrid nodes `system:node:{{SessionName}}`.
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
    from authmap.model.options import Options


@rule("AM303", "node-groups-on-human", Severity.WARNING)
def node_groups_on_human(auth_map: AuthMap, options: Options) -> Iterator[Finding]:
    """Entries in a node's groups whose username is none of a node."""
    for entry in (*auth_map.roles, *auth_map.users):
        if entry.username.startswith(NODE_PREFIX) or not is_node(entry):
            continue
        found = next((group for group in entry.group_items if group.text in NODE_GROUPS), None)
        if found is None or templates(entry.username):
            continue
        named = f"is called `{entry.username}`" if entry.username else "has no username"
        yield Finding(
            at_node(entry.section, found.node),
            f"{entry.title} is in `{found.text}` like a node, but {named}",
            "machines cannot join under such a name, and people may request certificates of "
            "kubelets; write a node's username, or take the groups of nodes out. Until then "
            "authmap takes this for a node and never renames it",
            entry=entry,
        )
