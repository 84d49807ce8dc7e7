"""What a cluster holds: the aws-auth object, and the bindings that go with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from authmap.cluster.kube import errors
from authmap.cluster.kube.session import NAME, NAMESPACE
from authmap.documents.bindings import binding_of
from authmap.model.bindings import Bindings

if TYPE_CHECKING:
    from authmap.cluster.kube.session import Session

RBAC = "/apis/rbac.authorization.k8s.io/v1/"


class LiveConfigMap(NamedTuple):
    """The aws-auth object of a cluster as it was read.

    Attributes:
        context: name of the kubeconfig's context.
        manifest: all of it.
        bindings: the RBAC bindings of the cluster.
    """

    context: str
    manifest: dict[str, Any]
    bindings: Bindings

    @property
    def path(self) -> str:
        """What findings call it."""
        return path(self.context)

    @property
    def data(self) -> dict[str, str]:
        """The texts of its keys."""
        return self.manifest.get("data") or {}

    @property
    def annotations(self) -> dict[str, str]:
        """Its annotations."""
        return self.manifest["metadata"].get("annotations") or {}

    @property
    def version(self) -> str:
        """Its resourceVersion."""
        return str(self.manifest["metadata"]["resourceVersion"])

    @property
    def going(self) -> str:
        """What is to be said where somebody has deleted it, and it is there only until it may go.

        https://kubernetes.io/docs/concepts/overview/working-with-objects/finalizers/
        """
        since = self.manifest["metadata"].get("deletionTimestamp")
        if not since:
            return ""
        return f"aws-auth was deleted ({since}): it is gone as soon as its finalizers let it go"


def path(context: str) -> str:
    """What findings call the object of a cluster."""
    return f"context:{context} {NAMESPACE}/{NAME}"


def read(session: Session) -> LiveConfigMap:
    """Read the object, then the bindings.

    Raises:
        ClusterError: there is no such object, or it cannot be read.
    """
    return LiveConfigMap(session.context, config_map(session), bindings(session))


def config_map(session: Session) -> dict[str, Any]:
    """Read the object.

    Raises:
        ClusterError: there is no such object, or it cannot be read; what that means is said.
    """
    try:
        return session.config_map()
    except errors.MissingError:
        raise errors.MissingError(
            f"there is no ConfigMap {NAMESPACE}/{NAME}: it was never created, or the cluster lets "
            "callers in by EKS access entries alone (`aws eks list-access-entries`)"
        ) from None
    except errors.ForbiddenError as error:
        raise errors.ForbiddenError(
            f"{error}; it takes `get` on configmaps/{NAME} in {NAMESPACE}"
        ) from None


def bindings(session: Session) -> Bindings:
    """The bindings of a cluster, as far as we may list them."""
    found, missing = [], []
    for kind in ("ClusterRoleBinding", "RoleBinding"):
        resource = f"{kind.lower()}s"
        try:
            listed = list(session.pages(RBAC + resource))
        except errors.ForbiddenError:
            missing.append(resource)
            continue
        found += [binding_of(kind, each, f"context:{session.context}") for each in listed]
    reason = f"may not list {' and '.join(missing)} in context `{session.context}`"
    return Bindings(found, reason if missing else None)
