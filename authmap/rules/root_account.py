"""An entry has the ARN of an account's root: that is one user, not everybody in the account.

## Why it matters

In the trust policy of a role, `arn:aws:iam::ACCOUNT:root` stands for everybody in the account
(https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html). Here
it is compared with the caller's own ARN, and only the account's root user has that one. Nobody
else comes in by the entry; and the root user, who ought to have no keys at all, does.

## Bad

    - userarn: arn:aws:iam::111111111111:root
      username: root:111111111111
      groups: [viewers]

## Good

    - rolearn: arn:aws:iam::111111111111:role/staff
      username: role:{{AccountID}}:staff:{{SessionName}}
      groups: [viewers]

## How to fix

Make a role that people of the account may assume, and map that. mapAccounts lets in a whole
account, but gives nobody a group and hides who a session belongs to.
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
    from authmap.model.options import Options


@rule("AM306", "root-account", Severity.WARNING)
def root_account(auth_map: AuthMap, options: Options) -> Iterator[Finding]:
    """Entries for an account's root user."""
    for entry in (*auth_map.roles, *auth_map.users):
        if entry.arn.lower().endswith(":root") and is_sound(entry.arn):
            account = entry.arn.split(":")[4]
            yield Finding(
                at_entry(entry),
                f"`{entry.arn}` is the root user of {account}, not everybody in the account",
                "people and roles of the account do not come in by it, and the root user ought to "
                "have no keys; map a role that they may assume",
                entry=entry,
            )
