"""An entry has no ARN, or no username.

## Why it matters

Without a `rolearn` (or `userarn` in mapUsers) the authenticator drops the entry and reports it only
in its own log (`Validate` in `pkg/config/mapper.go` of
https://github.com/kubernetes-sigs/aws-iam-authenticator). It accepts an empty username: the caller
logs in as the user "" and gets the groups of the entry. In the audit log, all such callers look
like one user without a name.

## Bad

    - username: staff:{{SessionName}}
      groups: [developers]
    - rolearn: arn:aws:iam::111111111111:role/ops
      groups: [ops]

## Good

    - rolearn: arn:aws:iam::111111111111:role/staff
      username: staff:{{SessionName}}
      groups: [developers]

## How to fix

Add the missing field, or delete the entry. There is no automatic fix: authmap cannot know which
role, user or username the author meant.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from authmap.authenticator.consumer import is_null
from authmap.model import misspelling
from authmap.model.finding import Finding
from authmap.model.places import at_field
from authmap.model.severity import Severity
from authmap.rules.registry import rule
from authmap.syntax.nodes import Mapping, resolve_alias

if TYPE_CHECKING:
    from collections.abc import Iterator

    from authmap.authenticator.entry import Entry
    from authmap.model.auth_map import AuthMap
    from authmap.model.options import RunOptions


@rule("AM005", "missing-field", Severity.ERROR)
def missing_field(auth_map: AuthMap, options: RunOptions) -> Iterator[Finding]:
    """Entries without an ARN or a username."""
    for entry in auth_map.entries:
        arn = "userarn" if entry.section.name == "mapUsers" else "rolearn"
        name = "username" if entry.arn or entry.sso else arn
        if entry.winner or (name == "username" and (entry.dropped or entry.username)):
            continue
        field = entry.field(name)
        if not isinstance(resolve_alias(entry.node), Mapping):
            continue  # AM002 reports it, and values of the wrong type
        if (
            field
            and entry.section.consumer.text_of(field.value) is None
            and not is_null(field.value)
        ):
            continue
        called = name if name == "username" else entry.section.arn_key
        lacks = f"has an empty `{called}`" if field else f"has no `{called}`"
        if name == "username":
            message = f"{entry.title} {lacks}"
            advice = 'callers log in as the user "" and have no name in RBAC or the audit log'
        else:
            message = f"{_title(entry)} {lacks}"
            advice = "the authenticator drops the entry, so it matches nobody"
        advice = entry.section.consumer.refusal(name, missing=entry.missing(name)) or advice
        for other in entry.fields:
            if not other.name and misspelling.field(entry, other) == called:
                advice += f"; `{other.key.value}` is ignored: write `{called}`"
                break
        yield Finding(at_field(entry, name), message, advice, entry=entry)


def _title(entry: Entry) -> str:
    return f"the entry with username `{entry.username}`" if entry.username else "an entry"
