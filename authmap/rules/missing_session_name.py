"""A role's username does not name the session: `{{SessionName}}` is missing.

## Why it matters

Everyone who assumes the role is the same user in the API server's audit log. After an incident you
cannot tell who did what. With `{{SessionName}}` or `{{SessionNameRaw}}` in the username, you can:
CloudTrail's AssumeRole event records the session name too, so you can join the two logs
(https://github.com/kubernetes-sigs/aws-iam-authenticator#full-configuration-format).

authmap does not report the entries of nodes and AWS services, because RBAC bindings depend on their
fixed names.

## Bad

    - rolearn: arn:aws:iam::111111111111:role/staff
      username: staff
      groups: [developers]

## Good

    - rolearn: arn:aws:iam::111111111111:role/staff
      username: role:{{AccountID}}:staff:{{SessionName}}
      groups: [developers]

## How to fix

`authmap fix` writes the username from `--username-template`. The fix is safe unless a RoleBinding
or ClusterRoleBinding names the old username: its users would lose that binding, so bind a group
instead. authmap holds the fix back in these cases:

* The bindings are known (`--rbac PATH`, or a live cluster), and one names the old username.
* The bindings are known, and under the new username a caller could pick a session name that makes
  them a user named in a binding, and so gain access.
* The bindings are not known, and the entry has no groups: its access must come from a binding to
  the username.
* The username is the fixed name of an AWS service.
* Another entry could have the new username too, even with the full name of the role in it.
* The entry looks like one for nodes.

`--rename` applies the fix anyway, except in the last two cases. If the old username contains
`{{EC2PrivateDNSName}}`, the fix needs `--unsafe-fixes`, because it lets people log in who could not
before.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from authmap.authenticator.foreign_template import templates
from authmap.authenticator.placeholder import (
    ACCESS_KEY_ID,
    EC2_PRIVATE_DNS_NAME,
    has_session,
    is_led_by_caller,
    with_placeholders_corrected,
)
from authmap.model import reserved_entries
from authmap.model.finding import Finding
from authmap.model.places import at_field
from authmap.model.rule import About, Fixes
from authmap.model.severity import Severity
from authmap.rules.registry import rule
from authmap.usernames.rename import rename

if TYPE_CHECKING:
    from collections.abc import Iterator

    from authmap.authenticator.entry import Entry
    from authmap.model.auth_map import AuthMap
    from authmap.model.options import RunOptions


@rule(
    "AM101",
    "missing-session-name",
    Severity.ERROR,
    about=About.SESSION_NAME,
    fixes=Fixes.SAFE | Fixes.UNSAFE,
)
def missing_session_name(auth_map: AuthMap, options: RunOptions) -> Iterator[Finding]:
    """Role entries whose username does not name the session."""
    for entry in auth_map.roles:
        username = entry.username
        if (
            has_session(username)
            or reserved_entries.owner(entry, options.reserved)
            or templates(username)
        ):
            continue
        if not username and _is_refused_without_username(entry):
            continue  # AM002 or AM005 reports it
        shown = f"`{username}`" if username else "a user without a name"
        if not entry.has_session_name:
            yield Finding(
                at_field(entry, "username"),
                f"{entry.title} in mapRoles shows up as {shown} in the audit log, without a "
                "session",
                "an IAM user has no session name; if several people share its keys, give them a "
                "role to assume",
                entry=entry,
                severity=Severity.NOTE,
            )
            continue
        if ACCESS_KEY_ID in username or EC2_PRIVATE_DNS_NAME in username:
            message = f"the username `{username}` does not name the session of {entry.title}"
        else:
            message = f"everyone who assumes {entry.title} shows up as {shown} in the audit log"
        corrected = with_placeholders_corrected(username)
        advice = "add {{SessionName}} to the username"
        if has_session(corrected) and not is_led_by_caller(corrected):
            advice = f"did you mean `{corrected}`?"
        yield Finding(
            at_field(entry, "username"),
            message,
            f"you cannot tell who did what; {advice}",
            entry=entry,
            fix=partial(rename, auth_map, entry, options),
        )


def _is_refused_without_username(entry: Entry) -> bool:
    """Whether the reader of the entries refuses all of them because the username is missing."""
    missing = None if entry.field("username") else entry.missing("username")
    return bool(entry.section.consumer.refusal("username", missing=missing))
