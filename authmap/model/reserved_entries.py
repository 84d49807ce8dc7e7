"""Entries of nodes and AWS services, which depend on fixed usernames and are never renamed."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

    from authmap.authenticator.entry import Entry

NODE_PREFIX = "system:node:"
NODE_GROUPS = frozenset(("system:bootstrappers", "system:nodes"))
_EKS = "https://docs.aws.amazon.com/eks/latest/userguide/"


class ReservedEntry(NamedTuple):
    """One row of the table of reserved entries.

    An entry matches by the role's name if `role` is set, and otherwise by its username.

    Attributes:
        what: the node type or service that owns the entry.
        source: URL of the documentation.
        role: case-insensitive glob for the role's name; empty if users choose that name.
        username: the username in the owner's RBAC bindings.
    """

    what: str
    source: str
    role: str = ""
    username: str = ""


SERVICES = (
    ReservedEntry("EC2, self-managed and Karpenter nodes", _EKS + "auth-configmap.html",
          username="system:node:{{EC2PrivateDNSName}}"),
    ReservedEntry("Fargate, hybrid nodes, and EC2 nodes named by instance ID", _EKS + "hybrid-nodes-cluster-prep.html",
          username="system:node:{{SessionName}}"),
    ReservedEntry("EMR on EKS",
          "https://docs.aws.amazon.com/emr/latest/EMR-on-EKS-DevelopmentGuide/setting-up-cluster-access.html#setting-up-cluster-access-aws-auth",
          "AWSServiceRoleForAmazonEMRContainers", "emr-containers"),
    ReservedEntry("AWS Batch", "https://docs.aws.amazon.com/batch/latest/userguide/getting-started-eks.html",
          "AWSServiceRoleForBatch", "aws-batch"),
    ReservedEntry("Amazon Managed Service for Prometheus",
          "https://docs.aws.amazon.com/prometheus/latest/userguide/AMP-collector-how-to.html",
          "AWSServiceRoleForAmazonPrometheusScraper_*", "aps-collector-user"),
    ReservedEntry("AWS Fault Injection Service",
          "https://docs.aws.amazon.com/fis/latest/userguide/eks-pod-actions.html",
          username="fis-experiment"),
    ReservedEntry("Amazon MWAA", "https://docs.aws.amazon.com/mwaa/latest/userguide/mwaa-eks-example.html",
          username="mwaa-service"),
    ReservedEntry("AWS Resilience Hub",
          "https://docs.aws.amazon.com/resilience-hub/latest/userguide/grant-permissions-to-eks-in-arh.html",
          username="AwsResilienceHubAssessmentEKSAccessRole"),
    ReservedEntry("AWS Resilience Hub's tests",
          "https://docs.aws.amazon.com/resilience-hub/latest/userguide/next-gen-iam-permissions.html",
          username="resilience-testing-user"),
)  # fmt: skip


def is_node(entry: Entry) -> bool:
    """Whether an entry is for nodes, judged by its username and the node groups."""
    return entry.username.startswith(NODE_PREFIX) or not NODE_GROUPS.isdisjoint(entry.groups)


def resembles_node(entry: Entry) -> bool:
    """Whether an entry is for nodes, or was meant to be: their names are in it, misspelled."""
    username, groups = entry.username.lower(), " ".join(entry.groups).lower()
    return NODE_PREFIX in username or any(group in groups for group in NODE_GROUPS)


def owner(entry: Entry, more: Iterable[ReservedEntry] = ()) -> str | None:
    """The node type or service that owns an entry, so that its username must not change.

    Args:
        entry: the entry.
        more: additional rows, from the user's configuration.

    Returns:
        The owner, as messages name it, or None if the entry is not reserved.
    """
    if is_node(entry):
        return "a node"
    table = _table(tuple(more))
    row = table.usernames.get(entry.username)
    if row is None or row.role:
        name = entry.role_name.lower()
        if not name.startswith(table.prefixes):
            return None
        row = next((row for row in table.roles if fnmatchcase(name, row.role.lower())), None)
    return row and row.what


class _Table(NamedTuple):
    """The table, prepared for lookups.

    Attributes:
        usernames: the rows by username.
        roles: the rows with a role.
        prefixes: the literal text, in lower case, with which each of these role globs begins.
    """

    usernames: dict[str, ReservedEntry]
    roles: list[ReservedEntry]
    prefixes: tuple[str, ...]


@cache
def _table(more: tuple[ReservedEntry, ...]) -> _Table:
    rows = (*SERVICES, *more)
    roles = [row for row in rows if row.role]
    others = [row for row in rows if not row.role]
    usernames = {row.username: row for row in reversed((*others, *roles)) if row.username}
    prefixes = tuple(re.split(r"[*?[]", row.role.lower())[0] for row in roles)
    return _Table(usernames, roles, prefixes)


def bound_by(username: str, more: Iterable[ReservedEntry] = ()) -> str | None:
    """The node type or service whose RBAC bindings use a username, or None."""
    row = _table(tuple(more)).usernames.get(username)
    return row and row.what
