"""Who comes in with a token, and what they may do."""

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
    """Somebody who comes in with a static token."""

    name: str
    groups: tuple[str, ...]

    @property
    def token(self) -> str:
        """The secret, easy to find where it must not be."""
        return f"secret-token-of-{self.name}"


# editor may do what `fix --apply` needs, reader what `lint` needs, the spare ones what tests bind
USERS = [
    User("admin", ("system:masters",)),
    User("editor", ("test:editors",)),
    User("reader", ("test:readers",)),
    User("nobody", ()),
    User("authenticator", ("system:masters",)),
    *(User(f"user-{n:02}", (f"group-{n:02}",)) for n in range(20)),
]
