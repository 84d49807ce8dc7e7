"""An RBAC binding names a user or group that contains a placeholder: it matches nobody.

## Why it matters

The authenticator fills in placeholders before the API server sees a name. RBAC compares names
literally and supports neither placeholders nor wildcards
(https://kubernetes.io/docs/reference/access-authn-authz/rbac/#referring-to-subjects). A binding to
`dev:{{SessionName}}` looks as if it grants access, but it grants nothing to anybody.

This rule runs only when bindings are known: with `--rbac PATH`, or on a live cluster.

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

Bind a group, and add that group to the entry: only a group stays the same for everyone who assumes
a role. There is no automatic fix, because authmap does not edit bindings. The new binding gives the
entry's callers access that they do not have today.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from authmap.authenticator.placeholder import KNOWN
from authmap.model.auth_map import AuthMap
from authmap.model.finding import Finding
from authmap.model.rule import Need
from authmap.model.severity import Severity
from authmap.rules.registry import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from authmap.model.content import Content
    from authmap.model.options import RunOptions


ANY_CONTENT = Need.MAP | Need.KUBECONFIG | Need.UNREADABLE
"""The bindings are wrong whatever stands beside them."""


@rule("AM401", "binding-to-placeholder", Severity.ERROR, needs=ANY_CONTENT | Need.BINDINGS)
def binding_to_placeholder(content: Content, options: RunOptions) -> Iterator[Finding]:
    """Subjects of bindings that contain a placeholder."""
    for binding, subject in options.bindings.subjects if options.bindings else ():
        if not any(known in subject.name for known in KNOWN):
            continue
        groups = _groups(content, subject.name) if isinstance(content, AuthMap) else ""
        advice = f"bind {groups} instead" if groups else "bind one of the entry's groups instead"
        yield Finding(
            subject.at,
            f"{binding.title} names the {subject.kind.lower()} `{subject.name}`, "
            "which matches nobody",
            "RBAC does not fill in placeholders, so this binding grants "
            f"{binding.role} to nobody; {advice}",
        )


def _groups(auth_map: AuthMap, username: str) -> str:
    """The groups of the first entry with this username, as a phrase; empty if there are none."""
    for entry in (*auth_map.roles, *auth_map.users):
        if entry.username == username and any(entry.groups):
            return "the group " + " or ".join(f"`{group}`" for group in entry.groups if group)
    return ""
