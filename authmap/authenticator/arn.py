"""ARNs of IAM principals: as the authenticator takes them apart, and what is wrong with one.

Facts: pkg/arn/arn.go and pkg/endpoints of kubernetes-sigs/aws-iam-authenticator; `arn.Parse` of
github.com/aws/aws-sdk-go-v2/aws/arn; names of roles and users in the API reference of IAM
(https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html).
"""

from __future__ import annotations

from typing import NamedTuple

PARTITIONS = frozenset(
    ("aws", "aws-cn", "aws-us-gov", "aws-iso", "aws-iso-b", "aws-iso-e", "aws-iso-f", "aws-eusc")
)

SSO_PREFIX = "AWSReservedSSO_"
"""Names of roles that IAM Identity Center makes begin with it."""


class ArnError(ValueError):
    """Not the ARN of a principal that can log in; the message says why."""


class Arn(NamedTuple):
    """The six parts of an ARN behind the word `arn`."""

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
        """The path of a role or user, with its slashes, or an empty string."""
        parts = self.resource.split("/")
        return "/".join(parts[1:-1]) + "/" if len(parts) > 2 else ""


def parse(arn: str) -> Arn:
    """Take an ARN apart, in any case: an entry's is compared without regard to it.

    Raises:
        ArnError: it does not have an ARN's six parts.
    """
    parts = arn.split(":", 5)
    if parts[0].lower() != "arn" or len(parts) < 6:
        raise ArnError(f"`{arn}` does not have the six parts of an ARN")
    return Arn(*parts[1:])


def canonicalize(arn: str) -> str:
    """The ARN the authenticator looks a caller up by.

    Args:
        arn: as STS reports it, or of an IAM role, user or root.

    Raises:
        ArnError: the authenticator refuses such a caller.
    """
    return canonical(arn, parse(arn))


def canonical(arn: str, parsed: Arn) -> str:
    """`canonicalize` for an ARN that has been taken apart."""
    if not arn.startswith("arn:"):
        raise ArnError(f"`{arn}` does not begin with `arn:`")
    if parsed.partition not in PARTITIONS:
        raise ArnError(f"the authenticator knows no partition `{parsed.partition}`")
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
        raise ArnError(f"`{parsed.service}` is not a service of identities (iam, sts)")
    raise ArnError(f"`{parsed.resource}` is no role, user, root or session")


def meant(arn: str) -> str:
    """The ARN the authenticator is asked for when the one whom this ARN means comes.

    A role's ARN loses its path, which STS does not report; a session's becomes its role's. Every
    other one, and a session's that does not tell its role, stays as it is.
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
    """Whom an ARN means: a role, a user and so on.

    Attributes:
        partition: as it is written.
        account: as it is written.
        kind: in lower case: `role`, `user`, `root`, `assumed-role` (of no role that can be told).
        name: without a path.
    """

    partition: str
    account: str
    kind: str
    name: str


def principal(arn: str) -> Principal | None:
    """Whom an ARN means, or None where it has not six parts."""
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
