"""Two entries can give their callers the same username.

## Why it matters

RBAC and the audit log see the username, not the entry it came from. A binding to the name applies
to both entries, and you cannot tell which of the two did something. This happens if two entries
have the same fixed name, or if a caller can complete a name: with `dev:{{SessionName}}` in one
entry, a caller who picks the session name `alice` becomes the `dev:alice` of another entry. The
caller of AssumeRole chooses the session name, up to 64 letters, digits and `_+=,.@-`
(https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html).

Nodes share their usernames by design, and so do the roles of one AWS service.

## Bad

    - rolearn: arn:aws:iam::111111111111:role/dev
      username: dev:{{SessionName}}
      groups: [developers]
    - rolearn: arn:aws:iam::111111111111:role/on-call
      username: dev:alice
      groups: [admins]

## Good

    - rolearn: arn:aws:iam::111111111111:role/dev
      username: role:{{AccountID}}:dev:{{SessionName}}
      groups: [developers]
    - rolearn: arn:aws:iam::111111111111:role/on-call
      username: role:{{AccountID}}:on-call:{{SessionName}}
      groups: [admins]

## How to fix

Begin each username with its own text and a colon before the session name: a session name cannot
contain a colon. The default username that `authmap fix` writes does both. This rule itself has no
automatic fix.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from authmap.authenticator import username_overlap
from authmap.authenticator.foreign_template import templates
from authmap.authenticator.resolve import fold
from authmap.model import reserved_entries
from authmap.model.finding import Finding
from authmap.model.places import at_field, line_of
from authmap.model.severity import Severity
from authmap.rules.registry import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from authmap.authenticator.entry import Entry
    from authmap.model.auth_map import AuthMap
    from authmap.model.options import RunOptions


@rule("AM106", "shared-username", Severity.WARNING)
def shared_username(auth_map: AuthMap, options: RunOptions) -> Iterator[Finding]:
    """Pairs of entries that can have the same username."""
    first: dict[str, Entry] = {}
    arns: set[str] = set()
    for entry in (*auth_map.roles, *auth_map.users):
        arn, username = fold(entry.arn), entry.username
        if (
            not username
            or reserved_entries.is_node(entry)
            or (arn in arns and arn)
            or templates(username)
        ):
            continue
        arns.add(arn)
        account, sessions = entry.account_id, entry.has_session_name
        other = first.setdefault(
            username_overlap.pattern(username, account, sessions=sessions), entry
        )
        if other is not entry and not (
            reserved_entries.owner(entry, options.reserved)
            and reserved_entries.owner(other, options.reserved)
        ):
            message = f"`{username}` is also the username of {_place(other)}"
            yield _finding(entry, message, "RBAC and the audit log cannot tell the two apart")
    for text, general in username_overlap.pairs(first):
        entry, other = first[text], first[general]
        if username_overlap.is_open(text):
            message = (
                f"`{entry.username}` and `{other.username}` of {_place(other)} can become one user"
            )
            effect = "a caller who picks a matching session name becomes the same user"
        else:
            message = f"`{other.username}` of {_place(other)} can become `{entry.username}`"
            effect = "a caller who picks that session name becomes that user"
        yield _finding(entry, message, effect)


def _place(entry: Entry) -> str:
    return f"{entry.title} ({entry.section.name}[{entry.index}], line {line_of(entry)})"


def _finding(entry: Entry, message: str, effect: str) -> Finding:
    return Finding(
        at_field(entry, "username"),
        message,
        f"{effect}; begin each username with its own text and a colon",
        entry=entry,
    )
