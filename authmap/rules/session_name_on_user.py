"""A user's username holds `{{SessionName}}`, and a user has no session: nothing is filled in.

## Why it matters

The authenticator knows a session's name of those who assume a role. For an IAM user, a federated
user and an account's root user it is empty (`Verify` in pkg/token/token.go of
https://github.com/kubernetes-sigs/aws-iam-authenticator), and `{{SessionName}}` and
`{{SessionNameRaw}}` are replaced by nothing: `jane:{{SessionName}}` is `jane:` to RBAC and in the
audit log. A username that is the placeholder alone is empty, and all who have one like that are one
user without a name. It comes from the entry of a role that was copied.

## Bad

    - userarn: arn:aws:iam::111111111111:user/jane
      username: jane:{{SessionName}}
      groups: [developers]

## Good

    - userarn: arn:aws:iam::111111111111:user/jane
      username: user:{{AccountID}}:jane
      groups: [developers]

## How to fix

Write a fixed name: the entry is of one user, so the name tells who it was. Where several people use
the keys of that user, give them a role to assume, and map the role.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from authmap.authenticator.arn_fault import is_sound
from authmap.authenticator.foreign_template import templates
from authmap.authenticator.placeholder import SESSION_NAME, SESSION_NAME_RAW
from authmap.model.finding import Finding
from authmap.model.places import at_username
from authmap.model.severity import Severity
from authmap.rules.registry import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from authmap.model.auth_map import AuthMap
    from authmap.model.options import Options


@rule("AM111", "session-name-on-user", Severity.WARNING)
def session_name_on_user(auth_map: AuthMap, options: Options) -> Iterator[Finding]:
    """Usernames of users that hold the name of a session."""
    for entry in (*auth_map.roles, *auth_map.users):
        username = entry.username
        held = [name for name in (SESSION_NAME, SESSION_NAME_RAW) if name in username]
        if not held or entry.has_session_name or not is_sound(entry.arn) or templates(username):
            continue
        left = username.replace(SESSION_NAME, "").replace(SESSION_NAME_RAW, "")
        yield Finding(
            at_username(entry, held[0]),
            f"{entry.title} has no session, so its username is {f'`{left}`' if left else 'empty'}",
            f"`{held[0]}` is replaced by nothing; write a fixed name, or map a role that people "
            "assume",
            entry=entry,
            severity=None if left else Severity.ERROR,
        )
