"""A word in double braces is not a placeholder, so it stays in the name as written.

## Why it matters

The authenticator knows five placeholders, in exactly this spelling: `{{SessionName}}`,
`{{SessionNameRaw}}`, `{{AccountID}}`, `{{AccessKeyID}}`, `{{EC2PrivateDNSName}}` (`renderTemplate`
in pkg/server/server.go of https://github.com/kubernetes-sigs/aws-iam-authenticator). It treats
anything else as plain text, without a warning: with `dev:{{sessionname}}`, everyone is the user
`dev:{{sessionname}}`.

## Bad

    - rolearn: arn:aws:iam::111111111111:role/staff
      username: role:{{AccountId}}:staff:{{UserName}}
      groups: [developers]

## Good

    - rolearn: arn:aws:iam::111111111111:role/staff
      username: role:{{AccountID}}:staff:{{SessionName}}
      groups: [developers]

## How to fix

Write one of the five. `authmap fix` does this if it is clear which one you mean. In a username the
fix is safe, unless the entry is for nodes, or the username would then begin with the session name.
That fix, and one in a group, needs `--unsafe-fixes`, because it can change who has access. authmap
never corrects a session name placeholder in a group, because the caller could then pick the group.
It holds back the fix of a username in the same cases as AM101.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from authmap.authenticator.placeholder import KNOWN
from authmap.model.finding import Finding
from authmap.model.places import at_pattern
from authmap.model.rule import Fixes
from authmap.model.severity import Severity
from authmap.rules.registry import rule
from authmap.usernames.rename import correct_spelling, misspellings, spelling_remedy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from authmap.model.auth_map import AuthMap
    from authmap.model.options import RunOptions


@rule("AM105", "unknown-placeholder", Severity.ERROR, fixes=Fixes.SAFE | Fixes.UNSAFE)
def unknown_placeholder(auth_map: AuthMap, options: RunOptions) -> Iterator[Finding]:
    """Words in double braces, in usernames and groups, that the authenticator does not know."""
    for wrong in misspellings(auth_map):
        entry, what, text, node, slip = wrong
        if not slip.delimited:
            continue
        if slip.meant:
            advice = f"the spelling must match exactly, including case; {spelling_remedy(wrong)}"
        else:
            advice = f"the authenticator fills in only {', '.join(KNOWN)}"
        yield Finding(
            at_pattern(entry, node, text, slip.start, slip.end),
            f"`{slip.text}` is not a placeholder: it stays in the {what} as written",
            advice,
            entry=entry,
            fix=correct_spelling(auth_map, wrong, options),
        )
