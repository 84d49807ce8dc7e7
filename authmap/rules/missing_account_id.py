"""A role's username does not tell the account: `{{AccountID}}` is missing.

## Why it matters

Roles of one name exist in many accounts, and the audit logs of many clusters end up in one place.
There `admin:{{SessionName}}` is one user, whichever account the role and the session are of: the
search for the AssumeRole event in CloudTrail begins in every account. The authenticator fills in
the caller's account for `{{AccountID}}`
(https://github.com/kubernetes-sigs/aws-iam-authenticator#full-configuration-format).

The account written out does as well. Entries of nodes and of AWS services, which bind RBAC to a
fixed name, are left alone.

## Bad

    - rolearn: arn:aws:iam::111111111111:role/staff
      username: staff:{{SessionName}}
      groups: [developers]

## Good

    - rolearn: arn:aws:iam::111111111111:role/staff
      username: role:{{AccountID}}:staff:{{SessionName}}
      groups: [developers]
    - rolearn: arn:aws:iam::222222222222:role/staff
      username: 222222222222:staff:{{SessionName}}
      groups: [developers]

## How to fix

`authmap fix` writes the username that `--username-template` says, where that names the account (the
preset `append` does not). Whoever was bound to the old username in a RoleBinding loses that
binding: bind a group instead.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from authmap.authenticator.foreign_template import templates
from authmap.authenticator.placeholder import ACCOUNT_ID
from authmap.model import reserved_entries
from authmap.model.finding import Finding
from authmap.model.places import at_field
from authmap.model.rule import About
from authmap.model.severity import Severity
from authmap.rules.registry import rule
from authmap.usernames.rename import rename, tells_account

if TYPE_CHECKING:
    from collections.abc import Iterator

    from authmap.model.auth_map import AuthMap
    from authmap.model.options import Options


@rule("AM102", "missing-account-id", Severity.WARNING, about=About.ACCOUNT_ID)
def missing_account_id(auth_map: AuthMap, options: Options) -> Iterator[Finding]:
    """Role entries whose username does not name the account."""
    for entry in auth_map.roles:
        username = entry.username
        if not username or ACCOUNT_ID in username:  # the cheap test first
            continue
        if tells_account(entry, username) or not entry.has_session_name:
            continue
        if reserved_entries.owner(entry, options.reserved) or templates(username):
            continue
        yield Finding(
            at_field(entry, "username"),
            f"`{username}` does not tell the account of {entry.title}",
            "roles of one name in several accounts are one user where their logs are put together; "
            "put {{AccountID}} into the username",
            entry=entry,
            fix=partial(rename, entry, options, with_account=True),
        )
