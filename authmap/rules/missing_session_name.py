"""A role's username names no session: `{{SessionName}}` or `{{SessionNameRaw}}` is missing.

## Why it matters

Everybody who assumes the role is one and the same user in the audit log of the API server. After an
incident nobody can say who did it. The session name is what CloudTrail's AssumeRole event records
as well, so the two logs can be joined
(https://github.com/kubernetes-sigs/aws-iam-authenticator#full-configuration-format).

Entries of nodes and of AWS services, which bind RBAC to a fixed name, are left alone.

## Bad

    - rolearn: arn:aws:iam::111111111111:role/staff
      username: staff
      groups: [developers]

## Good

    - rolearn: arn:aws:iam::111111111111:role/staff
      username: role:{{AccountID}}:staff:{{SessionName}}
      groups: [developers]

## How to fix

`authmap fix` writes the username that `--username-template` says. Whoever was bound to the old
username in a RoleBinding loses that binding: bind a group instead. Where bindings are known
(`--rbac PATH`, or a live cluster), the fix of such an entry is held back; where they are not, that
of an entry without groups is, which must live from a binding. Likewise where a binding names what
a session could be called under the new name, and so gain access. `--rename` makes it all the same.
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
from authmap.model.rule import About
from authmap.model.severity import Severity
from authmap.rules.registry import rule
from authmap.usernames.rename import rename

if TYPE_CHECKING:
    from collections.abc import Iterator

    from authmap.authenticator.entry import Entry
    from authmap.model.auth_map import AuthMap
    from authmap.model.options import Options


@rule("AM101", "missing-session-name", Severity.ERROR, about=About.SESSION_NAME)
def missing_session_name(auth_map: AuthMap, options: Options) -> Iterator[Finding]:
    """Role entries whose username does not name the session."""
    for entry in auth_map.roles:
        username = entry.username
        if (
            has_session(username)
            or reserved_entries.owner(entry, options.reserved)
            or templates(username)
        ):
            continue
        if not username and _refused(entry):
            continue  # AM002 or AM005 says so
        shown = f"`{username}`" if username else "a user without a name"
        if not entry.has_session_name:
            yield Finding(
                at_field(entry, "username"),
                f"{entry.title} in mapRoles is {shown} in the audit log, without a session",
                "an IAM user has no session name; where several people use its keys, give them a "
                "role to assume",
                entry=entry,
                severity=Severity.NOTE,
            )
            continue
        if ACCESS_KEY_ID in username or EC2_PRIVATE_DNS_NAME in username:
            message = f"`{username}` does not name the session of who assumes {entry.title}"
        else:
            message = f"everyone who assumes {entry.title} is {shown} in the audit log"
        own = with_placeholders_corrected(username)
        meant = has_session(own) and not is_led_by_caller(own)
        advice = f"`{own}` is meant" if meant else "put {{SessionName}} into the username"
        yield Finding(
            at_field(entry, "username"),
            message,
            f"nobody can tell afterwards who of them did it; {advice}",
            entry=entry,
            fix=partial(rename, entry, options),
        )


def _refused(entry: Entry) -> bool:
    """Whether nobody comes in without a username, as the whole is refused then."""
    missing = None if entry.field("username") else entry.missing("username")
    return bool(entry.section.consumer.refusal("username", missing=missing))
