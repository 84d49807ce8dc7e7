"""A placeholder stands in other marks than two braces on each side, so it is not filled in.

## Why it matters

The authenticator replaces `{{SessionName}}` and its like letter by letter, without blanks, in
usernames and in groups (`renderTemplate` in pkg/server/server.go of
https://github.com/kubernetes-sigs/aws-iam-authenticator). `<<SessionName>>`, `${SessionName}` or
`{{ SessionName }}` stay in the name as they are written: all callers are one user again, although
the map looks as if they were told apart. Nodes whose name is not filled in do not join.

## Bad

    - rolearn: arn:aws:iam::111111111111:role/staff
      username: role:{{AccountID}}:staff:<<SessionName>>
      groups: [developers]

## Good

    - rolearn: arn:aws:iam::111111111111:role/staff
      username: role:{{AccountID}}:staff:{{SessionName}}
      groups: [developers]

## How to fix

Write two braces on each side and nothing else around the name, and quote the value where it begins
with a brace. `authmap fix` does so and leaves the rest of the username alone. In a group, and where
the username would begin with the session name, that gives the caller a choice, so it waits for
`--unsafe-fixes`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from authmap.model.finding import Finding
from authmap.model.places import at_pattern
from authmap.model.severity import Severity
from authmap.rules.registry import rule
from authmap.usernames.rename import correct_spelling, misspellings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from authmap.model.auth_map import AuthMap
    from authmap.model.options import Options


@rule("AM104", "wrong-delimiters", Severity.ERROR)
def wrong_delimiters(auth_map: AuthMap, options: Options) -> Iterator[Finding]:
    """Placeholders in usernames and groups that do not stand in double braces."""
    for wrong in misspellings(auth_map):
        entry, what, text, node, slip = wrong
        if slip.delimited:
            continue
        if slip.meant and slip.meant in slip.text:
            left = slip.text.replace(slip.meant, "…")
            message = (
                f"`{slip.text}` in the {what} is filled in, but what is around it stays: `{left}`"
            )
        else:
            message = f"`{slip.text}` in the {what} is not filled in"
        marks = "in two braces on each side"
        if auth_map.delimiters:
            marks = "between `{}` and `{}`".format(*auth_map.delimiters[0])
        yield Finding(
            at_pattern(entry, node, text, slip.start, slip.end),
            message,
            f"placeholders stand {marks}, without blanks: write {slip.meant}",
            entry=entry,
            fix=correct_spelling(wrong, options),
        )
