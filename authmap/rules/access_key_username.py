"""A username contains the access key ID: it changes with every key and identifies nobody.

## Why it matters

Access keys are rotated, and the keys of a role session expire within hours. No RBAC binding can
name such a user, and weeks later the audit log shows a key ID that you cannot trace to a person.
In versions 0.5.2 to 0.5.8 of the authenticator the caller could choose the value, and so become
another user
(CVE-2022-2385, https://github.com/kubernetes-sigs/aws-iam-authenticator/issues/472). You do not
need the key ID in the username: EKS already adds it to audit events, in `user.extra`.

## Bad

    - rolearn: arn:aws:iam::111111111111:role/staff
      username: staff:{{AccessKeyID}}
      groups: [developers]

## Good

    - rolearn: arn:aws:iam::111111111111:role/staff
      username: role:{{AccountID}}:staff:{{SessionName}}
      groups: [developers]

## How to fix

For a role, use `{{SessionName}}` instead. For an IAM user, use a fixed name. There is no automatic
fix for this rule. The change gives every caller a new username, so check first that no RBAC binding
names an old one.
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
    from authmap.model.options import RunOptions


@rule("AM109", "access-key-username", Severity.WARNING)
def access_key_username(auth_map: AuthMap, options: RunOptions) -> Iterator[Finding]:
    """Usernames that contain the caller's access key ID."""
    for entry in (*auth_map.roles, *auth_map.users):
        username = entry.username
        if ACCESS_KEY_ID not in username or templates(username):
            continue
        better = "{{SessionName}}" if entry.has_session_name else "a fixed name"
        yield Finding(
            at_username(entry, ACCESS_KEY_ID),
            f"the username of {entry.title} changes with every access key: `{username}`",
            "keys are rotated and session keys expire within hours: no binding can name this "
            "user, and the audit log does not show who it was (before version 0.5.9 of the "
            "authenticator, callers could even choose the value: CVE-2022-2385); "
            f"use {better} instead",
            entry=entry,
        )
