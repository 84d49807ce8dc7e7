"""An entry has the ARN of a role's session, so the role can never log in.

## Why it matters

`aws sts get-caller-identity` prints `arn:aws:sts::…:assumed-role/ROLE/SESSION`, and people copy
that into the map. The authenticator turns the caller's session ARN into the ARN of the role,
`arn:aws:iam::…:role/ROLE`, before it looks into the map. Only an entry with the role's ARN matches
(`Canonicalize` in pkg/arn/arn.go of
https://github.com/kubernetes-sigs/aws-iam-authenticator).

## Bad

    - rolearn: arn:aws:sts::111111111111:assumed-role/staff/jane
      username: role:{{AccountID}}:staff:{{SessionName}}
      groups: [developers]

## Good

    - rolearn: arn:aws:iam::111111111111:role/staff
      username: role:{{AccountID}}:staff:{{SessionName}}
      groups: [developers]

## How to fix

Write the role's ARN. `authmap fix --unsafe-fixes` does this. The fix is unsafe because it gives
access to everyone who may assume the role, not only to that session: the map cannot tell sessions
apart. authmap holds it back if another entry already has the role's ARN.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from authmap.authenticator.arn import meant
from authmap.authenticator.arn_fault import is_sound
from authmap.model.finding import Finding
from authmap.model.places import at_entry
from authmap.model.rule import Fixes
from authmap.model.severity import Severity
from authmap.rules.registry import rule
from authmap.usernames.rename import correct_arn

if TYPE_CHECKING:
    from collections.abc import Iterator

    from authmap.model.auth_map import AuthMap
    from authmap.model.options import RunOptions


@rule("AM202", "session-arn", Severity.ERROR, fixes=Fixes.UNSAFE)
def session_arn(auth_map: AuthMap, options: RunOptions) -> Iterator[Finding]:
    """Entries with the ARN of an assumed-role session."""
    for entry in (*auth_map.roles, *auth_map.users):
        if ":assumed-role/" not in entry.arn.lower() or not is_sound(entry.arn):
            continue
        if entry.section.consumer.match(entry.arn) != entry.arn:
            continue  # this consumer reads it as the role's ARN
        role = meant(entry.arn)
        advice = "write the role's ARN" if role == entry.arn else f"write `{role}`"
        yield Finding(
            at_entry(entry),
            f"`{entry.arn}` matches nobody: it is the ARN of a session",
            f"the authenticator looks up the caller's role, not the session; {advice}",
            entry=entry,
            fix=correct_arn(auth_map, entry),
        )
