"""A Terraform plan takes access away from a principal.

## Why it matters

Taking access away on purpose is everyday work, so this is a note: it shows reviewers what a change
of the map means. A plan that removes more than its author meant often moved or renamed a variable
(https://github.com/terraform-aws-modules/terraform-aws-eks/issues/2050).

authmap compares the map before and after the plan, as `terraform show -json` prints it. AM601
reports nodes and the last administrator.

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
                - rolearn: arn:aws:iam::111111111111:role/nodes
                  username: system:node:{{EC2PrivateDNSName}}
                  groups: [system:bootstrappers, system:nodes]

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
                - rolearn: arn:aws:iam::111111111111:role/staff
                  username: role:{{AccountID}}:staff:{{SessionName}}
                  groups: [developers]

## How to fix

If the change is intended, there is nothing to fix. Otherwise restore the entry, or its groups, in
the Terraform source.
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


@rule("AM602", "access-lost", Severity.NOTE, needs=Need.PLAN)
def access_lost(plan: PlannedChange, options: RunOptions) -> Iterator[Finding]:
    """Principals that lose access, other than nodes and the last administrators."""
    comparison = planned(plan, options.bindings)
    admins = [] if plan.partial else comparison.admins_lost
    critical = {change.principal for change in (*comparison.nodes_lost, *admins)}
    for change in comparison.changes:
        if change.principal in critical or not change.effects & (Effect.LOST | Effect.FEWER):
            continue
        effect = "its callers can no longer log in; check that this is intended"
        if not change.effects & Effect.LOST:
            effect = "its callers can still log in; check that this is intended"
        yield Finding(
            at_grants(plan.before, change.before),
            f"{change.principal.title} loses {losses(change, comparison)}",
            effect,
        )
