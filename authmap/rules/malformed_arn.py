"""An entry's ARN is malformed: no caller can have it.

## Why it matters

The authenticator compares ARNs character by character, ignoring only case. It does not report an
entry that can never match: one with a missing colon, an account ID of eleven digits, a trailing
space, or an instance profile instead of its role. The map looks right, but the role or user cannot
log in (`Matches` in pkg/config/mapper.go and `Canonicalize` in pkg/arn/arn.go of
https://github.com/kubernetes-sigs/aws-iam-authenticator).

## Bad

    - rolearn: arn:aws:iam:111111111111:role/staff
      username: role:{{AccountID}}:staff:{{SessionName}}
      groups: [developers]
    - rolearn: arn:aws:iam::111111111111:instance-profile/nodes
      username: system:node:{{EC2PrivateDNSName}}
      groups: [system:bootstrappers, system:nodes]

## Good

    - rolearn: arn:aws:iam::111111111111:role/staff
      username: role:{{AccountID}}:staff:{{SessionName}}
      groups: [developers]
    - rolearn: arn:aws:iam::111111111111:role/nodes
      username: system:node:{{EC2PrivateDNSName}}
      groups: [system:bootstrappers, system:nodes]

## How to fix

Copy the ARN from `aws iam get-role --role-name NAME` or `aws iam get-user --user-name NAME`. If a
role's ARN has a path, leave the path out. There is no automatic fix.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from authmap.authenticator.arn import ArnError, canonicalize
from authmap.authenticator.arn_fault import fault, wildcard
from authmap.authenticator.foreign_template import templates
from authmap.model.finding import Finding
from authmap.model.places import at_arn
from authmap.model.severity import Severity
from authmap.rules.registry import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from authmap.model.auth_map import AuthMap
    from authmap.model.options import RunOptions


@rule("AM203", "malformed-arn", Severity.ERROR)
def malformed_arn(auth_map: AuthMap, options: RunOptions) -> Iterator[Finding]:
    """Entries with an ARN that no caller can have."""
    for entry in (*auth_map.roles, *auth_map.users):
        found = fault(entry.arn) if entry.arn else None
        if found is None or wildcard(entry.arn) is not None or templates(entry.arn):
            continue
        refusal = entry.section.consumer.refusal("arn") if _has_no_canonical_form(entry.arn) else ""
        start = min(found.start, len(entry.arn) - 1)  # an empty part: point at what follows it
        yield Finding(
            at_arn(entry, start, max(found.end, start + 1)),
            f"`{entry.arn}` {found.problem}",
            f"{refusal or 'this entry matches nobody'}; {found.remedy}",
            entry=entry,
        )


def _has_no_canonical_form(arn: str) -> bool:
    """Whether the authenticator fails to canonicalise the ARN."""
    try:
        canonicalize(arn)
    except ArnError:
        return True
    return False
