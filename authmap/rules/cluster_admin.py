"""An entry is in `system:masters`: it may do everything, and RBAC cannot take that away.

## Why it matters

The API server lets this group pass before it asks RBAC. Deleting every binding changes nothing for
its members, and no webhook that authorizes is asked either; the entry itself is the only place
where the access can be revoked
(https://kubernetes.io/docs/concepts/security/rbac-good-practices/#least-privilege). A note, since
most clusters have such an entry on purpose: this shows where they are.

## Bad

    - rolearn: arn:aws:iam::111111111111:role/staff
      username: role:{{AccountID}}:staff:{{SessionName}}
      groups: [system:masters]

## Good

    - rolearn: arn:aws:iam::111111111111:role/staff
      username: role:{{AccountID}}:staff:{{SessionName}}
      groups: [cluster-admins]

## How to fix

Give the entry a group of your own, bound to the ClusterRole `cluster-admin`, and take
`system:masters` out once that works:

    kubectl create clusterrolebinding admins --clusterrole=cluster-admin --group=cluster-admins
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
    from authmap.model.options import Options


@rule("AM301", "cluster-admin", Severity.NOTE)
def cluster_admin(auth_map: AuthMap, options: Options) -> Iterator[Finding]:
    """Entries in the group that may do everything."""
    for entry in (*auth_map.roles, *auth_map.users):
        for text, node in entry.group_items:
            if text == "system:masters":
                yield Finding(
                    at_node(entry.section, node),
                    f"{entry.title} may do everything, by `system:masters`",
                    "the group stands above RBAC: only a change of this entry can take the access "
                    "away; bind a group of your own to the ClusterRole `cluster-admin`",
                    entry=entry,
                )
                break
