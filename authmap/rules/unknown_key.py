"""An entry has a key that the authenticator does not read.

## Why it matters

In mapRoles, the keys of an entry are `rolearn`, `username`, `groups`, `userid` and `sso`; in
mapUsers, they are `userarn`, `username`, `groups` and `userid`, in upper or lower case. The
authenticator silently ignores a value under any other key, such as `role_arn` or `group`: the entry
is dropped, or has no groups (`pkg/config/types.go` in
https://github.com/kubernetes-sigs/aws-iam-authenticator).

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

`authmap fix --unsafe-fixes` renames a key that is close to a real one which the entry does not
have. The fix is unsafe because it gives somebody access, or groups, that they did not have before.
Turn notes into comments.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from authmap.model import misspelling
from authmap.model.finding import Finding, Fix
from authmap.model.places import at_node
from authmap.model.rule import About, Fixes
from authmap.model.severity import Severity
from authmap.rules.registry import rule
from authmap.syntax.change import Change
from authmap.syntax.nodes import Sequence, resolve_alias

if TYPE_CHECKING:
    from collections.abc import Iterator

    from authmap.authenticator.entry import Entry, Field
    from authmap.model.auth_map import AuthMap
    from authmap.model.options import RunOptions


@rule("AM004", "unknown-key", Severity.ERROR, about=About.UNREAD_VALUE, fixes=Fixes.UNSAFE)
def unknown_key(auth_map: AuthMap, options: RunOptions) -> Iterator[Finding]:
    """Keys that the authenticator ignores."""
    seen: set[int] = set()  # report a key once if YAML merges it into several entries
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
        advice = f"an entry with `{key}` belongs in {other}"
    elif meant is None:
        keys = section.consumer.keys[section.name]
        names = ", ".join(name for name in keys if name not in ("sso", "userid"))
        advice = f"the keys are {names}; if this is a note, make it a comment"
    elif entry.field(section.consumer.keys[section.name][meant]):
        advice = f"the entry already has `{meant}`, which applies: remove this key"
    else:
        severity = Severity.ERROR
        effect = "is dropped" if meant.endswith("arn") else f"has no {meant}"
        name = section.consumer.keys[section.name][meant]
        refusal = section.consumer.refusal(name, missing=entry.missing(name))
        effect = refusal or f"the entry {effect}"
        advice = f"did you mean `{meant}`? As written, {effect}"
        if not alone:
            advice = f"did you mean `{meant}`? Another key looks like it too: keep one of them"
        elif meant != "groups" or isinstance(resolve_alias(field.value), Sequence):
            fix = Fix((Change(section, field.key, meant),), safe=False)
    message = f"`{key}` is not a key of {section.called}: {section.consumer.unknown}"
    at = at_node(section, field.key)
    return Finding(at, message, advice, entry=entry, fix=fix, severity=severity)
