"""An entry is in `system:masters`: it has full control of the cluster, and RBAC cannot revoke it.

## Why it matters

The API server allows this group everything before it checks RBAC. Deleting every binding changes
nothing for its members, and authorization webhooks are not asked either. You can revoke the access
only by changing the entry itself
(https://kubernetes.io/docs/concepts/security/rbac-good-practices/#least-privilege). This is a note
because most clusters have such an entry on purpose: the rule shows you where they are.

## Bad

    - rolearn: arn:aws:iam::111111111111:role/staff
      username: role:{{AccountID}}:staff:{{SessionName}}
      groups: [system:masters]

## Good

    - rolearn: arn:aws:iam::111111111111:role/staff
      username: role:{{AccountID}}:staff:{{SessionName}}
      groups: [cluster-admins]

## How to fix

Create a group of your own, bind it to the ClusterRole `cluster-admin`, and add it to the entry:

    kubectl create clusterrolebinding admins --clusterrole=cluster-admin --group=cluster-admins

Check that access works through the new group, then remove `system:masters` from the entry. There is
no automatic fix: removing the group before the binding works could lock you out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from authmap.model.finding import Finding
from authmap.model.places import at_node
from authmap.model.severity import Severity
from authmap.rules.registry import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from authmap.model.auth_map import AuthMap
    from authmap.model.options import RunOptions


@rule("AM301", "cluster-admin", Severity.NOTE)
def cluster_admin(auth_map: AuthMap, options: RunOptions) -> Iterator[Finding]:
    """Entries in the group with full control of the cluster."""
    for entry in (*auth_map.roles, *auth_map.users):
        for text, node in entry.group_items:
            if text == "system:masters":
                yield Finding(
                    at_node(entry.section, node),
                    f"{entry.title} has full control of the cluster through `system:masters`",
                    "this group bypasses RBAC: access can only be revoked by changing this entry; "
                    "use a group of your own, bound to the ClusterRole `cluster-admin`",
                    entry=entry,
                )
                break
