"""A user's username contains `{{SessionName}}`, but a user has no session name to fill in.

## Why it matters

Only callers who assume a role have a session name. For an IAM user, a federated user and an
account's root user it is empty (`Verify` in pkg/token/token.go of
https://github.com/kubernetes-sigs/aws-iam-authenticator), so the authenticator replaces
`{{SessionName}}` and `{{SessionNameRaw}}` with nothing: RBAC and the audit log see
`jane:{{SessionName}}` as `jane:`. A username that consists of the placeholder alone becomes empty,
and all users with such an entry look like one user without a name. Usually somebody copied a role's
entry.

## Bad

    - userarn: arn:aws:iam::111111111111:user/jane
      username: jane:{{SessionName}}
      groups: [developers]

## Good

    - userarn: arn:aws:iam::111111111111:user/jane
      username: user:{{AccountID}}:jane
      groups: [developers]

## How to fix

Write a fixed name: the entry maps one user, so the name says who it was. If several people share
the keys of that user, give them a role to assume, and map the role. There is no automatic fix.
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
    from authmap.model.options import RunOptions


@rule("AM111", "session-name-on-user", Severity.WARNING)
def session_name_on_user(auth_map: AuthMap, options: RunOptions) -> Iterator[Finding]:
    """Usernames of users that contain a session name placeholder."""
    for entry in (*auth_map.roles, *auth_map.users):
        username = entry.username
        used = [name for name in (SESSION_NAME, SESSION_NAME_RAW) if name in username]
        if not used or entry.has_session_name or not is_sound(entry.arn) or templates(username):
            continue
        left = username.replace(SESSION_NAME, "").replace(SESSION_NAME_RAW, "")
        yield Finding(
            at_username(entry, used[0]),
            f"{entry.title} has no session, so its username is {f'`{left}`' if left else 'empty'}",
            f"the authenticator replaces `{used[0]}` with nothing; write a fixed name, or map "
            "a role that people assume",
            entry=entry,
            severity=None if left else Severity.ERROR,
        )
