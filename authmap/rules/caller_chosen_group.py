"""A group contains a placeholder: the caller chooses which group they are in.

## Why it matters

The authenticator fills in placeholders in groups as well as in usernames (`renderTemplates` in
pkg/server/server.go of https://github.com/kubernetes-sigs/aws-iam-authenticator), and the caller of
AssumeRole chooses the session name. With the group `system:{{SessionName}}`, a session called
`masters` has full control of the cluster. In authenticator versions before 0.5.9 callers could
choose `{{AccessKeyID}}` too (CVE-2022-2385). No binding can name a group that changes with each
login.

`{{AccountID}}` is not reported: an entry has one ARN, so the account is always the same.

## Bad

    - rolearn: arn:aws:iam::111111111111:role/staff
      username: role:{{AccountID}}:staff:{{SessionName}}
      groups: ["team:{{SessionName}}"]

## Good

    - rolearn: arn:aws:iam::111111111111:role/staff
      username: role:{{AccountID}}:staff:{{SessionName}}
      groups: ["team:staff", "account:{{AccountID}}"]

## How to fix

Use fixed groups. If people who share a role need different permissions, give them different roles.
There is no automatic fix. Callers lose the permissions that are bound to today's group names, so
bind the fixed group before you change the entry.
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
    from authmap.model.options import RunOptions


@rule("AM305", "caller-chosen-group", Severity.ERROR)
def caller_chosen_group(auth_map: AuthMap, options: RunOptions) -> Iterator[Finding]:
    """Groups with a placeholder whose value the entry does not fix."""
    for entry in (*auth_map.roles, *auth_map.users):
        for text, node in entry.group_items:
            if "{{" not in text:
                continue
            placeholder = next(
                (name for name in KNOWN if name in text and name != ACCOUNT_ID), None
            )
            if placeholder is None:
                continue
            start = text.index(placeholder)
            message, advice, severity = _describe(entry, text, placeholder)
            yield Finding(
                at_part(entry.section, node, start, start + len(placeholder)),
                message,
                f"{advice}; use a fixed group",
                entry=entry,
                severity=severity,
            )


def _describe(entry: Entry, group: str, placeholder: str) -> tuple[str, str, Severity]:
    """The message, the advice and the severity for a placeholder in a group."""
    if placeholder == EC2_PRIVATE_DNS_NAME:
        message = f"the group `{group}` of {entry.title} is different for each machine"
        advice = "no binding can name it, and a session that is not an EC2 instance cannot log in"
        return message, advice, Severity.WARNING
    if placeholder == "{{AccessKeyID}}":
        message = f"the group `{group}` of {entry.title} changes with every access key"
        return message, "no binding can name it", Severity.ERROR
    if ":user/" in entry.arn.lower():
        message = (
            f"`{placeholder}` in the group `{group}` stays empty: {entry.title} has no session"
        )
        advice = f"the group becomes `{group.replace(placeholder, '')}`"
        return message, advice, Severity.WARNING
    message = f"anyone who assumes {entry.title} can choose the group `{group}`"
    advice = "the caller of AssumeRole picks the session name"
    if group.startswith("system:{{"):
        advice += ", and a session named `masters` has full control of the cluster"
    return message, advice, Severity.ERROR
