"""A group holds a placeholder: whoever logs in picks the group.

## Why it matters

The authenticator fills placeholders in in groups as it does in usernames (`renderTemplates` in
pkg/server/server.go of https://github.com/kubernetes-sigs/aws-iam-authenticator), and a session is
named by whoever calls AssumeRole. With the group `system:{{SessionName}}`, a session that is named
`masters` may do everything. `{{AccessKeyID}}` was open to the caller too, in versions before
0.5.9 (CVE-2022-2385), and no binding can name a group that changes with each login.

`{{AccountID}}` is left alone: an entry has one ARN, so it stands for one account.

## Bad

    - rolearn: arn:aws:iam::111111111111:role/staff
      username: role:{{AccountID}}:staff:{{SessionName}}
      groups: ["team:{{SessionName}}"]

## Good

    - rolearn: arn:aws:iam::111111111111:role/staff
      username: role:{{AccountID}}:staff:{{SessionName}}
      groups: ["team:staff", "account:{{AccountID}}"]

## How to fix

Write fixed groups. Where people of one role need different rights, give them different roles.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from authmap.authenticator.placeholder import ACCOUNT_ID, EC2_PRIVATE_DNS_NAME, KNOWN
from authmap.model.finding import Finding
from authmap.model.places import at_part
from authmap.model.severity import Severity
from authmap.rules.registry import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from authmap.authenticator.entry import Entry
    from authmap.model.auth_map import AuthMap
    from authmap.model.options import Options


@rule("AM305", "caller-chosen-group", Severity.ERROR)
def caller_chosen_group(auth_map: AuthMap, options: Options) -> Iterator[Finding]:
    """Groups that hold a placeholder whose value is not fixed by the entry."""
    for entry in (*auth_map.roles, *auth_map.users):
        for text, node in entry.group_items:
            if "{{" not in text:
                continue
            held = next((name for name in KNOWN if name in text and name != ACCOUNT_ID), None)
            if held is None:
                continue
            start = text.index(held)
            message, advice, severity = _sentence(entry, text, held)
            yield Finding(
                at_part(entry.section, node, start, start + len(held)),
                message,
                f"{advice}; write a fixed group",
                entry=entry,
                severity=severity,
            )


def _sentence(entry: Entry, group: str, held: str) -> tuple[str, str, Severity]:
    if held == EC2_PRIVATE_DNS_NAME:
        message = f"the group `{group}` of {entry.title} is another one for each machine"
        advice = "no binding can name it, and a session that is no EC2 instance's cannot log in"
        return message, advice, Severity.WARNING
    if held == "{{AccessKeyID}}":
        message = f"the group `{group}` of {entry.title} changes with each access key"
        return message, "no binding can name it", Severity.ERROR
    if ":user/" in entry.arn.lower():
        message = f"`{held}` in the group `{group}` stays empty: {entry.title} has no session"
        advice = f"the group is `{group.replace(held, '')}`"
        return message, advice, Severity.WARNING
    message = f"whoever assumes {entry.title} picks the group `{group}`"
    advice = "whoever calls AssumeRole names the session"
    if group.startswith("system:{{"):
        advice += ": named `masters`, it may do everything"
    return message, advice, Severity.ERROR
