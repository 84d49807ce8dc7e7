"""A kubeconfig assumes a role under a session name that tells nobody apart.

## Why it matters

The username of a role's session comes from the session's name, and whoever assumes the role gives
it. `aws eks get-token` with `--role-arn` always says `EKSGetTokenAuth` (`_get_role_credentials`
in awscli/customizations/eks/get_token.py of https://github.com/aws/aws-cli), and `aws eks
update-kubeconfig --role-arn` writes such a kubeconfig. `aws-iam-authenticator token` with `--role`
takes the time of the login where no name is given (`AssumeRoleOptions` in
credentials/stscreds/assume_role_provider.go of https://github.com/aws/aws-sdk-go-v2). So everybody
who uses the kubeconfig stays anonymous in the audit log, however well the map is written.

Nothing else of the kubeconfig is looked at, and nothing of it is shown: it holds secrets.

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

Let a profile in `~/.aws/config` assume the role, under a name of its own for each person, and leave
`--role-arn` out:

    [profile ops]
    role_arn = arn:aws:iam::111111111111:role/ops
    source_profile = default
    role_session_name = jane@example.com

`aws-iam-authenticator token` has `--session-name`, and `--forward-session-name` where the caller is
in a named session already. Where it is a robot that logs in, `# authmap: ignore[AM501]` above its
`exec:` says so.
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
    from authmap.model.options import Options
    from authmap.syntax.nodes import Scalar


class _Option(NamedTuple):
    """An option of a command: its node, and its value as far as it is an argument."""

    node: Scalar
    value: str


@rule("AM501", "constant-session-name", Severity.WARNING, needs=Need.KUBECONFIG)
def constant_session_name(kubeconfig: Kubeconfig, options: Options) -> Iterator[Finding]:
    """ExecLogins of a kubeconfig that assume a role without a name for the session."""
    for login in kubeconfig.logins:
        program, words = _program(login.words)
        if program == "aws":
            found = _get_token(words)
        else:
            found = _token(words, login) if program == "aws-iam-authenticator" else None
        if found:
            role, named, advice = found
            whose = _title(role.value)
            yield Finding(
                at_node(kubeconfig.source, role.node),
                f"the sessions of `{login.user}`{whose} are all named {named}",
                f"the audit log cannot tell people apart by them, whatever the map says; {advice}",
            )


_Found = tuple[_Option, str, str]


def _get_token(words: Sequence[Scalar]) -> _Found | None:
    role = _option(words, "--role(?:-arn)?")
    if role is None or not {"eks", "get-token"} <= {word.value for word in words}:
        return None
    option = role.node.value.partition("=")[0]
    advice = (
        "let a profile in ~/.aws/config assume the role, with `role_arn`, `source_profile` and "
        f"`role_session_name = NAME`, and write `--profile` here instead of `{option}`"
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
        "add `--session-name=NAME`, or `--forward-session-name` where the caller is in a named "
        "session already"
    )
    return role, "after the moment of the login", advice


def _program(words: Sequence[Scalar]) -> tuple[str, Sequence[Scalar]]:
    """The program that makes the token, whoever calls it (as aws-vault does), and its arguments."""
    for index, word in enumerate(words):
        name = re.split(r"[/\\]", word.value)[-1].lower().removesuffix(".exe")
        if name in ("aws", "aws-iam-authenticator"):
            return name, words[index + 1 :]
    return "", ()


def _option(words: Sequence[Scalar], names: str) -> _Option | None:
    """An option that is given, with its value as the next word, behind `=` or behind its letter."""
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
    """The role of an ARN, as a phrase; nothing where it is none."""
    name = re.fullmatch(r"arn:[\w-]+:iam::\d+:(role/[\w+=,.@/-]+)", arn)
    return f" as {name[1]}" if name else ""
