"""An entry has a key that the authenticator does not read.

## Why it matters

The keys of an entry are `rolearn`, `username`, `groups`, `userid` and `sso` in mapRoles, and
`userarn`, `username`, `groups` and `userid` in mapUsers, in any case of letters. What stands under
another key, `role_arn` or `group`, is read into nothing without a word: the entry is dropped, or
has no groups (`pkg/config/types.go` in https://github.com/kubernetes-sigs/aws-iam-authenticator).

## Bad

    - rolearn: arn:aws:iam::111111111111:role/staff
      username: staff:{{SessionName}}
      group:
      - developers

## Good

    - roleARN: arn:aws:iam::111111111111:role/staff
      username: staff:{{SessionName}}
      groups:
      - developers

## How to fix

`authmap fix --unsafe-fixes` renames a key that comes near a real one which the entry lacks. That
lets somebody in, or gives them groups, which they did not have until now. What is only a remark
belongs in a comment.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from authmap.model import misspelling
from authmap.model.finding import Finding, Fix
from authmap.model.places import at_node
from authmap.model.rule import About
from authmap.model.severity import Severity
from authmap.rules.registry import rule
from authmap.syntax.change import Change
from authmap.syntax.nodes import Sequence, resolve_alias

if TYPE_CHECKING:
    from collections.abc import Iterator

    from authmap.authenticator.entry import Entry, Field
    from authmap.model.auth_map import AuthMap
    from authmap.model.options import Options


@rule("AM004", "unknown-key", Severity.ERROR, about=About.UNREAD_VALUE)
def unknown_key(auth_map: AuthMap, options: Options) -> Iterator[Finding]:
    """Keys that are read into nothing."""
    seen: set[int] = set()  # what YAML merges into several entries is said once
    for entry in auth_map.entries:
        unknown = [field for field in entry.fields if not field.name]
        if not unknown or entry.winner:
            continue
        meanings = [misspelling.field(entry, field) for field in unknown]
        for field, meant in zip(unknown, meanings, strict=True):
            if id(field.key) not in seen:
                seen.add(id(field.key))
                rivals = [other for other in meanings if other == meant]
                yield _finding(entry, field, meant, alone=len(rivals) == 1)


def _finding(entry: Entry, field: Field, meant: str | None, *, alone: bool) -> Finding:
    section, key = entry.section, field.key.value
    severity, fix = Severity.WARNING, None
    other = misspelling.elsewhere(entry, field)
    if meant is None and other:
        advice = f"an entry with `{key}` belongs into {other}"
    elif meant is None:
        keys = section.consumer.keys[section.name]
        names = ", ".join(name for name in keys if name not in ("sso", "userid"))
        advice = f"the keys are {names}; if this is a remark, make it a comment"
    elif entry.field(section.consumer.keys[section.name][meant]):
        advice = f"the entry has `{meant}` as well, which is what counts: take this one out"
    else:
        severity = Severity.ERROR
        effect = "is dropped" if meant.endswith("arn") else f"has no {meant}"
        name = section.consumer.keys[section.name][meant]
        refusal = section.consumer.refusal(name, missing=entry.missing(name))
        effect = refusal or f"the entry {effect}"
        advice = f"`{meant}` is meant, it seems; as it stands, {effect}"
        if not alone:
            advice = f"`{meant}` is meant, it seems, and by another key too: keep one of them"
        elif meant != "groups" or isinstance(resolve_alias(field.value), Sequence):
            fix = Fix((Change(section, field.key, meant),), safe=False)
    message = f"`{key}` is not a key of {section.called}: {section.consumer.unknown}"
    at = at_node(section, field.key)
    return Finding(at, message, advice, entry=entry, fix=fix, severity=severity)
