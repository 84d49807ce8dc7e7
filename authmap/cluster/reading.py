"""Read the aws-auth object and the RBAC bindings of a cluster."""

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
        context: name of the kubeconfig context.
        manifest: the whole object.
        bindings: the RBAC bindings of the cluster.
    """

    context: str
    manifest: dict[str, Any]
    bindings: Bindings

    @property
    def path(self) -> str:
        """The path that findings show for this object."""
        return path(self.context)

    @property
    def data(self) -> dict[str, str]:
        """The `data` of the object: text by key."""
        return self.manifest.get("data") or {}

    @property
    def annotations(self) -> dict[str, str]:
        """The annotations of the object."""
        return self.manifest["metadata"].get("annotations") or {}

    @property
    def version(self) -> str:
        """The resourceVersion of the object."""
        return str(self.manifest["metadata"]["resourceVersion"])

    @property
    def going(self) -> str:
        """A warning if the object was deleted and only waits for its finalizers, else "".

        https://kubernetes.io/docs/concepts/overview/working-with-objects/finalizers/
        """
        since = self.manifest["metadata"].get("deletionTimestamp")
        if not since:
            return ""
        return f"aws-auth was deleted ({since}) and disappears once its finalizers are removed"


def path(context: str) -> str:
    """The path that findings show for the aws-auth object of a context."""
    return f"context:{context} {NAMESPACE}/{NAME}"


def read(session: Session) -> LiveConfigMap:
    """Read the object, then the bindings.

    Raises:
        ClusterError: the object does not exist or cannot be read.
    """
    return LiveConfigMap(session.context, config_map(session), bindings(session))


def config_map(session: Session) -> dict[str, Any]:
    """Read the object.

    Raises:
        ClusterError: the object does not exist or cannot be read; the message explains why.
    """
    try:
        return session.config_map()
    except errors.MissingError:
        raise errors.MissingError(
            f"ConfigMap {NAMESPACE}/{NAME} not found: it was never created, or the cluster uses "
            "only EKS access entries (`aws eks list-access-entries`)"
        ) from None
    except errors.ForbiddenError as error:
        raise errors.ForbiddenError(
            f"{error}; this requires `get` on configmaps/{NAME} in {NAMESPACE}"
        ) from None


def bindings(session: Session) -> Bindings:
    """The bindings of a cluster that this login may list, and why others are missing."""
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
