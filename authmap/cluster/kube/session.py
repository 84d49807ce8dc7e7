"""Requests to one cluster, and what their answers mean.

Plain JSON goes in and out: an object that is written back must not lose what a model of it does
not know.
"""

from __future__ import annotations

import time
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import urllib3
from kubernetes.client.exceptions import ApiException
from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt
from urllib3 import exceptions as http

from authmap.cluster.kube import errors, responses
from authmap.cluster.kube.client import client
from authmap.cluster.kube.shape import misfit
from authmap.linting.run import brief
from authmap.version import __version__

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from authmap.cluster.kube.kubeconfig import ConnectionOptions

NAMESPACE = "kube-system"
NAME = "aws-auth"
OBJECT = f"/api/v1/namespaces/{NAMESPACE}/configmaps/{NAME}"
FIELD_MANAGER = "authmap"
PAGE = 500
"""How many bindings are asked for at a time: kubectl's chunk size."""

MAX_PAGES = 10_000
"""More pages than there are in any cluster."""

BUSY_ATTEMPTS = 3
"""How often a request is sent to a server that is busy and says when it will not be."""


class Session:
    """A login to one cluster.

    Args:
        context: name of the kubeconfig's context.
        access: how clusters are reached.

    Attributes:
        context: as given.
        access: as given.
        server: URL of the API server.
        impersonates: whether it acts as somebody else.

    Raises:
        ClusterError: the login cannot be tried.
    """

    def __init__(self, context: str, access: ConnectionOptions) -> None:
        self.context = context
        self.access = access
        self._client = client(context, access)
        self.server = self._client.server
        self.impersonated = self._client.impersonated

    def renew(self) -> None:
        """Log in afresh, so that the login holds for as long as one can.

        Raises:
            ClusterError: the login cannot be tried, or it would be one to another server.
        """
        fresh = client(self.context, self.access)
        self.close()
        self._client = fresh
        if fresh.server != self.server:
            raise errors.ClusterError("the kubeconfig names another server now")

    @property
    def impersonates(self) -> bool:
        """Whether it acts as somebody else."""
        return bool(self.impersonated)

    @property
    def token(self) -> tuple[tuple[str, str], ...]:
        """What it logs in with, if not a certificate: never to be shown, only to be compared."""
        return self._client.authorization

    def close(self) -> None:
        """Close its connections."""
        self._client.rest.close()

    def request(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        query: Mapping[str, str] | None = None,
        content_type: str = "application/json",
        impersonate: bool = True,
    ) -> dict[str, Any]:
        """Send a request; where the API server is busy, once more when it says, if that is soon.

        Args:
            method: of HTTP.
            path: of the URL.
            body: to be sent as JSON.
            query: of the URL.
            content_type: of the body.
            impersonate: whether to act as whom the kubeconfig or the command line says.

        Returns:
            The answer.

        Raises:
            ClusterError: there is no good answer.
        """
        headers = urllib3.HTTPHeaderDict({"User-Agent": f"authmap/{__version__}"})
        headers["Accept"] = "application/json"
        if body is not None:
            headers["Content-Type"] = content_type
        for name, value in self._client.authorization:
            headers[name] = value
        for name, value in self.impersonated if impersonate else ():
            headers.add(name, value)
        target = path + (f"?{urlencode(query, errors='replace')}" if query else "")
        patient = Retrying(
            retry=retry_if_exception(self._soon),
            wait=_as_told,
            stop=stop_after_attempt(BUSY_ATTEMPTS),
            reraise=True,
        )
        return patient(self._send, method, target, body, headers)

    def _soon(self, error: BaseException) -> bool:
        patience = max(1.0, self.access.timeout / 2)
        return isinstance(error, errors.BusyError) and error.after <= patience

    def _send(
        self, method: str, target: str, body: Any, headers: urllib3.HTTPHeaderDict
    ) -> dict[str, Any]:
        seconds = self.access.timeout
        end = time.monotonic() + seconds
        try:
            got = self._client.rest.request(
                method, self.server + target, headers, body, _request_timeout=seconds
            )
            data = responses.read(got.response, end)
        except ApiException as error:  # which the official client makes of an SSLError
            raise responses.unreachable(self.server, error.__context__ or error, seconds) from None
        except (http.HTTPError, OSError) as error:
            raise responses.unreachable(self.server, error, seconds) from None
        asked = f"{method} {target.partition('?')[0]}"
        said = responses.json_object(data)
        if not 200 <= got.status < 300:
            own = {name: value.rpartition(" ")[2] for name, value in self.token}
            raise responses.refusal(got.status, said or {}, got.headers, self.server, asked, own)
        if said is None:
            raise errors.UnreachableError(
                f"{self.server} answers {asked} with no JSON object: is it an API server?"
            )
        return said

    # what authmap asks for

    def config_map(self) -> dict[str, Any]:
        """The aws-auth ConfigMap."""
        return self._map("GET", OBJECT)

    def pages(self, path: str) -> Iterator[dict[str, Any]]:
        """The objects of a list, which is asked for page by page."""
        more = {"limit": str(PAGE)}
        for _ in range(MAX_PAGES):
            page = self._read("GET", path, "a list", query=more)
            yield from page.get("items") or ()
            token = (page.get("metadata") or {}).get("continue")
            if not token:
                return
            if token == more.get("continue"):
                break
            more["continue"] = token
        raise errors.UnreachableError(f"{self.server} answers GET {path} with pages without end")

    @cached_property
    def cluster_uid(self) -> str | None:
        """What tells this cluster from all others: the uid of kube-system, if we may see it."""
        try:
            found = self._read("GET", f"/api/v1/namespaces/{NAMESPACE}", "a namespace")
        except (errors.ForbiddenError, errors.MissingError):
            return None
        return (found.get("metadata") or {}).get("uid") or None

    def who_am_i(self, *, impersonate: bool = True) -> dict[str, Any] | None:
        """The user the API server takes us for, or None where it does not tell.

        SelfSubjectReview, from Kubernetes 1.28 on:
        https://kubernetes.io/docs/reference/access-authn-authz/authentication/#self-subject-review
        """
        body = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
        path = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
        try:
            said = self._read("POST", path, "a user", body, impersonate=impersonate)
        except (errors.ForbiddenError, errors.MissingError):
            return None
        return (said.get("status") or {}).get("userInfo") or None

    def may(
        self, username: str, groups: list[str], verb: str, group: str, resource: str, name: str
    ) -> bool:
        """Whether somebody may do something, as the API server's authorizer says.

        Args:
            username: of whom.
            groups: those they are in.
            verb: of the request.
            group: API group of the resource.
            resource: its kind, in plural.
            name: of the object, which is in kube-system where it is in a namespace.

        Raises:
            ForbiddenError: we may not ask.
        """
        attributes = {"verb": verb, "group": group, "resource": resource, "name": name}
        if resource == "configmaps":
            attributes["namespace"] = NAMESPACE
        spec = {"user": username, "groups": groups, "resourceAttributes": attributes}
        api = "authorization.k8s.io/v1"
        body = {"apiVersion": api, "kind": "SubjectAccessReview", "spec": spec}
        said = self._read("POST", f"/apis/{api}/subjectaccessreviews", "a verdict", body)
        return bool((said.get("status") or {}).get("allowed"))

    def patch(self, operations: list[dict[str, Any]], *, dry_run: bool) -> dict[str, Any]:
        """Change aws-auth by a JSON patch: all of it, or nothing where a test does not hold.

        Raises:
            ConflictError: somebody else writes at the same time.
            RefusedError: a test does not hold, which is said as of any other bad patch (422).
        """
        return self._map(
            "PATCH",
            OBJECT,
            operations,
            query=_writing(dry_run=dry_run),
            content_type="application/json-patch+json",
        )

    def create(self, body: dict[str, Any], *, dry_run: bool) -> dict[str, Any]:
        """Create aws-auth, where it is not there."""
        path = OBJECT.rpartition("/")[0]
        return self.request("POST", path, body, query=_writing(dry_run=dry_run))

    def _map(self, method: str, path: str, body: Any = None, **more: Any) -> dict[str, Any]:
        """A request that is answered with the aws-auth ConfigMap."""
        what = "a ConfigMap"
        found = self._read(method, path, what, body, **more)
        if not responses.is_config_map(found):
            raise self._strange(method, path, what)
        return found

    def _read(
        self, method: str, path: str, what: str, body: Any = None, **more: Any
    ) -> dict[str, Any]:
        """A request that is answered with what is asked for."""
        found = self.request(method, path, body, **more)
        wrong = misfit(found, responses.SHAPES[what])
        if wrong:
            raise self._strange(method, path, f"{what} ({brief(wrong)})")
        return found

    def _strange(self, method: str, path: str, what: str) -> errors.UnreachableError:
        return errors.UnreachableError(
            f"{self.server} answers {method} {path} with something else than {what}: is it an API "
            "server?"
        )


def _as_told(state: RetryCallState) -> float:
    """Seconds until a busy server wants to be asked again."""
    error = state.outcome.exception() if state.outcome else None
    return error.after if isinstance(error, errors.BusyError) else 0.0


def _writing(*, dry_run: bool) -> dict[str, str]:
    """The query of a request that writes."""
    return {"fieldManager": FIELD_MANAGER} | ({"dryRun": "All"} if dry_run else {})
