"""A role or user has more than one entry: all but one of them are dead.

## Why it matters

The authenticator keeps one entry for an ARN: of several in a section the last one, in mapRoles
without regard to case. What the others say about groups is not added up, it is lost. And mapUsers
is asked only for whom mapRoles does not know (`saveMap` in pkg/mapper/configmap/configmap.go,
`Map` in pkg/mapper/configmap/mapper.go of
https://github.com/kubernetes-sigs/aws-iam-authenticator). The entry that was appended in a hurry
takes the place of the one that was reviewed.

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

Merge the entries into one with all the groups that are meant, or delete the dead ones: that
changes nothing for anybody.
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
    from authmap.model.options import Options


@rule("AM204", "duplicate-arn", Severity.ERROR)
def duplicate_arn(auth_map: AuthMap, options: Options) -> Iterator[Finding]:
    """Entries in whose place another one holds."""
    for entry in auth_map.entries:
        winner = entry.winner
        if entry.section.consumer.random:
            yield from _rivals(auth_map, entry)
        if winner is None or entry.sso or templates(entry.arn):
            continue
        while winner.winner:
            winner = winner.winner
        advice = f"the entry in line {line_of(winner)} holds{_contrast(entry, winner)}"
        if _stops(winner):
            message = f"{entry.title} has a later entry that allows no other: eksctl stops there"
            advice = f"see `noDuplicateARNs` of the entry in line {line_of(winner)}"
        elif winner.section is entry.section:
            message = f"{entry.title} has a later entry, so this one is dead"
        else:
            message = f"{entry.title} is in mapRoles too, which is asked first: this entry is dead"
        yield Finding(
            at_entry(entry),
            message,
            f"{advice}; delete this one, or merge the two",
            entry=entry,
        )


def _stops(entry: Entry) -> bool:
    """Whether eksctl does not add an entry whose ARN is there already."""
    field = entry.field("noduplicatearns")
    return field is not None and isinstance(field.value, Scalar) and field.value.value == "true"


def _rivals(auth_map: AuthMap, entry: Entry) -> Iterator[Finding]:
    """Where it is random which entry of an ARN holds: all but the last."""
    last = auth_map.index.matches(entry.section.consumer.match(entry.arn))[-1:]
    if last and last[0] is not entry and not templates(entry.arn):
        yield Finding(
            at_entry(entry),
            f"{entry.title} has another entry, and which one holds is random",
            f"whoever logs in gets this one or that in line {line_of(last[0])}"
            f"{_contrast(entry, last[0])}; delete one of them, or merge the two",
            entry=entry,
        )


def _contrast(dead: Entry, winner: Entry) -> str:
    if dead.username == winner.username and dead.groups == winner.groups:
        return " and says the same"
    said = f": user `{winner.username}`" if dead.username != winner.username else ""
    lost = [group for group in dead.groups if group and group not in winner.groups]
    if lost:
        said += ", without the " + ("group " if len(lost) == 1 else "groups ")
        said += " and ".join(f"`{group}`" for group in lost)
    return said
