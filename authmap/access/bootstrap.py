"""The bindings that every API server creates at its start.

Source: `ClusterRoleBindings` in policy.go and `NamespaceRoleBindings` in namespace_policy.go, in
plugin/pkg/auth/authorizer/rbac/bootstrappolicy of https://github.com/kubernetes/kubernetes. Only
users and groups matter here, so bindings to service accounts are left out.
"""

from __future__ import annotations

from functools import cache

from authmap.model.bindings import AUTHENTICATED, MASTERS, Binding, Bindings, Subject
from authmap.syntax.layer import At
from authmap.syntax.source import Source

_MANAGER, _SCHEDULER = "system:kube-controller-manager", "system:kube-scheduler"
_CLUSTER = (
    ("cluster-admin", "cluster-admin", "Group", MASTERS),
    ("system:basic-user", "system:basic-user", "Group", AUTHENTICATED),
    ("system:discovery", "system:discovery", "Group", AUTHENTICATED),
    ("system:public-info-viewer", "system:public-info-viewer", "Group", AUTHENTICATED),
    ("system:public-info-viewer", "system:public-info-viewer", "Group", "system:unauthenticated"),
    ("system:monitoring", "system:monitoring", "Group", "system:monitoring"),
    ("system:service-account-issuer-discovery", "system:service-account-issuer-discovery",
     "Group", "system:serviceaccounts"),
    ("system:node-proxier", "system:node-proxier", "User", "system:kube-proxy"),
    (_MANAGER, _MANAGER, "User", _MANAGER),
    (_SCHEDULER, _SCHEDULER, "User", _SCHEDULER),
    ("system:volume-scheduler", "system:volume-scheduler", "User", _SCHEDULER),
)  # fmt: skip
_READER = "extension-apiserver-authentication-reader"
_KUBE_SYSTEM = (
    (f"system::{_READER}", _READER, "User", _MANAGER),
    (f"system::{_READER}", _READER, "User", _SCHEDULER),
    (f"system::leader-locking-{_MANAGER[7:]}", f"system::leader-locking-{_MANAGER[7:]}",
     "User", _MANAGER),
    (f"system::leader-locking-{_SCHEDULER[7:]}", f"system::leader-locking-{_SCHEDULER[7:]}",
     "User", _SCHEDULER),
)  # fmt: skip


@cache
def bootstrap_bindings() -> tuple[Binding, ...]:
    """The bindings of a new cluster, one for each subject."""
    cluster = (("ClusterRoleBinding", "", *row) for row in _CLUSTER)
    local = (("RoleBinding", "kube-system", *row) for row in _KUBE_SYSTEM)
    return tuple(_binding(*row) for row in (*cluster, *local))


def _binding(kind: str, namespace: str, name: str, role: str, who: str, subject: str) -> Binding:
    source = Source(subject.encode(), f"{name} (created by the API server)")
    role_kind = "Role" if namespace else "ClusterRole"
    found = (Subject(who, subject, At(source, 0, len(subject))),)
    return Binding(kind, namespace, name, f"{role_kind}/{role}", found)


def with_bootstrap(bindings: Bindings | None) -> Bindings:
    """The known bindings of a cluster; those of the API server are always known.

    Args:
        bindings: the bindings that were read; None if they are not known.
    """
    own = bootstrap_bindings()
    if bindings is None:
        return Bindings(own, "the bindings are not known")
    names = {(each.kind, each.namespace, each.name) for each in bindings.found}
    others = (each for each in own if each[:3] not in names)
    return Bindings((*bindings.found, *others), bindings.missing)
