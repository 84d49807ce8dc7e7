"""A word in double braces is no placeholder, so it stays in the name as it is written.

## Why it matters

The authenticator knows five placeholders, spelled exactly so: `{{SessionName}}`,
`{{SessionNameRaw}}`, `{{AccountID}}`, `{{AccessKeyID}}`, `{{EC2PrivateDNSName}}` (`renderTemplate`
in pkg/server/server.go of https://github.com/kubernetes-sigs/aws-iam-authenticator). Anything else
is text, without a word of warning: with `dev:{{sessionname}}` everybody is the user
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

Write one of the five. `authmap fix` does so where it is clear which one is meant. In a group, and
where the username would begin with the session name, it waits for `--unsafe-fixes`; a session name
in a group it never fills in, because the caller would pick the group.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from authmap.authenticator.placeholder import KNOWN
from authmap.model.finding import Finding
from authmap.model.places import at_pattern
from authmap.model.severity import Severity
from authmap.rules.registry import rule
from authmap.usernames.rename import correct_spelling, misspellings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from authmap.model.auth_map import AuthMap
    from authmap.model.options import Options


@rule("AM105", "unknown-placeholder", Severity.ERROR)
def unknown_placeholder(auth_map: AuthMap, options: Options) -> Iterator[Finding]:
    """Words in double braces, in usernames and groups, that the authenticator does not know."""
    for wrong in misspellings(auth_map):
        entry, what, text, node, slip = wrong
        if not slip.delimited:
            continue
        if slip.meant:
            advice = f"spelling is exact, upper and lower case too: write {slip.meant}"
        else:
            advice = f"what the authenticator fills in is {', '.join(KNOWN)}"
        yield Finding(
            at_pattern(entry, node, text, slip.start, slip.end),
            f"`{slip.text}` is no placeholder: it stays in the {what} as it is written",
            advice,
            entry=entry,
            fix=correct_spelling(wrong, options),
        )
