"""A rolearn has a path: the role never comes in by it.

## Why it matters

A role's session is all the authenticator gets to see of a caller, and STS leaves the role's path
out of a session's ARN. It looks for `role/deployer`; an entry that says `role/ci/deployer` is
never found, and nothing tells so but a failing login
(https://github.com/kubernetes-sigs/aws-iam-authenticator/issues/268;
https://docs.aws.amazon.com/eks/latest/userguide/creating-access-entries.html: ARNs in aws-auth
can't include a path). The commonest case are the roles of IAM Identity Center, whose ARNs the
console shows as `role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_…`.

Users are another matter: a user's ARN keeps its path and must be written with it.

## Bad

    - rolearn: arn:aws:iam::111111111111:role/ci/deployer
      username: role:{{AccountID}}:deployer:{{SessionName}}
      groups: [deployers]

## Good

    - rolearn: arn:aws:iam::111111111111:role/deployer
      username: role:{{AccountID}}:deployer:{{SessionName}}
      groups: [deployers]

## How to fix

Leave the path out, here only: the role itself keeps it. `authmap fix --unsafe-fixes` does so,
since it lets somebody in who stood before a closed door until now. It is held back where another
entry has the ARN without the path already.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from authmap.authenticator.arn import SSO_PREFIX, meant
from authmap.authenticator.arn_fault import is_sound
from authmap.model.finding import Finding
from authmap.model.places import at_arn
from authmap.model.severity import Severity
from authmap.rules.registry import rule
from authmap.usernames.rename import correct_arn

if TYPE_CHECKING:
    from collections.abc import Iterator

    from authmap.model.auth_map import AuthMap
    from authmap.model.options import Options


@rule("AM201", "role-path", Severity.ERROR)
def role_path(auth_map: AuthMap, options: Options) -> Iterator[Finding]:
    """Entries of roles whose ARN has a path."""
    for entry in (*auth_map.roles, *auth_map.users):
        arn = entry.arn
        if arn.count("/") < 2 or ":role/" not in arn.lower() or not is_sound(arn):
            continue
        start, end = arn.index("/") + 1, arn.rindex("/") + 1
        sso = ", which every role of IAM Identity Center has" if SSO_PREFIX in arn else ""
        yield Finding(
            at_arn(entry, start, end),
            f"{entry.title} never comes in: the path `/{arn[start:end]}` in its ARN never matches",
            f"STS reports a role's session without the path{sso}; write `{meant(arn)}`",
            entry=entry,
            fix=correct_arn(auth_map, entry),
        )
