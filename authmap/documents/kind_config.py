"""A kubeconfig: reads how its users log in, and hides the secrets in it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from authmap.documents.redaction import redacted
from authmap.documents.shapes import inside, text
from authmap.model.kubeconfig import ExecLogin, Kubeconfig
from authmap.syntax.nodes import Mapping, Scalar, Sequence, resolve_alias

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from authmap.documents.reading import Document
    from authmap.model.content import Content
    from authmap.syntax.nodes import Node


_KEYS = frozenset(
    ("apiVersion", "kind", "users", "user", "name", "exec", "command", "args", "env", "value")
)
"""The keys that may be shown: other text in the position of a key could be a secret."""


def read(document: Document) -> Iterator[Content]:
    """The kubeconfig in a document, with the users whose token comes from a command."""
    root, layer, reading = document
    users = inside(root, "users")
    reading.secret = True
    if text(root.get("apiVersion")) != "v1" or not isinstance(users, Sequence) or layer.source_map:
        return
    logins = [login for user in users.items if (login := _login(user))]
    shown = [word for login in logins for word in (*_harmless(login.words), *login.env.values())]
    source = redacted(layer, root, [(word.start, word.end) for word in shown], _KEYS)
    yield Kubeconfig(source, tuple(logins), root)


def _harmless(words: Iterable[Scalar]) -> Iterator[Scalar]:
    """The words of a command that are certainly not secret, such as options and role ARNs."""
    role = r"(?:-[\w-]+=?)?arn:[\w-]+:iam::\d+:role/[\w+=,.@/-]+"
    program = r"(?:[\w./\\-]*[/\\])?aws(?:-iam-authenticator|-vault)?(?:\.exe)?"
    known = rf"{role}|{program}|-[a-z-]*|eks|get-token|token|exec"
    return (word for word in words if re.fullmatch(known, word.value))


def _login(user: Node) -> ExecLogin | None:
    """The command that gets a user's token, or None if the user does not use one."""
    command, words = inside(user, "user", "exec"), []
    if not isinstance(command, Mapping):
        return None
    for key in ("command", "args"):
        node = inside(command, key)
        nodes = node.items if isinstance(node, Sequence) else [node]
        words += [word for each in nodes if isinstance(word := resolve_alias(each), Scalar)]
    variables = inside(command, "env")
    names = variables.items if isinstance(variables, Sequence) else []
    env = {name.value: name for each in names if isinstance(name := inside(each, "name"), Scalar)}
    return ExecLogin(text(inside(user, "name")) or "", tuple(words), env)
