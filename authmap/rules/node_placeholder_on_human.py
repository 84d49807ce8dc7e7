"""`{{EC2PrivateDNSName}}` outside a node's entry: every login of that role or user fails.

## Why it matters

To fill it in, the authenticator takes the session's name for the id of an EC2 instance, `i-` and 8
or 17 characters, and refuses the login where it is none (`renderTemplate` in pkg/server/server.go
of https://github.com/kubernetes-sigs/aws-iam-authenticator). People's sessions are named otherwise,
and an IAM user has no session. It comes from an entry of nodes that was copied.

## Bad

    - rolearn: arn:aws:iam::111111111111:role/staff
      username: staff:{{EC2PrivateDNSName}}
      groups: [developers]

## Good

    - rolearn: arn:aws:iam::111111111111:role/nodes
      username: system:node:{{EC2PrivateDNSName}}
      groups: [system:bootstrappers, system:nodes]
    - rolearn: arn:aws:iam::111111111111:role/staff
      username: role:{{AccountID}}:staff:{{SessionName}}
      groups: [developers]

## How to fix

Write `{{SessionName}}` for people. For nodes, write `system:node:{{EC2PrivateDNSName}}` and both
groups, `system:bootstrappers` and `system:nodes`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from authmap.authenticator.foreign_template import templates
from authmap.authenticator.placeholder import EC2_PRIVATE_DNS_NAME
from authmap.model.finding import Finding
from authmap.model.places import at_username
from authmap.model.reserved_entries import is_node
from authmap.model.severity import Severity
from authmap.rules.registry import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from authmap.model.auth_map import AuthMap
    from authmap.model.options import Options


@rule("AM110", "node-placeholder-on-human", Severity.ERROR)
def node_placeholder_on_human(auth_map: AuthMap, options: Options) -> Iterator[Finding]:
    """Usernames with a node's placeholder in entries that are no node's."""
    for entry in (*auth_map.roles, *auth_map.users):
        username = entry.username
        if EC2_PRIVATE_DNS_NAME not in username or templates(username):
            continue
        if not entry.has_session_name:
            message = f"{entry.title} cannot log in: it has no session, and no instance"
            advice = "write a fixed name"
        elif not is_node(entry):
            message = f"nobody but an EC2 instance can log in as {entry.title}"
            advice = (
                "a session whose name is no instance's id is refused; for people write "
                "{{SessionName}}, for nodes put `system:node:` in front and the nodes' groups below"
            )
        else:
            continue
        yield Finding(at_username(entry, EC2_PRIVATE_DNS_NAME), message, advice, entry=entry)
