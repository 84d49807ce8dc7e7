"""A user is in mapRoles, or a role is in mapUsers.

## Why it matters

Both entries work: the authenticator compares only the ARN, in mapRoles first and then in mapUsers
(`Map` in pkg/mapper/configmap/mapper.go of
https://github.com/kubernetes-sigs/aws-iam-authenticator). But an IAM user or federated user has no
session, so `{{SessionName}}` is replaced with nothing. A role in mapUsers goes unnoticed when
somebody reviews mapRoles for shared usernames, and stops working as soon as mapRoles has an entry
for the same role.

## Bad

    - rolearn: arn:aws:iam::111111111111:user/jane
      username: user:{{AccountID}}:jane:{{SessionName}}
      groups: [developers]

## Good

    - userarn: arn:aws:iam::111111111111:user/jane
      username: user:{{AccountID}}:jane
      groups: [developers]

## How to fix

Move the entry to the other section, with `userarn` instead of `rolearn` or the other way round.
There is no automatic fix.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from authmap.authenticator.arn_fault import is_sound
from authmap.model.finding import Finding
from authmap.model.places import at_entry
from authmap.model.severity import Severity
from authmap.rules.registry import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from authmap.model.auth_map import AuthMap
    from authmap.model.options import RunOptions


@rule("AM206", "wrong-section", Severity.WARNING)
def wrong_section(auth_map: AuthMap, options: RunOptions) -> Iterator[Finding]:
    """Users in mapRoles, and roles in mapUsers."""
    for entry in auth_map.roles:
        arn = entry.arn.lower()
        if (":user/" in arn or ":federated-user/" in arn) and is_sound(arn):
            yield Finding(
                at_entry(entry),
                f"{entry.title} is a user, but its entry is in mapRoles",
                "the entry works, but a user has no session name; move it to mapUsers, with "
                "`userarn`",
                entry=entry,
            )
    for entry in auth_map.users:
        arn = entry.arn.lower()
        if ":role/" in arn and arn.count("/") == 1 and is_sound(arn):
            yield Finding(
                at_entry(entry),
                f"{entry.title} is a role, but its entry is in mapUsers",
                "the entry works until mapRoles has one for the same role, and reviewers do not "
                "look for roles here; move it to mapRoles, with `rolearn`",
                entry=entry,
            )
