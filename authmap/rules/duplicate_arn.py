"""A role or user has more than one entry: only one of them is active.

## Why it matters

The authenticator keeps one entry for each ARN: the last one in the section. In mapRoles it ignores
case when it compares ARNs. It does not add up the groups: it ignores those of the other entries. It
looks in mapUsers only for callers that mapRoles does not match (`saveMap` in
pkg/mapper/configmap/configmap.go, `Map` in pkg/mapper/configmap/mapper.go of
https://github.com/kubernetes-sigs/aws-iam-authenticator). So an entry that someone appended in a
hurry replaces the one that was reviewed.

## Bad

    - rolearn: arn:aws:iam::111111111111:role/Staff
      username: role:{{AccountID}}:staff:{{SessionName}}
      groups: [developers]
    - rolearn: arn:aws:iam::111111111111:role/staff
      username: role:{{AccountID}}:staff:{{SessionName}}
      groups: [viewers]

## Good

    - rolearn: arn:aws:iam::111111111111:role/staff
      username: role:{{AccountID}}:staff:{{SessionName}}
      groups: [developers, viewers]

## How to fix

Merge the entries into one with all the groups you need, or delete the inactive ones. There is no
automatic fix. Deleting an inactive entry is safe: nobody's access changes. Merging groups gives
callers the groups they are missing today.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from authmap.authenticator.foreign_template import templates
from authmap.model.finding import Finding
from authmap.model.places import at_entry, line_of
from authmap.model.severity import Severity
from authmap.rules.registry import rule
from authmap.syntax.nodes import Scalar

if TYPE_CHECKING:
    from collections.abc import Iterator

    from authmap.authenticator.entry import Entry
    from authmap.model.auth_map import AuthMap
    from authmap.model.options import RunOptions


@rule("AM204", "duplicate-arn", Severity.ERROR)
def duplicate_arn(auth_map: AuthMap, options: RunOptions) -> Iterator[Finding]:
    """Entries that another entry overrides."""
    for entry in auth_map.entries:
        winner = entry.winner
        if entry.section.consumer.random:
            yield from _rivals(auth_map, entry)
        if winner is None or entry.sso or templates(entry.arn):
            continue
        while winner.winner:
            winner = winner.winner
        advice = f"the entry on line {line_of(winner)} wins{_contrast(entry, winner)}"
        if _stops(winner):
            message = f"{entry.title} has a later entry with `noDuplicateARNs`: eksctl stops there"
            advice = (
                f"`noDuplicateARNs` on line {line_of(winner)} allows no other entry for this ARN"
            )
        elif winner.section is entry.section:
            message = f"{entry.title} has a later entry, so this one is inactive"
        else:
            message = (
                f"{entry.title} is in mapRoles too, which is read first: this entry is inactive"
            )
        yield Finding(
            at_entry(entry),
            message,
            f"{advice}; delete this entry, or merge the two",
            entry=entry,
        )


def _stops(entry: Entry) -> bool:
    """Whether the entry tells eksctl to refuse another entry for the same ARN."""
    field = entry.field("noduplicatearns")
    return field is not None and isinstance(field.value, Scalar) and field.value.value == "true"


def _rivals(auth_map: AuthMap, entry: Entry) -> Iterator[Finding]:
    """Reports an entry that may or may not win: every entry for an ARN but the last."""
    last = auth_map.index.matches(entry.section.consumer.match(entry.arn))[-1:]
    if last and last[0] is not entry and not templates(entry.arn):
        yield Finding(
            at_entry(entry),
            f"{entry.title} has another entry, and which one wins is random",
            f"each login gets this entry or the one on line {line_of(last[0])}"
            f"{_contrast(entry, last[0])}; delete one of them, or merge them",
            entry=entry,
        )


def _contrast(inactive: Entry, winner: Entry) -> str:
    """How the winner differs, as the end of a sentence."""
    if inactive.username == winner.username and inactive.groups == winner.groups:
        return ", with the same username and groups"
    differences = f": user `{winner.username}`" if inactive.username != winner.username else ""
    lost = [group for group in inactive.groups if group and group not in winner.groups]
    if lost:
        differences += ", without the " + ("group " if len(lost) == 1 else "groups ")
        differences += " and ".join(f"`{group}`" for group in lost)
    return differences
