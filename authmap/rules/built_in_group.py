"""An entry is in a group that Kubernetes hands out or keeps for itself.

## Why it matters

Groups that begin with `system:` belong to Kubernetes
(https://kubernetes.io/docs/reference/access-authn-authz/rbac/#default-roles-and-role-bindings).
`system:authenticated` has everybody who logs in. Whoever is in `system:unauthenticated` is *not*
put into `system:authenticated` by the API server, and loses what everybody has (`kubectl auth
can-i`, API discovery). `system:serviceaccounts` and `system:serviceaccounts:NAMESPACE` give a
person all that was ever bound for pods. And a name that is not built in, such as `system:master`,
gives nothing: there is no such group.

`system:masters` and the groups of nodes have rules of their own (AM301, AM303);
`system:monitoring` may be given to anybody.

## Bad

    - rolearn: arn:aws:iam::111111111111:role/ops
      username: role:{{AccountID}}:ops:{{SessionName}}
      groups: [system:master]

## Good

    - rolearn: arn:aws:iam::111111111111:role/ops
      username: role:{{AccountID}}:ops:{{SessionName}}
      groups: [ops, system:monitoring]

## How to fix

Take the group out, and bind what is needed to a group of your own.
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
    from authmap.model.options import Options


FINE = reserved_entries.NODE_GROUPS | {"system:masters", "system:monitoring"}


@rule("AM307", "built-in-group", Severity.WARNING)
def built_in_group(auth_map: AuthMap, options: Options) -> Iterator[Finding]:
    """Groups that begin with `system:` and are not for giving away."""
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
    """What a group is, and what to do."""
    if group == "system:authenticated":
        return "the group of everybody who logs in", "it changes nothing: take it out"
    if group == "system:unauthenticated":
        return (
            "the group of those who have not logged in",
            "the API server then leaves out `system:authenticated`, and with it what everybody "
            "may do; take it out",
        )
    if group == "system:serviceaccounts" or group.startswith("system:serviceaccounts:"):
        return (
            "the group of service accounts",
            "it gives all that is bound for pods, now and later; bind a group of your own",
        )
    if group == "system:node-proxier":
        return "the group of kube-proxy", "it is for nodes of Fargate and Windows; take it out"
    if group.startswith("system:bootstrappers:"):
        return "a group of bootstrap tokens", "it is for machines that join; take it out"
    if group.startswith("system:kube-"):
        return (
            "which is a user of the control plane and no group",
            "nothing is bound to a group of this name; bind a group of your own",
        )
    return (
        "which is no group of Kubernetes" + _near(group),
        "nothing is bound to it unless you did so, and `system:` is reserved; "
        "correct the name, or choose one without `system:`",
    )


@cache
def _near(group: str) -> str:
    from difflib import get_close_matches

    near = get_close_matches(group, sorted(FINE), 1, 0.8)
    return f" (`{near[0]}` is one)" if near else ""
