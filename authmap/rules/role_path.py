"""A rolearn has a path, so the role can never log in.

## Why it matters

The authenticator sees only the session of a role, and STS leaves the role's path out of the
session's ARN. The authenticator looks for `role/deployer` and never finds an entry for
`role/ci/deployer`. The only symptom is a failing login
(https://github.com/kubernetes-sigs/aws-iam-authenticator/issues/268;
https://docs.aws.amazon.com/eks/latest/userguide/creating-access-entries.html: ARNs in aws-auth
can't include a path). The most common case is IAM Identity Center: the console shows the ARNs of
its roles as `role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_…`.

Users are different: a user's ARN keeps its path, and you must write it with the path.

## Bad

    - rolearn: arn:aws:iam::111111111111:role/ci/deployer
      username: role:{{AccountID}}:deployer:{{SessionName}}
      groups: [deployers]

## Good

    - rolearn: arn:aws:iam::111111111111:role/deployer
      username: role:{{AccountID}}:deployer:{{SessionName}}
      groups: [deployers]

## How to fix

Leave the path out of the ARN in the map; the role itself keeps its path.
`authmap fix --unsafe-fixes` does this. The fix is unsafe because it gives access to a role that
could not log in before. authmap holds it back if another entry already has the ARN without the
path.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from authmap.authenticator.arn import SSO_PREFIX, meant
from authmap.authenticator.arn_fault import is_sound
from authmap.model.finding import Finding
from authmap.model.places import at_arn
from authmap.model.rule import Fixes
from authmap.model.severity import Severity
from authmap.rules.registry import rule
from authmap.usernames.rename import correct_arn

if TYPE_CHECKING:
    from collections.abc import Iterator

    from authmap.model.auth_map import AuthMap
    from authmap.model.options import RunOptions


@rule("AM201", "role-path", Severity.ERROR, fixes=Fixes.UNSAFE)
def role_path(auth_map: AuthMap, options: RunOptions) -> Iterator[Finding]:
    """Entries with a role ARN that has a path."""
    for entry in (*auth_map.roles, *auth_map.users):
        arn = entry.arn
        if arn.count("/") < 2 or ":role/" not in arn.lower() or not is_sound(arn):
            continue
        start, end = arn.index("/") + 1, arn.rindex("/") + 1
        sso = " (every IAM Identity Center role has one)" if SSO_PREFIX in arn else ""
        yield Finding(
            at_arn(entry, start, end),
            f"{entry.title} can never log in: the authenticator sees role ARNs without their path, "
            f"so `/{arn[start:end]}` never matches",
            f"leave the path out{sso}; write `{meant(arn)}`",
            entry=entry,
            fix=correct_arn(auth_map, entry),
        )
