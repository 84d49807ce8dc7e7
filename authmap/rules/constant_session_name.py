"""A kubeconfig assumes a role with a session name that does not identify the person.

## Why it matters

The username of a role session is built from the session name, and the caller of AssumeRole chooses
that name. Two tools choose one for you:

* `aws eks get-token` with `--role-arn` always uses `EKSGetTokenAuth` (`_get_role_credentials` in
  awscli/customizations/eks/get_token.py of https://github.com/aws/aws-cli). `aws eks
  update-kubeconfig --role-arn` writes such a kubeconfig.
* `aws-iam-authenticator token` with `--role` uses the time of the login unless you give a name
  (`AssumeRoleOptions` in credentials/stscreds/assume_role_provider.go of
  https://github.com/aws/aws-sdk-go-v2).

Everyone who uses the kubeconfig stays anonymous in the audit log, even if the map is correct.

authmap looks at nothing else in the kubeconfig, and hides its other values because they may be
secret.

## Bad

    apiVersion: v1
    kind: Config
    users:
      - name: prod
        user:
          exec:
            apiVersion: client.authentication.k8s.io/v1beta1
            command: aws
            args: [eks, get-token, --cluster-name, prod,
                   --role-arn, "arn:aws:iam::111111111111:role/ops"]

## Good

    apiVersion: v1
    kind: Config
    users:
      - name: prod
        user:
          exec:
            apiVersion: client.authentication.k8s.io/v1beta1
            command: aws
            args: [--profile, ops, eks, get-token, --cluster-name, prod]

## How to fix

Assume the role in a profile in `~/.aws/config`, with a session name for each person, and remove
`--role-arn`:

    [profile ops]
    role_arn = arn:aws:iam::111111111111:role/ops
    source_profile = default
    role_session_name = jane@example.com

For `aws-iam-authenticator token`, use `--session-name`, or `--forward-session-name` if the caller
already has a named session. If the login belongs to a machine instead of a person, put
`# authmap: ignore[AM501]` above its `exec:`.

authmap never changes kubeconfigs. The role and its groups stay the same, but usernames with the
session name change, so check that no RBAC binding names an old one.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from authmap.model.finding import Finding
from authmap.model.places import at_node
from authmap.model.rule import Need
from authmap.model.severity import Severity
from authmap.rules.registry import rule

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from authmap.model.kubeconfig import ExecLogin, Kubeconfig
    from authmap.model.options import RunOptions
    from authmap.syntax.nodes import Scalar


class _Option(NamedTuple):
    """A command-line option: its node, and its value (empty if it is not in the arguments)."""

    node: Scalar
    value: str


@rule("AM501", "constant-session-name", Severity.WARNING, needs=Need.KUBECONFIG)
def constant_session_name(kubeconfig: Kubeconfig, options: RunOptions) -> Iterator[Finding]:
    """Logins in a kubeconfig that assume a role without naming the session."""
    for login in kubeconfig.logins:
        program, words = _program(login.words)
        if program == "aws":
            found = _get_token(words)
        else:
            found = _token(words, login) if program == "aws-iam-authenticator" else None
        if found:
            role, session_name, advice = found
            role_phrase = _title(role.value)
            yield Finding(
                at_node(kubeconfig.source, role.node),
                f"every session of `{login.user}`{role_phrase} is named {session_name}",
                f"the audit log cannot show who logged in, whatever the map says; {advice}",
            )


_Found = tuple[_Option, str, str]


def _get_token(words: Sequence[Scalar]) -> _Found | None:
    role = _option(words, "--role(?:-arn)?")
    if role is None or not {"eks", "get-token"} <= {word.value for word in words}:
        return None
    option = role.node.value.partition("=")[0]
    advice = (
        "assume the role in a ~/.aws/config profile, with `role_arn`, `source_profile` and "
        f"`role_session_name = NAME`, and use `--profile` here instead of `{option}`"
    )
    return role, "`EKSGetTokenAuth`", advice


def _token(words: Sequence[Scalar], login: ExecLogin) -> _Found | None:
    role, variable = _option(words, "-r|--role"), login.env.get("DEFAULT_ROLE")
    if role is None and variable is not None:
        role = _Option(variable, "")
    named = _option(words, "-s|--session-name|--forward-session-name")
    if role is None or named or "token" not in {word.value for word in words}:
        return None
    advice = (
        "add `--session-name=NAME`, or `--forward-session-name` if the caller already has a "
        "named session"
    )
    return role, "after the time of the login", advice


def _program(words: Sequence[Scalar]) -> tuple[str, Sequence[Scalar]]:
    """The program that makes the token, and its arguments; a wrapper like aws-vault is skipped."""
    for index, word in enumerate(words):
        name = re.split(r"[/\\]", word.value)[-1].lower().removesuffix(".exe")
        if name in ("aws", "aws-iam-authenticator"):
            return name, words[index + 1 :]
    return "", ()


def _option(words: Sequence[Scalar], names: str) -> _Option | None:
    """The first matching option; its value follows as a word, after `=` or after its letter."""
    for index, word in enumerate(words):
        match = re.fullmatch(rf"(?:{names})(?:=(.*))?", word.value, re.DOTALL)
        if match:
            following = words[index + 1].value if index + 1 < len(words) else ""
            return _Option(word, following if match[1] is None else match[1])
        match = re.fullmatch(rf"(?:{names})(?<=^-\w)(.+)", word.value, re.DOTALL)
        if match:
            return _Option(word, match[1])
    return None


def _title(arn: str) -> str:
    """The role of an ARN, as a phrase (` as role/x`); empty if it is not a role ARN."""
    name = re.fullmatch(r"arn:[\w-]+:iam::\d+:(role/[\w+=,.@/-]+)", arn)
    return f" as {name[1]}" if name else ""
