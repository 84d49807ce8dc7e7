"""How a caller is mapped: sentences for people, JSON for programs.

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

`canonical_arn` is the ARN that the authenticator looks up. `section`, `index` and `line` belong to
the entry or account that matches, even if the login fails; they are null if nothing matches.
`bindings` are those that apply to the caller, null if no bindings are known; `unchecked` says why
some may be unknown. `reason` says why the caller is not mapped, and is null if it is mapped.
`candidates`, of the shape `{section, index, line, username, groups, reason}`, are the entries from
which the authenticator chooses one at random, empty if nothing is random; `username` is null if the
login fails. `shadowed` are entries that would match if the winner did not exist. `near`, of the
same shape, are entries meant for the caller that never match; if nothing matches, also entries
with a similar ARN. `lost` are sections that are ignored entirely. `unknown` are placeholders left
in the names because their values were not given.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from authmap.authenticator import placeholder
from authmap.linting.run import brief
from authmap.render.show import EMPTY, NONE, place
from authmap.syntax.printable import safe

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
    """The document as JSON text."""
    from json import dumps

    return dumps(document(answer), indent=2) + "\n"


def document(answer: Explanation) -> dict[str, Any]:
    """The document as plain values."""
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
        yield f"{arn} is mapped by one of these entries, chosen at random at each login"
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
        yield f"note: the authenticator looks up {safe(answer.caller.arn)}"
    for note in answer.notes:
        yield f"note: {brief(note)}"
    for unknown in answer.unknown:
        yield f"note: {unknown} is not known: give it with {_FILLED_BY[unknown]}"
    for each in answer.unreadable_sections if chosen else ():  # otherwise the reason says so
        why = f"({safe(answer.path)}:{each.line}: {brief(each.reason)})"
        yield f"note: {each.what} is ignored entirely: the authenticator cannot read it {why}"
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
    lines = [f"{b.title}: {b.role}, through the {by}" for b, by in answer.bindings]
    for number, line in enumerate(lines or ["none known"]):
        yield f"  {'' if number else 'bound':8}  {brief(line)}"
    if answer.unchecked:
        yield f"note: some bindings may be missing: {brief(answer.unchecked)}"


def _asides(title: str, asides: list[Aside]) -> Iterator[str]:
    if asides:
        yield f"{title}:"
    for each in asides:
        yield f"  {_where(each.spot)}: {brief(each.arn) or NONE}"
        yield f"    {brief(each.reason)}"
