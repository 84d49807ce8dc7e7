"""An entry has no ARN, or no username.

## Why it matters

Without a `rolearn` (or `userarn` in mapUsers) the authenticator drops the entry and says so only in
its log (`Validate` in `pkg/config/mapper.go` of
https://github.com/kubernetes-sigs/aws-iam-authenticator). An empty username is not refused: the
caller is let in, with the groups of the entry, as the user "". In the audit log all of them are
one user without a name.

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

Write the field, or delete the entry. What an entry without an ARN was meant for nobody but its
author can tell.
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
    from authmap.model.options import Options


@rule("AM005", "missing-field", Severity.ERROR)
def missing_field(auth_map: AuthMap, options: Options) -> Iterator[Finding]:
    """Entries that lack what they cannot do without."""
    for entry in auth_map.entries:
        arn = "userarn" if entry.section.name == "mapUsers" else "rolearn"
        name = "username" if entry.arn or entry.sso else arn
        if entry.winner or (name == "username" and (entry.dropped or entry.username)):
            continue
        field = entry.field(name)
        if not isinstance(resolve_alias(entry.node), Mapping):
            continue  # AM002 speaks of it, as it does of a value of the wrong type
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
            advice = 'whoever comes in by it is the user "" to the cluster and in the audit log'
        else:
            message = f"{_title(entry)} {lacks}"
            advice = "the authenticator drops the entry, so nobody comes in by it"
        advice = entry.section.consumer.refusal(name, missing=entry.missing(name)) or advice
        for other in entry.fields:
            if not other.name and misspelling.field(entry, other) == called:
                advice += f"; `{other.key.value}` is not read: write `{called}`"
                break
        yield Finding(at_field(entry, name), message, advice, entry=entry)


def _title(entry: Entry) -> str:
    return f"the entry of `{entry.username}`" if entry.username else "an entry"
