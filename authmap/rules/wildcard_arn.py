"""An ARN has a wildcard, which is compared literally and matches nobody.

## Why it matters

`*` and `?` are wildcards in IAM policies. Here the authenticator compares ARNs character by
character (`Matches` in pkg/config/mapper.go of
https://github.com/kubernetes-sigs/aws-iam-authenticator), and no role has a `*` in its name. The
authenticator keeps the entry, but it matches nobody.

## Bad

    - rolearn: arn:aws:iam::111111111111:role/AWSReservedSSO_Admin_*
      username: role:{{AccountID}}:admin:{{SessionName}}
      groups: [admins]

## Good

    - rolearn: arn:aws:iam::111111111111:role/AWSReservedSSO_Admin_0123456789abcdef
      username: role:{{AccountID}}:admin:{{SessionName}}
      groups: [admins]

## How to fix

Write one entry for each role, with its full name. The sixteen digits at the end of an IAM Identity
Center role's name change if its permission set is provisioned again in an account: generate the
entry from `aws iam list-roles --path-prefix /aws-reserved/sso.amazonaws.com/`, or move that role to
an EKS access entry. There is no automatic fix.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from authmap.authenticator.arn import SSO_PREFIX
from authmap.authenticator.arn_fault import wildcard
from authmap.authenticator.foreign_template import templates
from authmap.model.finding import Finding
from authmap.model.places import at_arn
from authmap.model.severity import Severity
from authmap.rules.registry import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from authmap.model.auth_map import AuthMap
    from authmap.model.options import RunOptions


@rule("AM205", "wildcard-arn", Severity.ERROR)
def wildcard_arn(auth_map: AuthMap, options: RunOptions) -> Iterator[Finding]:
    """Entries with a wildcard in the ARN."""
    for entry in (*auth_map.roles, *auth_map.users):
        at = wildcard(entry.arn)
        if at is None or templates(entry.arn):
            continue
        advice = "write an entry for each role or user, with its full name"
        if SSO_PREFIX in entry.arn:
            advice = "write the role's full name, including the digits, and leave its path out"
        yield Finding(
            at_arn(entry, at, at + 1),
            f"`{entry.arn}` matches nobody: `{entry.arn[at]}` is not a wildcard here",
            f"the authenticator compares ARNs character by character; {advice}",
            entry=entry,
        )
