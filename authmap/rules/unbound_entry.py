"""No binding names the username or a group of an entry, so it gives no access.

## Why it matters

The map only says who a caller is; RBAC bindings say what they may do. If no binding names an entry,
its callers can log in, but every request is refused. Usually a group is misspelled, or somebody
deleted the binding together with the team that used it.

This rule runs only if all bindings are known: with `--rbac PATH`, or on a live cluster where you
may list the bindings. authmap does not report the entries of nodes and AWS services, nor the group
`system:masters`, which needs no binding
(https://kubernetes.io/docs/reference/access-authn-authz/rbac/#user-facing-roles).

## Bad

    data:
      mapRoles: |
        - rolearn: arn:aws:iam::111111111111:role/staff
          username: role:{{AccountID}}:staff:{{SessionName}}
          groups: [developpers]
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

Correct the group, bind it, or delete the entry. There is no automatic fix.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from authmap.authenticator.foreign_template import templates
from authmap.model import reserved_entries
from authmap.model.bindings import AUTHENTICATED, MASTERS
from authmap.model.finding import Finding
from authmap.model.places import at_field
from authmap.model.rule import Need
from authmap.model.severity import Severity
from authmap.rules.registry import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from authmap.authenticator.entry import Entry
    from authmap.model.auth_map import AuthMap
    from authmap.model.options import RunOptions

DISCOVERY = ("system:basic-user", "system:discovery", "system:public-info-viewer")
"""Built-in ClusterRoles that everyone is bound to by default; they do not count as access."""


@rule("AM403", "unbound-entry", Severity.WARNING, needs=Need.MAP | Need.BINDINGS)
def unbound_entry(auth_map: AuthMap, options: RunOptions) -> Iterator[Finding]:
    """Entries that no binding names."""
    bindings = options.bindings
    if bindings is None or bindings.missing is not None:
        return
    if any(
        subject.name == AUTHENTICATED and binding.role.partition("/")[2] not in DISCOVERY
        for binding, subject in bindings.subjects
    ):
        return
    for entry in (*auth_map.roles, *auth_map.users):
        if reserved_entries.owner(entry, options.reserved) or MASTERS in entry.groups:
            continue
        if any(templates(text) for text in (entry.arn, entry.username, *entry.groups)):
            continue
        if bindings.of_username(entry) or bindings.of_groups(entry):
            continue
        yield Finding(
            at_field(entry, "groups"),
            f"{entry.title} has no access: no binding names {_names(entry)}",
            "callers can log in, but every request is refused; give the entry a group that a "
            "binding names, or delete it",
            entry=entry,
        )


def _names(entry: Entry) -> str:
    groups = [f"`{group}`" for group in entry.groups if group]
    if not groups:
        return f"the user `{entry.username}`, and the entry has no groups"
    what = "group" if len(groups) == 1 else "groups"
    return f"the user `{entry.username}` or the {what} {' or '.join(groups)}"
