"""A binding names a username that a fix would change, so the fix is held back.

## Why it matters

A binding to a user stops matching as soon as the username changes. Everyone who assumes the role
would lose what the binding grants, and perhaps the permission to restore it
(https://kubernetes.io/docs/reference/access-authn-authz/rbac/#referring-to-subjects). A username
with the session name is different for each session, so no binding can name it.

This rule runs only when bindings are known: with `--rbac PATH`, or on a live cluster.

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

Bind one of the entry's groups to the same role, delete the binding to the user, and run
`authmap fix` again: nobody loses access. If you do not need the binding any more, pass the role
name to `--rename`: the username changes, and callers lose what the binding grants.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from authmap.model.finding import Finding
from authmap.model.places import at_field
from authmap.model.rule import Need
from authmap.model.severity import Severity
from authmap.rules.registry import rule
from authmap.usernames.new_names import wants_rename

if TYPE_CHECKING:
    from collections.abc import Iterator

    from authmap.model.auth_map import AuthMap
    from authmap.model.options import RunOptions


@rule("AM402", "binding-to-renamed-user", Severity.NOTE, needs=Need.MAP | Need.BINDINGS)
def binding_to_renamed_user(auth_map: AuthMap, options: RunOptions) -> Iterator[Finding]:
    """Bindings to usernames that a fix would change."""
    if options.bindings is None:
        return
    for entry in auth_map.roles:
        if not wants_rename(entry, options.reserved):
            continue
        for user, binding in options.bindings.of_username(entry):
            groups = " or ".join(f"`{group}`" for group in entry.groups if group)
            step = f"bind its group {groups}" if groups else "give the entry a group and bind that"
            yield Finding(
                at_field(entry, "username"),
                f"{binding.title} names the user `{user}`, so `fix` does not rename {entry.title}",
                f"a new username would lose {binding.role}; {step} instead, then run "
                "`authmap fix` again",
                entry=entry,
            )
