"""An entry maps an account's root user, which is one user, not everyone in the account.

## Why it matters

In the trust policy of a role, `arn:aws:iam::ACCOUNT:root` stands for everyone in the account
(https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html). In
this map, the authenticator compares it with the caller's own ARN, and only the account's root user
has that ARN. Nobody else gets access through the entry; the root user, who should have no access
keys at all, does.

## Bad

    - userarn: arn:aws:iam::111111111111:root
      username: root:111111111111
      groups: [viewers]

## Good

    - rolearn: arn:aws:iam::111111111111:role/staff
      username: role:{{AccountID}}:staff:{{SessionName}}
      groups: [viewers]

## How to fix

Create a role that people in the account may assume, and map that role. mapAccounts gives a whole
account access, but it grants no groups and hides whose session it is. There is no automatic fix.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from authmap.authenticator.arn_fault import is_sound
from authmap.model.finding import Finding
from authmap.model.places import at_entry
from authmap.model.severity import Severity
from authmap.rules.registry import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from authmap.model.auth_map import AuthMap
    from authmap.model.options import RunOptions


@rule("AM306", "root-account", Severity.WARNING)
def root_account(auth_map: AuthMap, options: RunOptions) -> Iterator[Finding]:
    """Entries for an account's root user."""
    for entry in (*auth_map.roles, *auth_map.users):
        if entry.arn.lower().endswith(":root") and is_sound(entry.arn):
            account = entry.arn.split(":")[4]
            yield Finding(
                at_entry(entry),
                f"`{entry.arn}` is the root user of {account}, not everyone in the account",
                "it matches no other user or role of the account, and the root user should have no "
                "access keys; map a role that people in the account may assume",
                entry=entry,
            )
