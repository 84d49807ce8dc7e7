"""The users with static tokens, and the permissions they get."""

from __future__ import annotations

from dataclasses import dataclass

LIST_BINDINGS = {
    "apiGroups": ["rbac.authorization.k8s.io"],
    "resources": ["clusterrolebindings", "rolebindings"],
    "verbs": ["list"],
}
READ_MAP = {
    "apiGroups": [""],
    "resources": ["configmaps"],
    "resourceNames": ["aws-auth"],
    "verbs": ["get"],
}
EDIT_MAP = READ_MAP | {"verbs": ["get", "update", "patch"]}
ASK = {
    "apiGroups": ["authorization.k8s.io"],
    "resources": ["subjectaccessreviews"],
    "verbs": ["create"],
}


@dataclass(frozen=True)
class User:
    """A user with a static token."""

    name: str
    groups: tuple[str, ...]

    @property
    def token(self) -> str:
        """The secret token; its text is easy to find in output where it must not be."""
        return f"secret-token-of-{self.name}"


# editor may do what `fix --apply` needs, reader what `lint` needs, user-NN what tests bind
USERS = [
    User("admin", ("system:masters",)),
    User("editor", ("test:editors",)),
    User("reader", ("test:readers",)),
    User("nobody", ()),
    User("authenticator", ("system:masters",)),
    *(User(f"user-{n:02}", (f"group-{n:02}",)) for n in range(20)),
]
