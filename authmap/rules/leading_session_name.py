"""A username begins with the session name: whoever assumes the role can take another user's name.

## Why it matters

Whoever calls AssumeRole chooses the name of the session: up to 64 letters, digits and `_+=,.@-`.
A username that is `{{SessionName}}` alone is therefore any name without a colon that the caller
likes, that of another person or of a service such as `aws-batch` among them. With fixed text only
behind it, as in `{{SessionName}}:admin`, a session named `system` makes it `system:admin`. RBAC
takes the caller for that user, and the audit log records it so. The authenticator's own README
warns of it (https://github.com/kubernetes-sigs/aws-iam-authenticator#full-configuration-format).

## Bad

    - rolearn: arn:aws:iam::111111111111:role/staff
      username: "{{SessionName}}"
      groups: [developers]

## Good

    - rolearn: arn:aws:iam::111111111111:role/staff
      username: role:{{AccountID}}:staff:{{SessionName}}
      groups: [developers]

## How to fix

Put fixed text and a colon in front, as `authmap fix --unsafe-fixes` does with the username that
`--username-template` says. That waits for `--unsafe-fixes` because people may be bound to the names
their sessions have today: bind a group instead.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from authmap.authenticator.foreign_template import templates
from authmap.authenticator.placeholder import ACCESS_KEY_ID, is_led_by_caller
from authmap.model import reserved_entries
from authmap.model.finding import Finding
from authmap.model.places import at_username
from authmap.model.severity import Severity
from authmap.rules.registry import rule
from authmap.usernames.rename import rename

if TYPE_CHECKING:
    from collections.abc import Iterator

    from authmap.model.auth_map import AuthMap
    from authmap.model.options import Options


@rule("AM103", "leading-session-name", Severity.ERROR)
def leading_session_name(auth_map: AuthMap, options: Options) -> Iterator[Finding]:
    """Usernames of roles that begin with what the caller chooses."""
    for entry in (*auth_map.roles, *auth_map.users):
        username = entry.username
        if not is_led_by_caller(username) or not entry.has_session_name or templates(username):
            continue
        rest = username.split("{{SessionName", 1)[1].partition("}}")[2]
        if username.startswith(ACCESS_KEY_ID):
            example = "before version 0.5.9 the caller chose the key's id too (CVE-2022-2385)"
        elif rest.startswith(":"):
            example = f"a session named `system` makes it `system{rest}`"
        elif rest:
            example = f"it can be made any name without a colon that ends in `{rest}`"
        else:
            example = "a session named like another user, such as `kubernetes-admin`, is that user"
        fix = None
        if not reserved_entries.owner(entry, options.reserved):
            fix = rename(entry, options, safe=False)
        yield Finding(
            at_username(entry, username.removesuffix(rest)),
            f"whoever assumes {entry.title} chooses how the username begins: `{username}`",
            f"{example}; put fixed text and a colon in front",
            entry=entry,
            fix=fix,
        )
