"""An entry has `sso` instead of a rolearn: EKS ignores it.

## Why it matters

With `sso`, `permissionSetName` and `accountID`, the authenticator can match the roles of a
permission set, whose names end in sixteen random digits. It does so only with the alpha feature
gate `SSORoleMatch` (pkg/config/features.go of
https://github.com/kubernetes-sigs/aws-iam-authenticator). EKS does not set that gate, and you
cannot set it there. The authenticator keeps the entry, but it matches nobody.

## Bad

    data:
      mapRoles: |
        - sso:
            permissionSetName: Administrator
            accountID: "111111111111"
          username: role:{{AccountID}}:admin:{{SessionName}}
          groups: [admins]

## Good

    data:
      mapRoles: |
        - rolearn: arn:aws:iam::111111111111:role/AWSReservedSSO_Administrator_0123456789abcdef
          username: role:{{AccountID}}:admin:{{SessionName}}
          groups: [admins]

## How to fix

Write a `rolearn` with the role's full name and without its path. The digits change if the
permission set is provisioned again in the account. An EKS access entry has the same weakness, so
generate either of them from `aws iam list-roles --path-prefix /aws-reserved/sso.amazonaws.com/`.
There is no automatic fix. On a self-managed cluster with the feature gate set, turn this rule off:
`ignore = ["AM208"]`.
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


@rule("AM208", "sso-matcher", Severity.ERROR)
def sso_matcher(auth_map: AuthMap, options: RunOptions) -> Iterator[Finding]:
    """Entries that match a permission set through `sso`."""
    for entry in auth_map.entries:
        field = entry.field("sso")
        if entry.sso is None or field is None:
            continue
        severity = None
        if entry.dropped and not entry.section.consumer.on_eks:
            message = f"the authenticator does not start because of this entry: {entry.dropped}"
            advice = "correct it"
        elif entry.dropped:
            message = f"this entry is dropped: {entry.dropped}"
            advice = "EKS ignores `sso` in any case: remove it, and give the entry one `rolearn`"
        elif not entry.section.consumer.on_eks:
            message = f"{entry.title} matches nobody unless a feature gate is set"
            advice = "start the server with `--feature-gates=SSORoleMatch=true`, or write a rolearn"
            severity = Severity.WARNING
        else:
            message = f"{entry.title} matches nobody: EKS ignores `sso`"
            advice = (
                "the feature gate SSORoleMatch is off on EKS; write a `rolearn` instead: "
                f"arn:aws:iam::{entry.sso.account}:role/AWSReservedSSO_"
                f"{entry.sso.permission_set}_ followed by 16 digits"
            )
        at = at_node(entry.section, field.key)
        yield Finding(at, message, advice, entry=entry, severity=severity)
