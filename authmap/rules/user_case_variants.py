"""One user has several entries that differ in case: which one applies is random.

## Why it matters

The authenticator keeps one entry in mapUsers for each spelling of an ARN, but ignores case when it
looks one up, in an order that changes from login to login (`UserMapping.Key` and `Matches` in
pkg/config/mapper.go, `UserMapping` in pkg/mapper/configmap/configmap.go of
https://github.com/kubernetes-sigs/aws-iam-authenticator). The user gets one entry's username and
groups at one login and the other's at the next.

## Bad

    - userarn: arn:aws:iam::111111111111:user/Jane
      username: jane
      groups: [admins]
    - userarn: arn:aws:iam::111111111111:user/jane
      username: jane
      groups: [viewers]

## Good

    - userarn: arn:aws:iam::111111111111:user/Jane
      username: jane
      groups: [admins]

## How to fix

Keep one entry, with the user name spelled as in `aws iam get-user`. There is no automatic fix:
authmap cannot know which entry you want to keep.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from authmap.authenticator.foreign_template import templates
from authmap.authenticator.resolve import fold
from authmap.model.finding import Finding
from authmap.model.places import at_entry, line_of
from authmap.model.severity import Severity
from authmap.rules.registry import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from authmap.authenticator.entry import Entry
    from authmap.model.auth_map import AuthMap
    from authmap.model.options import RunOptions


@rule("AM209", "user-case-variants", Severity.ERROR)
def user_case_variants(auth_map: AuthMap, options: RunOptions) -> Iterator[Finding]:
    """Users with an earlier entry whose ARN differs only in case."""
    first: dict[str, Entry] = {}
    for entry in auth_map.users:
        earlier = first.setdefault(fold(entry.arn), entry)
        if earlier is entry or templates(entry.arn) or entry.section.consumer.random:
            continue  # AM204 reports consumers that always pick at random
        same = (entry.username, entry.groups) == (earlier.username, earlier.groups)
        yield Finding(
            at_entry(entry),
            f"`{entry.arn}` has an earlier entry as `{earlier.arn}`: which one applies is random",
            f"each login gets this entry or the one on line {line_of(earlier)}"
            + (", though both have the same username and groups today" if same else "")
            + "; delete one of them",
            entry=entry,
        )
