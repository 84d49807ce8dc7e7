"""mapAccounts gives every identity in an account access, without session names and without groups.

## Why it matters

Every user and every role in the account can log in, including those created tomorrow, and no entry
names them. Their username is their ARN. For a role, that ARN does not contain the session name, so
everyone who assumes the role is the same user in the audit log. They have no groups: their
permissions come from bindings to an ARN, or from bindings to `system:authenticated`, which apply to
all of them
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

Map the roles that need access, each with a username that contains the session name, and delete the
account. There is no automatic fix, because deleting the account takes access away. Before you do
it, check who logs in through the account: their username in the audit log is an ARN.
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
    from authmap.model.options import RunOptions


@rule("AM107", "account-mapping", Severity.NOTE)
def account_mapping(auth_map: AuthMap, options: RunOptions) -> Iterator[Finding]:
    """Accounts listed in mapAccounts."""
    for account, node in auth_map.account_items:
        if len(account) == 12 and account.isascii() and account.isdecimal():
            yield Finding(
                at_node(auth_map.sections["mapAccounts"], node),
                f"every user and role in account `{account}` can log in",
                "they get no groups, and their username is their ARN, which for a role does not "
                "contain the session name; map only the roles that need access instead",
            )
