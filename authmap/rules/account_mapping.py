"""mapAccounts lets every identity of an account in, without session name and without groups.

## Why it matters

Every user and every role of the account may log in, those that are made tomorrow too; no entry
names them. Their username is their ARN, for a role without the session's name, so that all who
assume the role are one user in the audit log. They have no groups: what they may do comes from
bindings to an ARN, or from bindings to `system:authenticated`, which holds for all of them
(`doMapping` in pkg/server/server.go of https://github.com/kubernetes-sigs/aws-iam-authenticator).

## Bad

    data:
      mapRoles: |
        - rolearn: arn:aws:iam::111111111111:role/staff
          username: role:{{AccountID}}:staff:{{SessionName}}
          groups: [developers]
      mapAccounts: |
        - "111111111111"

## Good

    data:
      mapRoles: |
        - rolearn: arn:aws:iam::111111111111:role/staff
          username: role:{{AccountID}}:staff:{{SessionName}}
          groups: [developers]

## How to fix

Map the roles that are meant, each with a username that names the session, and delete the account.
See first who comes in through it: their username in the audit log is an ARN.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from authmap.model.finding import Finding
from authmap.model.places import at_node
from authmap.model.severity import Severity
from authmap.rules.registry import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from authmap.model.auth_map import AuthMap
    from authmap.model.options import Options


@rule("AM107", "account-mapping", Severity.NOTE)
def account_mapping(auth_map: AuthMap, options: Options) -> Iterator[Finding]:
    """Accounts in mapAccounts."""
    for account, node in auth_map.account_items:
        if len(account) == 12 and account.isascii() and account.isdecimal():
            yield Finding(
                at_node(auth_map.sections["mapAccounts"], node),
                f"every user and role of account `{account}` may log in",
                "they come in under their ARN, a role's without the session name, and without "
                "groups; map the roles that are meant instead",
            )
