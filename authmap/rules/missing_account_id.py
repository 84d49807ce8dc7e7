"""A role's username does not say which AWS account it is in: `{{AccountID}}` is missing.

## Why it matters

Many accounts have roles of the same name, and the audit logs of many clusters often end up in one
place. There, `admin:{{SessionName}}` looks like one user, whichever account the role and the
session belong to. To find the AssumeRole event in CloudTrail, you have to search every account. The
authenticator replaces `{{AccountID}}` with the caller's account
(https://github.com/kubernetes-sigs/aws-iam-authenticator#full-configuration-format).

A username with the account ID written out is fine too. authmap does not report the entries of nodes
and AWS services, because RBAC bindings depend on their fixed names.

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

`authmap fix` writes the username from `--username-template`, if that template contains the account
(the preset `append` does not). The fix is safe unless a RoleBinding or ClusterRoleBinding names the
old username: its users would lose that binding, so bind a group instead. AM101 lists the cases in
which authmap holds the fix back.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from authmap.authenticator.foreign_template import templates
from authmap.authenticator.placeholder import ACCOUNT_ID
from authmap.model import reserved_entries
from authmap.model.finding import Finding
from authmap.model.places import at_field
from authmap.model.rule import About, Fixes
from authmap.model.severity import Severity
from authmap.rules.registry import rule
from authmap.usernames.rename import rename
from authmap.usernames.template import tells_account

if TYPE_CHECKING:
    from collections.abc import Iterator

    from authmap.model.auth_map import AuthMap
    from authmap.model.options import RunOptions


@rule(
    "AM102",
    "missing-account-id",
    Severity.WARNING,
    about=About.ACCOUNT_ID,
    fixes=Fixes.SAFE | Fixes.UNSAFE,
)
def missing_account_id(auth_map: AuthMap, options: RunOptions) -> Iterator[Finding]:
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
            f"the username does not say which AWS account {entry.title} is in",
            "in combined logs, roles of the same name in different accounts look like one user; "
            "add {{AccountID}} to the username",
            entry=entry,
            fix=partial(rename, auth_map, entry, options, with_account=True),
        )
