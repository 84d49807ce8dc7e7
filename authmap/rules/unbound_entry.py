"""Neither the username nor a group of an entry is in any binding: it gives no access.

## Why it matters

The map only says who a caller is; what they may do comes from RBAC bindings. An entry that none of
them names lets its callers log in, and refuses everything they ask for. Most often a group is
misspelt, or the binding was deleted with the team that had it.

Runs where all bindings are known: with `--rbac PATH`, or on a live cluster whose bindings may be
listed. Entries of nodes and AWS services are left alone, and so is the group `system:masters`,
which needs no binding (https://kubernetes.io/docs/reference/access-authn-authz/rbac/#user-facing-roles).

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

Correct the group, bind it, or delete the entry.
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
    from authmap.model.options import Options

DISCOVERY = ("system:basic-user", "system:discovery", "system:public-info-viewer")
"""What everybody has, and is no access: ClusterRoles that every API server makes for itself."""


@rule("AM403", "unbound-entry", Severity.WARNING, needs=Need.MAP | Need.BINDINGS)
def unbound_entry(auth_map: AuthMap, options: Options) -> Iterator[Finding]:
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
            "its callers log in and are refused whatever they ask for; bind a group of the entry, "
            "or delete it",
            entry=entry,
        )


def _names(entry: Entry) -> str:
    groups = [f"`{group}`" for group in entry.groups if group]
    if not groups:
        return f"the user `{entry.username}`, and it has no groups"
    what = "group" if len(groups) == 1 else "groups"
    return f"the user `{entry.username}` or the {what} {' or '.join(groups)}"
