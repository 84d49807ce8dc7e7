"""A Terraform plan takes access away from nodes, or from the last administrator.

## Why it matters

Nodes and Fargate pods log in through their entry. Without it, running kubelets can no longer
report, their nodes become NotReady, and new ones cannot join. A plan does this when somebody
removes a node group's role from the list, or when a new version of a module no longer manages the
map and Terraform deletes it
(https://github.com/terraform-aws-modules/terraform-aws-eks/pull/1524). If no entry with full
control of the cluster is left, nobody can repair the map through it.

authmap compares the map before and after the plan, as `terraform show -json` prints it. It does not
judge a map that the plan creates, nor values that are known only after apply. Access entries are
not in the map, so they do not count.

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
                - rolearn: arn:aws:iam::111111111111:role/nodes
                  username: system:node:{{EC2PrivateDNSName}}
                  groups: [system:bootstrappers, system:nodes]
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
                - rolearn: arn:aws:iam::111111111111:role/nodes
                  username: system:node:{{EC2PrivateDNSName}}
                  groups: [system:bootstrappers, system:nodes]
                - rolearn: arn:aws:iam::111111111111:role/staff
                  username: role:{{AccountID}}:staff:{{SessionName}}
                  groups: [developers]
          after:
            metadata: [{name: aws-auth, namespace: kube-system}]
            data:
              mapRoles: |
                - rolearn: arn:aws:iam::111111111111:role/nodes
                  username: system:node:{{EC2PrivateDNSName}}
                  groups: [system:bootstrappers, system:nodes]

## How to fix

Keep the entry in the Terraform source. To stop managing the map with Terraform, remove it from the
state instead (`terraform state rm`, or a `removed` block with `destroy = false`). To move nodes or
administrators to access entries, create these first. There is no automatic fix.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from authmap.access.compare import Effect, planned
from authmap.access.describe import losses
from authmap.access.place import at_grants
from authmap.model.finding import Finding
from authmap.model.rule import Need
from authmap.model.severity import Severity
from authmap.rules.registry import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from authmap.model.options import RunOptions
    from authmap.model.planned_change import PlannedChange


@rule("AM601", "critical-access-lost", Severity.ERROR, needs=Need.PLAN)
def critical_access_lost(plan: PlannedChange, options: RunOptions) -> Iterator[Finding]:
    """Nodes and last administrators that lose access."""
    comparison = planned(plan, options.bindings)
    nodes = comparison.nodes_lost
    for change in nodes:
        title = change.principal.title
        how, advice = "loses its entry", "keep the entry"
        if not change.effects & Effect.LOST:
            how = f"loses {losses(change, comparison)}"
            advice = "keep the username and the groups of its entry"
        yield Finding(
            at_grants(plan.before, change.before),
            f"{title} {how}: its nodes become NotReady, and new ones cannot join",
            f"{advice}, or create an access entry for these nodes first",
        )
    for change in comparison.admins_lost if not plan.partial else ():
        if change not in nodes:
            yield Finding(
                at_grants(plan.before, change.before),
                f"{change.principal.title} loses full control of the cluster, and no entry is left "
                "that has it",
                "nobody could repair the map through it; keep an entry in `system:masters`, or "
                "create an access entry for an administrator first",
            )
