"""`{{EC2PrivateDNSName}}` is used outside a node entry: every login through the entry fails.

## Why it matters

To fill in this placeholder, the authenticator reads the session name as the id of an EC2 instance:
`i-` and 8 or 17 characters. If the session name is anything else, it refuses the login
(`renderTemplate` in pkg/server/server.go of
https://github.com/kubernetes-sigs/aws-iam-authenticator). People's sessions have other names, and
an IAM user has no session. Usually somebody copied a node entry.

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

For people, write `{{SessionName}}`; for an IAM user, write a fixed name. For nodes, write
`system:node:{{EC2PrivateDNSName}}` and both groups, `system:bootstrappers` and `system:nodes`. This
rule has no automatic fix.
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
    from authmap.model.options import RunOptions


@rule("AM110", "node-placeholder-on-human", Severity.ERROR)
def node_placeholder_on_human(auth_map: AuthMap, options: RunOptions) -> Iterator[Finding]:
    """Usernames with the node placeholder in entries that are not node entries."""
    for entry in (*auth_map.roles, *auth_map.users):
        username = entry.username
        if EC2_PRIVATE_DNS_NAME not in username or templates(username):
            continue
        if not entry.has_session_name:
            message = f"{entry.title} cannot log in: it has no session and is not an EC2 instance"
            advice = f"write a fixed name instead of {EC2_PRIVATE_DNS_NAME}"
        elif not is_node(entry):
            message = f"only EC2 instances can log in as {entry.title}"
            advice = (
                "the authenticator refuses sessions whose name is not an instance ID; for people, "
                "write {{SessionName}}; for nodes, begin the username with `system:node:` and add "
                "the groups of nodes"
            )
        else:
            continue
        yield Finding(at_username(entry, EC2_PRIVATE_DNS_NAME), message, advice, entry=entry)
