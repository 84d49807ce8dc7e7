"""ARNs of IAM principals: parses and canonicalises them as the authenticator does.

Source: pkg/arn/arn.go and pkg/endpoints of kubernetes-sigs/aws-iam-authenticator; `arn.Parse` of
github.com/aws/aws-sdk-go-v2/aws/arn; names of roles and users in the API reference of IAM
(https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html).
"""

from __future__ import annotations

from typing import NamedTuple

PARTITIONS = frozenset(
    ("aws", "aws-cn", "aws-us-gov", "aws-iso", "aws-iso-b", "aws-iso-e", "aws-iso-f", "aws-eusc")
)

SSO_PREFIX = "AWSReservedSSO_"
"""Prefix of the names of roles that IAM Identity Center creates."""


class ArnError(ValueError):
    """An ARN does not belong to a principal that can log in; the message says why."""


class Arn(NamedTuple):
    """The parts of an ARN after the word `arn`."""

    partition: str
    service: str
    region: str
    account: str
    resource: str

    @property
    def kind(self) -> str:
        """The resource's first word: role, user, root, assumed-role, federated-user."""
        return self.resource.split("/", 1)[0]

    @property
    def name(self) -> str:
        """The last part of the resource: a role's or user's name without its path."""
        return self.resource.rsplit("/", 1)[-1]

    @property
    def path(self) -> str:
        """The path of a role or user with its trailing slash, or an empty string."""
        parts = self.resource.split("/")
        return "/".join(parts[1:-1]) + "/" if len(parts) > 2 else ""


def parse(arn: str) -> Arn:
    """Split an ARN into its parts; the word `arn` may be in any case, as in entries.

    Raises:
        ArnError: it does not have the six parts of an ARN.
    """
    parts = arn.split(":", 5)
    if parts[0].lower() != "arn" or len(parts) < 6:
        raise ArnError(f"`{arn}` does not have the six parts of an ARN")
    return Arn(*parts[1:])


def canonicalize(arn: str) -> str:
    """The ARN by which the authenticator looks up a caller.

    Args:
        arn: a caller's ARN as STS reports it, or the ARN of an IAM role, user or root.

    Raises:
        ArnError: the authenticator rejects such a caller.
    """
    return canonical(arn, parse(arn))


def canonical(arn: str, parsed: Arn) -> str:
    """Like `canonicalize`, for an ARN that has already been parsed."""
    if not arn.startswith("arn:"):
        raise ArnError(f"`{arn}` does not begin with `arn:`")
    if parsed.partition not in PARTITIONS:
        raise ArnError(f"the authenticator does not know the partition `{parsed.partition}`")
    parts = parsed.resource.split("/")
    if parsed.service == "sts":
        if parts[0] == "assumed-role":
            if len(parts) < 3:
                raise ArnError(f"`{arn}` lacks a role or a session name")
            role = "/".join(parts[1:-1])
            return f"arn:{parsed.partition}:iam::{parsed.account}:role/{role}"
        if parts[0] == "federated-user":
            return arn
    elif parsed.service == "iam":
        if parts[0] in ("role", "user", "root"):
            return arn
    else:
        raise ArnError(f"the ARN's service must be `iam` or `sts`, not `{parsed.service}`")
    raise ArnError(f"`{parsed.resource}` is not a role, user, root or session")


def meant(arn: str) -> str:
    """The ARN that the authenticator sees when the principal of a configured ARN logs in.

    A role's path is removed, because STS does not report it. A session's ARN becomes its role's,
    if the role is clear. All other ARNs are returned unchanged.
    """
    try:
        parsed = parse(arn)
    except ArnError:
        return arn
    parts = parsed.resource.split("/")
    kind = parts[0].lower()
    if kind == "role" and len(parts) > 2:
        return arn.removesuffix(parsed.resource) + f"{parts[0]}/{parts[-1]}"
    role = _role_of_session(parts) if kind == "assumed-role" else None
    return arn if role is None else f"arn:{parsed.partition}:iam::{parsed.account}:role/{role}"


def _role_of_session(parts: list[str]) -> str | None:
    names = parts[1:2] if len(parts) < 4 else [p for p in parts if p.startswith(SSO_PREFIX)]
    return names[0] if names else None


class Principal(NamedTuple):
    """The principal that an ARN identifies: a role, a user and so on.

    Attributes:
        partition: the partition as written.
        account: the account as written.
        kind: `role`, `user`, `root` or another resource type, in lower case; `assumed-role` only if
            the session's role is not clear.
        name: the name without the path.
    """

    partition: str
    account: str
    kind: str
    name: str


def principal(arn: str) -> Principal | None:
    """The principal that an ARN identifies, or None if it does not have six parts."""
    try:
        partition, _, _, account, resource = parse(arn)
    except ArnError:
        return None
    parts = resource.split("/")
    kind, name = parts[0].lower(), parts[-1]
    role = _role_of_session(parts) if kind == "assumed-role" else None
    if role is not None:
        kind, name = "role", role
    return Principal(partition, account, kind, name)
