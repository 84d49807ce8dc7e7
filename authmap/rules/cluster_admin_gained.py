"""A Terraform plan gives somebody full control of the cluster.

## Why it matters

The group `system:masters` bypasses RBAC, and a binding to the ClusterRole `cluster-admin` allows
everything as well (https://kubernetes.io/docs/concepts/security/rbac-good-practices/). A reviewer
should see this in the plan, whatever module or variable it comes from.

authmap compares the map before and after the plan, as `terraform show -json` prints it. It does not
judge a map that the plan creates.

## Bad

    terraform_version: 1.9.0
    resource_changes:
      - address: kubernetes_config_map.aws_auth
        mode: managed
        type: kubernetes_config_map
        change:
          actions: [update]
          before:
            metadata: [{name: aws-auth, namespace: kube-system}]
            data:
              mapRoles: |
                - rolearn: arn:aws:iam::111111111111:role/staff
                  username: role:{{AccountID}}:staff:{{SessionName}}
                  groups: [developers]
          after:
            metadata: [{name: aws-auth, namespace: kube-system}]
            data:
              mapRoles: |
                - rolearn: arn:aws:iam::111111111111:role/staff
                  username: role:{{AccountID}}:staff:{{SessionName}}
                  groups: [developers, system:masters]

## Good

    terraform_version: 1.9.0
    resource_changes:
      - address: kubernetes_config_map.aws_auth
        mode: managed
        type: kubernetes_config_map
        change:
          actions: [update]
          before:
            metadata: [{name: aws-auth, namespace: kube-system}]
            data:
              mapRoles: |
                - rolearn: arn:aws:iam::111111111111:role/staff
                  username: role:{{AccountID}}:staff:{{SessionName}}
                  groups: [developers]
          after:
            metadata: [{name: aws-auth, namespace: kube-system}]
            data:
              mapRoles: |
                - rolearn: arn:aws:iam::111111111111:role/staff
                  username: role:{{AccountID}}:staff:{{SessionName}}
                  groups: [developers]

## How to fix

Give the entry a group that RBAC binds to the permissions it needs. If the change is intended,
approve it, or suppress the finding in a baseline.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from authmap.access.compare import planned
from authmap.access.place import at_grants
from authmap.model.finding import Finding
from authmap.model.rule import Need
from authmap.model.severity import Severity
from authmap.rules.registry import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from authmap.model.options import RunOptions
    from authmap.model.planned_change import PlannedChange


@rule("AM603", "cluster-admin-gained", Severity.WARNING, needs=Need.PLAN)
def cluster_admin_gained(plan: PlannedChange, options: RunOptions) -> Iterator[Finding]:
    """Principals that gain full control of the cluster."""
    comparison = planned(plan, options.bindings)
    for change in comparison.admins_gained:
        yield Finding(
            at_grants(plan.after, change.after),
            f"{change.principal.title} gains full control of the cluster",
            f"through {comparison.through(change.after)}; check that this is intended",
        )
