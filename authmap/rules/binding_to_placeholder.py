"""An RBAC binding names a user or group with a placeholder in it: it matches nobody.

## Why it matters

The authenticator fills placeholders in before the API server sees a name, and RBAC compares names
as they are: it knows neither placeholders nor wildcards
(https://kubernetes.io/docs/reference/access-authn-authz/rbac/#referring-to-subjects). A binding to
`dev:{{SessionName}}` gives nothing to anybody, and looks as if it did.

Runs where bindings are known: with `--rbac PATH`, or on a live cluster.

## Bad

    data:
      mapRoles: |
        - rolearn: arn:aws:iam::111111111111:role/staff
          username: role:{{AccountID}}:staff:{{SessionName}}
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
        name: role:{{AccountID}}:staff:{{SessionName}}

## Good

    data:
      mapRoles: |
        - rolearn: arn:aws:iam::111111111111:role/staff
          username: role:{{AccountID}}:staff:{{SessionName}}
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

Bind a group, and give the entry that group: groups are the only names that hold for everybody who
assumes a role.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from authmap.authenticator.placeholder import KNOWN
from authmap.model.finding import Finding
from authmap.model.rule import Need
from authmap.model.severity import Severity
from authmap.rules.registry import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from authmap.model.auth_map import AuthMap
    from authmap.model.options import Options


@rule("AM401", "binding-to-placeholder", Severity.ERROR, needs=Need.MAP | Need.BINDINGS)
def binding_to_placeholder(auth_map: AuthMap, options: Options) -> Iterator[Finding]:
    """Subjects of bindings that hold a placeholder."""
    for binding, subject in options.bindings.subjects if options.bindings else ():
        if not any(known in subject.name for known in KNOWN):
            continue
        groups = _groups(auth_map, subject.name)
        advice = f"bind {groups} instead" if groups else "bind a group of the entry instead"
        yield Finding(
            subject.at,
            f"{binding.title} names the {subject.kind.lower()} `{subject.name}`, and nobody is "
            "called so",
            f"RBAC fills nothing in, so nobody gets {binding.role} by it; {advice}",
        )


def _groups(auth_map: AuthMap, username: str) -> str:
    """The groups of the entries with a username, as they are named in sentences."""
    for entry in (*auth_map.roles, *auth_map.users):
        if entry.username == username and any(entry.groups):
            return "the group " + " or ".join(f"`{group}`" for group in entry.groups if group)
    return ""
