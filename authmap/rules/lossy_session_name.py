"""`{{SessionName}}` turns the `@` in a session name into `-`: `{{SessionNameRaw}}` keeps it.

## Why it matters

Single sign-on uses the email address as the session name. With `{{SessionName}}`, the same person
is `jane-example.com` in the audit log and `jane@example.com` in CloudTrail, so a search for one
does not find the other. Two people can also become one user: `jane-b@example.com` and
`jane@b-example.com`. `{{SessionNameRaw}}` keeps the name and exists since version 0.5 of the
authenticator
(https://github.com/kubernetes-sigs/aws-iam-authenticator#full-configuration-format).

This rule is off by default: `--extend-select AM108` turns it on. It skips the entries of nodes and
AWS services.

## Bad

    - rolearn: arn:aws:iam::111111111111:role/staff
      username: role:{{AccountID}}:staff:{{SessionName}}
      groups: [developers]

## Good

    - rolearn: arn:aws:iam::111111111111:role/staff
      username: role:{{AccountID}}:staff:{{SessionNameRaw}}
      groups: [developers]

## How to fix

`authmap fix` writes `{{SessionNameRaw}}`. The fix is safe for an entry whose access comes from its
groups. If an entry has no groups, its access comes from bindings to today's usernames, so authmap
holds the fix back until you pass the role name to `--rename`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from authmap.authenticator.foreign_template import templates
from authmap.authenticator.placeholder import SESSION_NAME, SESSION_NAME_RAW
from authmap.model import reserved_entries
from authmap.model.finding import Finding
from authmap.model.places import at_username
from authmap.model.rule import Fixes
from authmap.model.severity import Severity
from authmap.rules.registry import rule
from authmap.usernames.rename import set_username

if TYPE_CHECKING:
    from collections.abc import Iterator

    from authmap.model.auth_map import AuthMap
    from authmap.model.options import RunOptions


@rule("AM108", "lossy-session-name", Severity.NOTE, default=False, fixes=Fixes.SAFE)
def lossy_session_name(auth_map: AuthMap, options: RunOptions) -> Iterator[Finding]:
    """Usernames of roles with the placeholder that replaces `@`."""
    for entry in auth_map.roles:
        username = entry.username
        if SESSION_NAME not in username or not entry.has_session_name:
            continue
        if reserved_entries.owner(entry, options.reserved) or templates(username):
            continue
        raw = username.replace(SESSION_NAME, SESSION_NAME_RAW)
        yield Finding(
            at_username(entry, SESSION_NAME),
            f"{SESSION_NAME} in the username of {entry.title} turns `@` into `-`",
            "a session named after an email address looks different in CloudTrail; "
            f"{SESSION_NAME_RAW} keeps the name unchanged",
            entry=entry,
            fix=set_username(entry, raw, options, safe=True),
        )
