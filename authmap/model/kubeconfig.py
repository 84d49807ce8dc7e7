"""A kubeconfig, and how its users log in."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from authmap.model.content import Content
from authmap.syntax.nodes import Sequence, resolve_alias

if TYPE_CHECKING:
    from collections.abc import Iterator

    from authmap.syntax.layer import Layer
    from authmap.syntax.nodes import Mapping, Node, Scalar
    from authmap.syntax.source import Source


class ExecLogin(NamedTuple):
    """A kubeconfig user whose token comes from a command.

    Attributes:
        user: the user's name in the kubeconfig.
        words: the command and its arguments.
        env: the nodes of the names of its environment variables, by name; their values may be
            secret.
    """

    user: str
    words: tuple[Scalar, ...]
    env: dict[str, Scalar]


class Kubeconfig(Content):
    """A kubeconfig. It has no map, but its logins can make the map's usernames useless.

    Attributes:
        logins: the users whose token comes from a command.
    """

    def __init__(self, source: Source, logins: tuple[ExecLogin, ...], root: Mapping) -> None:
        super().__init__(source, root=root)
        self.logins = logins
        self.locked = "authmap does not change kubeconfigs: edit it by hand"

    def items(self) -> Iterator[tuple[Layer, Node]]:
        """Its users."""
        users = resolve_alias(self.root.get("users")) if self.root and self.logins else None
        for user in users.items if isinstance(users, Sequence) else ():
            yield self.layer, user
