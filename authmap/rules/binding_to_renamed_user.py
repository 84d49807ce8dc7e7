"""A binding names the username that a fix would change, so the fix is held back.

## Why it matters

A binding to a user stops matching as soon as the username becomes another one: whoever assumes the
role would lose what the binding gives them, and perhaps the way to put it back
(https://kubernetes.io/docs/reference/access-authn-authz/rbac/#referring-to-subjects). With the
session's name in it there is one username for each session, which no binding can name.

Runs where bindings are known: with `--rbac PATH`, or on a live cluster.

## Bad

    data:
      mapRoles: |
        - rolearn: arn:aws:iam::111111111111:role/staff
          username: staff
          groups: [developers]
    ---
    kind: ClusterRoleBinding
    metadata:
      name: staff-view
    roleRef:
      kind: ClusterRole
      name: view
    subjects:
      - kind: User
        name: staff

## Good

    data:
      mapRoles: |
        - rolearn: arn:aws:iam::111111111111:role/staff
          username: staff
          groups: [developers]
    ---
    kind: ClusterRoleBinding
    metadata:
      name: staff-view
    roleRef:
      kind: ClusterRole
      name: view
    subjects:
      - kind: Group
        name: developers

## How to fix

Bind a group of the entry to the same role, delete the binding to the user, and fix again. Or name
the entry with `--rename` if the binding is to go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from authmap.model.finding import Finding
from authmap.model.places import at_field
from authmap.model.rule import Need
from authmap.model.severity import Severity
from authmap.rules.registry import rule
from authmap.usernames.rename import wants_rename

if TYPE_CHECKING:
    from collections.abc import Iterator

    from authmap.model.auth_map import AuthMap
    from authmap.model.options import Options


@rule("AM402", "binding-to-renamed-user", Severity.NOTE, needs=Need.MAP | Need.BINDINGS)
def binding_to_renamed_user(auth_map: AuthMap, options: Options) -> Iterator[Finding]:
    """Bindings to usernames that are to be others."""
    if options.bindings is None:
        return
    for entry in auth_map.roles:
        if not wants_rename(entry, options):
            continue
        for user, binding in options.bindings.of_username(entry):
            groups = " or ".join(f"`{group}`" for group in entry.groups if group)
            group = f"its group {groups}" if groups else "a group, which the entry needs to get,"
            yield Finding(
                at_field(entry, "username"),
                f"{binding.title} names the user `{user}`, so {entry.title} is not renamed",
                f"a new username would take {binding.role} from it: bind {group} instead, then "
                "fix again",
                entry=entry,
            )
