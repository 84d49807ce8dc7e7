"""An entry has `sso` instead of a rolearn: EKS never looks at it.

## Why it matters

The authenticator can match the roles of a permission set, whose names end in sixteen random
digits, by `sso` with `permissionSetName` and `accountID`; but only where it runs with the alpha
feature gate `SSORoleMatch` (pkg/config/features.go of
https://github.com/kubernetes-sigs/aws-iam-authenticator), which EKS does not set and nobody can set
there. The entry is kept, and nobody comes in by it.

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

Write a `rolearn` with the role's whole name and without its path. The digits change when the
permission set is made anew in the account: an access entry of EKS has the same weakness, so have
either of them made from `aws iam list-roles --path-prefix /aws-reserved/sso.amazonaws.com/`. On a
cluster of your own with the feature gate set, leave this rule out: `ignore = ["AM208"]`.
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


@rule("AM208", "sso-matcher", Severity.ERROR)
def sso_matcher(auth_map: AuthMap, options: Options) -> Iterator[Finding]:
    """Entries that match by permission set."""
    for entry in auth_map.entries:
        field = entry.field("sso")
        if entry.sso is None or field is None:
            continue
        severity = None
        if entry.dropped and not entry.section.consumer.on_eks:
            message, advice = f"the authenticator does not start: {entry.dropped}", "correct it"
        elif entry.dropped:
            message = f"this entry is dropped: {entry.dropped}"
            advice = (
                "EKS never looks at `sso` anyway: take it out, and give the entry one `rolearn`"
            )
        elif not entry.section.consumer.on_eks:
            message = f"nobody comes in by `sso` unless a feature gate is set: {entry.title}"
            advice = "start the server with `--feature-gates=SSORoleMatch=true`, or write a rolearn"
            severity = Severity.WARNING
        else:
            message = f"nobody comes in by `sso`: EKS never looks at {entry.title}"
            advice = (
                "the feature gate SSORoleMatch is off there; write a `rolearn`: "
                f"arn:aws:iam::{entry.sso.account}:role/AWSReservedSSO_"
                f"{entry.sso.permission_set}_ and the 16 digits behind it"
            )
        at = at_node(entry.section, field.key)
        yield Finding(at, message, advice, entry=entry, severity=severity)
