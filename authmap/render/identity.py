"""Who a caller is to the cluster: sentences for people, a document for machines.

The document (`authmap resolve -f json`; lines are 1-based, indices 0-based):

    {
      "version": 1,
      "path": "aws-auth.yaml",
      "arn": "arn:aws:sts::111111111111:assumed-role/staff/alice",
      "canonical_arn": "arn:aws:iam::111111111111:role/staff",
      "mapped": true,
      "section": "mapRoles", "index": 2, "line": 14,
      "username": "role:111111111111:staff:alice", "groups": ["system:masters"],
      "bindings": [{"kind": "ClusterRoleBinding", "namespace": "", "name": "…", "role": "…",
                    "by": "group `system:masters`"}],
      "unchecked": null,
      "candidates": [],
      "shadowed": [{"section": "mapRoles", "index": 1, "line": 11, "arn": "…", "reason": "…"}],
      "near": [],
      "lost": [{"section": "mapUsers", "line": 25, "reason": "…"}],
      "unknown": ["{{AccessKeyID}}"],
      "reason": null,
      "notes": ["…"]
    }

`canonical_arn` is what the authenticator looks for. `section`, `index` and `line` are of what lets
the caller in, or of the entry that matches and fails the login; null where nothing is for them.
`bindings` are those that hold for the caller, null where no bindings are known; where others are
not known, `unchecked` says why. `reason` says why they are not mapped, and is null where they are.
`candidates`, of the shape `{section, index, line, username, groups, reason}`, are the entries of
which the authenticator takes one at random, and none where nothing is random; `username` is null
for one that fails the login. `near`, of the shape of `shadowed`, are entries that mean the caller
and never match, and where nothing is for the caller also those that look alike. `unknown` are
placeholders left in the names because nothing was given to fill them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from authmap.authenticator import placeholder
from authmap.linting.run import brief, safe
from authmap.render.show import EMPTY, NONE, place

if TYPE_CHECKING:
    from collections.abc import Iterator

    from authmap.explain.caller import Aside, Candidate, Explanation
    from authmap.explain.reasons import Spot
    from authmap.model.bindings import Binding

VERSION = 1

_FILLED_BY = {
    placeholder.SESSION_NAME: "--session-name",
    placeholder.SESSION_NAME_RAW: "--session-name",
    placeholder.ACCESS_KEY_ID: "--access-key-id",
    placeholder.EC2_PRIVATE_DNS_NAME: "--private-dns-name",
}


def json(answer: Explanation) -> str:
    """The document as text."""
    from json import dumps

    return dumps(document(answer), indent=2) + "\n"


def document(answer: Explanation) -> dict[str, Any]:
    """The answer as plain values."""
    chosen = answer.chosen
    nowhere = {"section": None, "index": None, "line": None}
    return {
        "version": VERSION,
        "path": answer.path,
        "arn": answer.arn,
        "canonical_arn": answer.caller.arn,
        "mapped": answer.mapped,
        **(place(chosen.spot) if chosen else nowhere),
        "username": chosen.username if chosen else None,
        "groups": chosen.groups if chosen else [],
        "bindings": answer.bindings and _bindings(answer.bindings),
        "unchecked": answer.unchecked,
        "candidates": [
            {**place(c.spot), "username": c.username, "groups": c.groups, "reason": c.reason}
            for c in answer.candidates
        ],
        "shadowed": [_aside(each) for each in answer.shadowed],
        "near": [_aside(each) for each in answer.near],
        "lost": [
            {"section": e.what, "line": e.line, "reason": e.reason}
            for e in answer.unreadable_sections
        ],
        "unknown": answer.unknown,
        "reason": answer.reason,
        "notes": answer.notes,
    }


def _bindings(found: list[tuple[Binding, str]]) -> list[dict[str, str]]:
    return [
        {"kind": b.kind, "namespace": b.namespace, "name": b.name, "role": b.role, "by": by}
        for b, by in found
    ]


def _aside(aside: Aside) -> dict[str, Any]:
    return {**place(aside.spot), "arn": aside.arn, "reason": aside.reason}


def render(answer: Explanation) -> str:
    """The answer in words."""
    return "".join(f"{line}\n" for line in _lines(answer))


def _lines(answer: Explanation) -> Iterator[str]:
    arn, chosen = safe(answer.arn), answer.chosen
    if answer.candidates:
        yield f"{arn} is mapped at random, each time by one of these"
        for candidate in answer.candidates:
            yield _where(candidate.spot)
            yield from _identity(candidate)
    elif chosen and chosen.reason is None:
        yield f"{arn} is mapped by {_where(chosen.spot)}"
        yield from _identity(chosen)
        yield from _bound(answer)
    else:
        yield f"{arn} is not mapped"
        yield f"  reason    {brief(answer.reason or '')}"
    if answer.caller.arn != answer.arn:
        yield f"note: the authenticator looks for {safe(answer.caller.arn)}"
    for note in answer.notes:
        yield f"note: {brief(note)}"
    for unknown in answer.unknown:
        yield f"note: {unknown} is not known here: {_FILLED_BY[unknown]} fills it in"
    for each in answer.unreadable_sections if chosen else ():  # else the reason tells
        why = f"{safe(answer.path)}:{each.line}: {brief(each.reason)}"
        yield f"note: all of {each.what} is lost, nobody comes in by it: {why}"
    yield from _asides("shadowed", answer.shadowed)
    yield from _asides("near misses", answer.near)


def _where(spot: Spot) -> str:
    return f"{spot.section}[{spot.number}], {safe(spot.path)}:{spot.line}"


def _identity(candidate: Candidate) -> Iterator[str]:
    if candidate.username is None:
        yield f"  reason    {brief(candidate.reason or '')}"
        return
    yield f"  username  {safe(candidate.username) or EMPTY}"
    for number, group in enumerate(candidate.groups or [NONE]):
        yield f"  {'' if number else 'groups':8}  {safe(group) or EMPTY}"


def _bound(answer: Explanation) -> Iterator[str]:
    if answer.bindings is None:
        return
    lines = [f"{b.title}: {b.role}, by the {by}" for b, by in answer.bindings]
    for number, line in enumerate(lines or ["none that is known"]):
        yield f"  {'' if number else 'bound':8}  {brief(line)}"
    if answer.unchecked:
        yield f"note: not all bindings are known: {brief(answer.unchecked)}"


def _asides(title: str, asides: list[Aside]) -> Iterator[str]:
    if asides:
        yield f"{title}:"
    for each in asides:
        yield f"  {_where(each.spot)}: {brief(each.arn) or NONE}"
        yield f"    {brief(each.reason)}"
