"""A username holds the id of the access key: it is another one with each key, and nobody's name.

## Why it matters

Keys are rotated, and those of a role's session last hours: no binding can name such a user, and
weeks later the audit log tells of a key that nobody can look up. In versions 0.5.2 to 0.5.8 of the
authenticator the caller could choose what was filled in, and so become another user
(CVE-2022-2385, https://github.com/kubernetes-sigs/aws-iam-authenticator/issues/472). EKS hands the
key's id to the audit log in `user.extra` anyway.

## Bad

    - rolearn: arn:aws:iam::111111111111:role/staff
      username: staff:{{AccessKeyID}}
      groups: [developers]

## Good

    - rolearn: arn:aws:iam::111111111111:role/staff
      username: role:{{AccountID}}:staff:{{SessionName}}
      groups: [developers]

## How to fix

Write `{{SessionName}}` for a role, and a fixed name for an IAM user.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from authmap.authenticator.foreign_template import templates
from authmap.authenticator.placeholder import ACCESS_KEY_ID
from authmap.model.finding import Finding
from authmap.model.places import at_username
from authmap.model.severity import Severity
from authmap.rules.registry import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from authmap.model.auth_map import AuthMap
    from authmap.model.options import Options


@rule("AM109", "access-key-username", Severity.WARNING)
def access_key_username(auth_map: AuthMap, options: Options) -> Iterator[Finding]:
    """Usernames that hold the id of the caller's access key."""
    for entry in (*auth_map.roles, *auth_map.users):
        username = entry.username
        if ACCESS_KEY_ID not in username or templates(username):
            continue
        better = "{{SessionName}}" if entry.has_session_name else "a fixed name"
        yield Finding(
            at_username(entry, ACCESS_KEY_ID),
            f"{entry.title} is another user with each access key: `{username}`",
            "keys are rotated, and a session's last hours: no binding can name that user, and the "
            f"audit log does not tell who it was (before version 0.5.9 it even let the caller "
            f"choose: CVE-2022-2385); write {better}",
            entry=entry,
        )
