"""A username starts with the session name: the caller can take another user's name.

## Why it matters

The caller of AssumeRole chooses the session name: up to 64 letters, digits and `_+=,.@-`. If a
username is only `{{SessionName}}`, the caller can make it any name without a colon: the name of
another person, or of a service such as `aws-batch`. If only fixed text follows, as in
`{{SessionName}}:admin`, a session named `system` turns it into `system:admin`. RBAC treats the
caller as that user, and the audit log records that name. The authenticator's own README warns about
this (https://github.com/kubernetes-sigs/aws-iam-authenticator#full-configuration-format).

## Bad

    - rolearn: arn:aws:iam::111111111111:role/staff
      username: "{{SessionName}}"
      groups: [developers]

## Good

    - rolearn: arn:aws:iam::111111111111:role/staff
      username: role:{{AccountID}}:staff:{{SessionName}}
      groups: [developers]

## How to fix

Put fixed text and a colon in front of the session name. `authmap fix --unsafe-fixes` writes the
username that `--username-template` defines. The fix is not marked as safe because a binding may
name a username that a session has today, and that user would lose access: bind a group first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from authmap.authenticator.foreign_template import templates
from authmap.authenticator.placeholder import ACCESS_KEY_ID, is_led_by_caller
from authmap.model import reserved_entries
from authmap.model.finding import Finding
from authmap.model.places import at_username
from authmap.model.rule import Fixes
from authmap.model.severity import Severity
from authmap.rules.registry import rule
from authmap.usernames.rename import rename

if TYPE_CHECKING:
    from collections.abc import Iterator

    from authmap.model.auth_map import AuthMap
    from authmap.model.options import RunOptions


@rule("AM103", "leading-session-name", Severity.ERROR, fixes=Fixes.UNSAFE)
def leading_session_name(auth_map: AuthMap, options: RunOptions) -> Iterator[Finding]:
    """Usernames of roles that start with a value the caller chooses."""
    for entry in (*auth_map.roles, *auth_map.users):
        username = entry.username
        if not is_led_by_caller(username) or not entry.has_session_name or templates(username):
            continue
        rest = username.split("{{SessionName", 1)[1].partition("}}")[2]
        if username.startswith(ACCESS_KEY_ID):
            example = "before version 0.5.9 the caller could choose the key ID too (CVE-2022-2385)"
        elif rest.startswith(":"):
            example = f"a session named `system` turns it into `system{rest}`"
        elif rest:
            example = f"a caller can turn it into any name without a colon that ends in `{rest}`"
        else:
            example = (
                "a caller who names the session `kubernetes-admin`, for example, becomes that user"
            )
        fix = None
        if not reserved_entries.owner(entry, options.reserved):
            fix = rename(auth_map, entry, options, safe=False)
        yield Finding(
            at_username(entry, username.removesuffix(rest)),
            f"anyone who assumes {entry.title} chooses how the username starts: `{username}`",
            f"{example}; put fixed text and a colon in front",
            entry=entry,
            fix=fix,
        )
