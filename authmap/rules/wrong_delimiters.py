"""A placeholder is not in double braces, so the authenticator does not fill it in.

## Why it matters

The authenticator replaces only the exact text `{{SessionName}}` (and the other placeholders),
without spaces, in usernames and in groups (`renderTemplate` in pkg/server/server.go of
https://github.com/kubernetes-sigs/aws-iam-authenticator). `<<SessionName>>`, `${SessionName}` and
`{{ SessionName }}` stay in the name as written: all callers are one user again, although the map
looks as if it tells them apart. Nodes whose name is not filled in do not join the cluster.

## Bad

    - rolearn: arn:aws:iam::111111111111:role/staff
      username: role:{{AccountID}}:staff:<<SessionName>>
      groups: [developers]

## Good

    - rolearn: arn:aws:iam::111111111111:role/staff
      username: role:{{AccountID}}:staff:{{SessionName}}
      groups: [developers]

## How to fix

Write two braces on each side with only the name between them, and quote the value if it begins with
a brace. `authmap fix` does this and leaves the rest of the username alone. In a username the fix is
safe, unless the entry is for nodes, or the username would then begin with the session name. That
fix, and one in a group, needs `--unsafe-fixes`, because it can change who has access. authmap never
corrects a session name placeholder in a group, because the caller could then pick the group. It
holds back the fix of a username in the same cases as AM101.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

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


@rule("AM104", "wrong-delimiters", Severity.ERROR, fixes=Fixes.SAFE | Fixes.UNSAFE)
def wrong_delimiters(auth_map: AuthMap, options: RunOptions) -> Iterator[Finding]:
    """Placeholders in usernames and groups that are not in double braces."""
    for wrong in misspellings(auth_map):
        entry, what, text, node, slip = wrong
        if slip.delimited:
            continue
        if slip.meant and slip.meant in slip.text:
            left = slip.text.replace(slip.meant, "…")
            message = (
                f"`{slip.text}` in the {what} is filled in, but the text around it stays: `{left}`"
            )
        else:
            message = f"`{slip.text}` in the {what} is not filled in"
        marks = "in double braces"
        if auth_map.delimiters:
            marks = "between `{}` and `{}`".format(*auth_map.delimiters[0])
        yield Finding(
            at_pattern(entry, node, text, slip.start, slip.end),
            message,
            f"placeholders must be {marks}, without spaces; {spelling_remedy(wrong)}",
            entry=entry,
            fix=correct_spelling(auth_map, wrong, options),
        )
