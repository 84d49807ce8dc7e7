"""`{{SessionName}}` turns the `@` of a session's name into `-`: `{{SessionNameRaw}}` keeps it.

## Why it matters

Single sign-on names sessions by mail address. With `{{SessionName}}`, `jane@example.com` is
`jane-example.com` in the audit log and `jane@example.com` in CloudTrail, so a search for one does
not find the other; and `jane-b@example.com` and `jane@b-example.com`, two people, are one user.
`{{SessionNameRaw}}` exists since version 0.5 of the authenticator
(https://github.com/kubernetes-sigs/aws-iam-authenticator#full-configuration-format).

The rule is off by default: `--extend-select AM108` turns it on. Entries of nodes and of AWS
services are left alone.

## Bad

    - rolearn: arn:aws:iam::111111111111:role/staff
      username: role:{{AccountID}}:staff:{{SessionName}}
      groups: [developers]

## Good

    - rolearn: arn:aws:iam::111111111111:role/staff
      username: role:{{AccountID}}:staff:{{SessionNameRaw}}
      groups: [developers]

## How to fix

`authmap fix` writes `{{SessionNameRaw}}`. An entry without groups lives from bindings to the names
its sessions have today, so its fix is held back until it is named with `--rename`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from authmap.authenticator.foreign_template import templates
from authmap.authenticator.placeholder import SESSION_NAME, SESSION_NAME_RAW
from authmap.model import reserved_entries
from authmap.model.finding import Finding
from authmap.model.places import at_username
from authmap.model.severity import Severity
from authmap.rules.registry import rule
from authmap.usernames.rename import set_username

if TYPE_CHECKING:
    from collections.abc import Iterator

    from authmap.model.auth_map import AuthMap
    from authmap.model.options import Options


@rule("AM108", "lossy-session-name", Severity.NOTE, default=False)
def lossy_session_name(auth_map: AuthMap, options: Options) -> Iterator[Finding]:
    """Usernames of roles with the session name that lacks the `@`."""
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
            "a session named by mail address is called otherwise than in CloudTrail; "
            f"{SESSION_NAME_RAW} keeps the name as it is",
            entry=entry,
            fix=set_username(entry, raw, options),
        )
