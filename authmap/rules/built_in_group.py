"""An entry is in a group that Kubernetes assigns itself or reserves.

## Why it matters

Group names that start with `system:` are reserved for Kubernetes
(https://kubernetes.io/docs/reference/access-authn-authz/rbac/#default-roles-and-role-bindings).

* `system:authenticated` contains everyone who logs in, so listing it changes nothing.
* `system:unauthenticated` takes permissions away: the API server does *not* add its members to
  `system:authenticated`, so they lose what everyone has (`kubectl auth can-i`, API discovery).
* `system:serviceaccounts` and `system:serviceaccounts:NAMESPACE` give a person every permission
  that is bound for pods, now and later.
* A name that is not built in, such as `system:master`, has no effect: there is no such group.

`system:masters` and the node groups have their own rules (AM301, AM303). `system:monitoring` is
safe to give to anyone.

## Bad

    - rolearn: arn:aws:iam::111111111111:role/ops
      username: role:{{AccountID}}:ops:{{SessionName}}
      groups: [system:master]

## Good

    - rolearn: arn:aws:iam::111111111111:role/ops
      username: role:{{AccountID}}:ops:{{SessionName}}
      groups: [ops, system:monitoring]

## How to fix

Remove the group, and bind the permissions that are needed to a group of your own. There is no
automatic fix.

* Removing `system:authenticated` changes nothing.
* Removing `system:unauthenticated` gives callers the permissions that everyone else has.
* Removing any other group takes away whatever is bound to it, so bind your own group first.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from authmap.model import reserved_entries
from authmap.model.finding import Finding
from authmap.model.places import at_node
from authmap.model.severity import Severity
from authmap.rules.registry import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from authmap.model.auth_map import AuthMap
    from authmap.model.options import RunOptions


FINE = reserved_entries.NODE_GROUPS | {"system:masters", "system:monitoring"}


@rule("AM307", "built-in-group", Severity.WARNING)
def built_in_group(auth_map: AuthMap, options: RunOptions) -> Iterator[Finding]:
    """Groups that start with `system:` and should not be in an entry."""
    for entry in (*auth_map.roles, *auth_map.users):
        for text, node in entry.group_items:
            if not text.startswith("system:") or text in FINE or "{" in text or " - " in text:
                continue
            if text == "system:node-proxier" and reserved_entries.is_node(entry):
                continue
            what, advice = _meaning(text)
            yield Finding(
                at_node(entry.section, node),
                f"{entry.title} is in `{text}`, {what}",
                advice,
                entry=entry,
                severity=Severity.NOTE if text == "system:authenticated" else None,
            )


def _meaning(group: str) -> tuple[str, str]:
    """What a group is, for the message, and the advice."""
    if group == "system:authenticated":
        return (
            "the group of everyone who logs in",
            "every login gets it anyway, so it has no effect here; remove it",
        )
    if group == "system:unauthenticated":
        return (
            "the group of users who have not logged in",
            "the API server then does not add `system:authenticated`, so callers lose the "
            "permissions that everyone else has; remove it",
        )
    if group == "system:serviceaccounts" or group.startswith("system:serviceaccounts:"):
        return (
            "the group of service accounts",
            "it grants everything bound for pods, now and later; bind your own group instead",
        )
    if group == "system:node-proxier":
        return "the group of kube-proxy", "it is only for Fargate and Windows nodes; remove it"
    if group.startswith("system:bootstrappers:"):
        return "a bootstrap token group", "it is only for machines joining the cluster; remove it"
    if group.startswith("system:kube-"):
        return (
            "which is a control plane user, not a group",
            "nothing is bound to a group with this name; bind your own group instead",
        )
    return (
        "which is not a Kubernetes group" + _near(group),
        "it has no effect unless you bound it yourself, and the `system:` prefix is reserved; "
        "correct the name, or choose one without `system:`",
    )


@cache
def _near(group: str) -> str:
    from difflib import get_close_matches

    near = get_close_matches(group, sorted(FINE), 1, 0.8)
    return f" (`{near[0]}` is)" if near else ""
