"""The requests that authmap sends to a cluster.

Requests and answers are plain JSON, so that an object that is written back keeps fields that a
model would not know.
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
"""Number of bindings per page: kubectl's chunk size."""

MAX_PAGES = 10_000
"""Maximum number of pages; no cluster has as many."""

BUSY_ATTEMPTS = 3
"""How often a request is sent to a busy server that says when to retry."""


class Session:
    """A login to one cluster.

    Args:
        context: name of the kubeconfig context.
        access: how to connect to clusters.

    Attributes:
        context: name of the kubeconfig context.
        access: how to connect to clusters.
        server: URL of the API server.
        impersonates: whether requests impersonate somebody else.

    Raises:
        ClusterError: the credentials cannot be loaded.
    """

    def __init__(self, context: str, access: ConnectionOptions) -> None:
        self.context = context
        self.access = access
        self._client = client(context, access)
        self.server = self._client.server
        self.impersonated = self._client.impersonated
        access.observer.connects(context, self.server, self._client.source)

    def announce_login(self, why: str) -> None:
        """Report a login that follows, if its plugin may ask the user something.

        Args:
            why: what the login is for, in words.
        """
        if self._client.plugin:
            self.access.observer.logs_in_again(self.context, why, self._client.plugin)

    def again(self, patience: float | None = None) -> Session:
        """A session with new credentials and connections.

        Args:
            patience: seconds a plugin may take even if it asks on the terminal.

        Raises:
            MovedError: the server is a different one now.
            ClusterError: the credentials cannot be loaded.
        """
        access = self.access if patience is None else self.access._replace(patience=patience)
        fresh = Session(self.context, access)
        if fresh.server != self.server:
            fresh.close()
            raise errors.MovedError
        return fresh

    def renew(self) -> None:
        """Log in again, so that the credentials last as long as possible.

        Raises:
            ClusterError: the credentials cannot be loaded, or the server is a different one now.
        """
        self.announce_login("for the write")
        fresh = client(self.context, self.access)
        self.close()
        self._client = fresh
        if fresh.server != self.server:
            raise errors.MovedError

    @property
    def impersonates(self) -> bool:
        """Whether requests impersonate somebody else."""
        return bool(self.impersonated)

    @property
    def token(self) -> tuple[tuple[str, str], ...]:
        """The Authorization header; compare it, but never show it. Empty for a certificate."""
        return self._client.authorization

    def close(self) -> None:
        """Close the connections."""
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
        """Send a request; if the API server is busy, retry after the time it asks for, if short.

        Args:
            method: HTTP method.
            path: path of the URL.
            body: value to send as JSON, if any.
            query: query parameters of the URL.
            content_type: content type of the body.
            impersonate: whether to impersonate as the kubeconfig or the command line says.

        Returns:
            The answer.

        Raises:
            ClusterError: there is no answer, or it reports a failure.
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
        retrying = Retrying(
            retry=retry_if_exception(self._worth_waiting),
            wait=_retry_after,
            stop=stop_after_attempt(BUSY_ATTEMPTS),
            reraise=True,
        )
        return retrying(self._send, method, target, body, headers)

    def _worth_waiting(self, error: BaseException) -> bool:
        patience = max(1.0, self.access.timeout / 2)
        return isinstance(error, errors.BusyError) and error.after <= patience

    def _send(
        self, method: str, target: str, body: Any, headers: urllib3.HTTPHeaderDict
    ) -> dict[str, Any]:
        seconds, path = self.access.timeout, target.partition("?")[0]
        start, status = time.monotonic(), None
        try:
            got = self._client.rest.request(
                method, self.server + target, headers, body, _request_timeout=seconds
            )
            status = got.status
            data = responses.read(got.response, start + seconds)
        except ApiException as error:  # the official client raises this for an SSLError
            raise responses.unreachable(self.server, error.__context__ or error, seconds) from None
        except (http.HTTPError, OSError) as error:
            raise responses.unreachable(self.server, error, seconds) from None
        finally:
            elapsed = time.monotonic() - start
            self.access.observer.request_ended(self.context, method, path, status, elapsed)
        asked = f"{method} {path}"
        answer = responses.json_object(data)
        if not 200 <= status < 300:
            own = {name: value.rpartition(" ")[2] for name, value in self.token}
            raise responses.refusal(status, answer or {}, got.headers, self.server, asked, own)
        if answer is None:
            raise errors.UnreachableError(
                f"{self.server} answered {asked} without a JSON object: is it an API server?"
            )
        return answer

    # the requests of authmap

    def config_map(self) -> dict[str, Any]:
        """The aws-auth ConfigMap."""
        return self._map("GET", OBJECT)

    def pages(self, path: str) -> Iterator[dict[str, Any]]:
        """The objects of a list, requested page by page."""
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
        raise errors.UnreachableError(f"{self.server} answered GET {path} with endless pages")

    @cached_property
    def cluster_uid(self) -> str | None:
        """The uid of kube-system, which identifies the cluster; None if it may not be read."""
        try:
            found = self._read("GET", f"/api/v1/namespaces/{NAMESPACE}", "a namespace")
        except (errors.ForbiddenError, errors.MissingError):
            return None
        return (found.get("metadata") or {}).get("uid") or None

    def who_am_i(self, *, impersonate: bool = True) -> dict[str, Any] | None:
        """The user info of this login, or None if the API server does not report it.

        SelfSubjectReview, from Kubernetes 1.28 on:
        https://kubernetes.io/docs/reference/access-authn-authz/authentication/#self-subject-review
        """
        body = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
        path = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
        try:
            answer = self._read("POST", path, "a user", body, impersonate=impersonate)
        except (errors.ForbiddenError, errors.MissingError):
            return None
        return (answer.get("status") or {}).get("userInfo") or None

    def may(
        self, username: str, groups: list[str], verb: str, group: str, resource: str, name: str
    ) -> bool:
        """Whether the API server's authorizer would allow a user a request.

        Args:
            username: name of the user.
            groups: groups of the user.
            verb: verb of the request.
            group: API group of the resource.
            resource: plural name of the resource.
            name: name of the object; a ConfigMap is looked for in kube-system.

        Raises:
            ForbiddenError: this login may not ask.
        """
        attributes = {"verb": verb, "group": group, "resource": resource, "name": name}
        if resource == "configmaps":
            attributes["namespace"] = NAMESPACE
        spec = {"user": username, "groups": groups, "resourceAttributes": attributes}
        api = "authorization.k8s.io/v1"
        body = {"apiVersion": api, "kind": "SubjectAccessReview", "spec": spec}
        answer = self._read("POST", f"/apis/{api}/subjectaccessreviews", "an access review", body)
        return bool((answer.get("status") or {}).get("allowed"))

    def patch(self, operations: list[dict[str, Any]], *, dry_run: bool) -> dict[str, Any]:
        """Change aws-auth with a JSON patch; if a test in it fails, nothing changes.

        Raises:
            ConflictError: somebody else is writing at the same time.
            RefusedError: a test failed; the API server reports it like any bad patch (422).
        """
        return self._map(
            "PATCH",
            OBJECT,
            operations,
            query=_writing(dry_run=dry_run),
            content_type="application/json-patch+json",
        )

    def create(self, body: dict[str, Any], *, dry_run: bool) -> dict[str, Any]:
        """Create aws-auth."""
        path = OBJECT.rpartition("/")[0]
        return self.request("POST", path, body, query=_writing(dry_run=dry_run))

    def _map(self, method: str, path: str, body: Any = None, **more: Any) -> dict[str, Any]:
        """Send a request whose answer is the aws-auth ConfigMap."""
        what = "a ConfigMap"
        found = self._read(method, path, what, body, **more)
        if not responses.is_config_map(found):
            raise self._unexpected_answer(method, path, what)
        return found

    def _read(
        self, method: str, path: str, what: str, body: Any = None, **more: Any
    ) -> dict[str, Any]:
        """Send a request whose answer has the shape of `what` (see `responses.SHAPES`)."""
        found = self.request(method, path, body, **more)
        wrong = misfit(found, responses.SHAPES[what])
        if wrong:
            raise self._unexpected_answer(method, path, f"{what} ({brief(wrong)})")
        return found

    def _unexpected_answer(self, method: str, path: str, what: str) -> errors.UnreachableError:
        return errors.UnreachableError(
            f"{self.server} answered {method} {path} with something other than {what}: is it an "
            "API server?"
        )


def _retry_after(state: RetryCallState) -> float:
    """Seconds after which a busy server asks to retry."""
    error = state.outcome.exception() if state.outcome else None
    return error.after if isinstance(error, errors.BusyError) else 0.0


def _writing(*, dry_run: bool) -> dict[str, str]:
    """The query parameters of a request that writes."""
    return {"fieldManager": FIELD_MANAGER} | ({"dryRun": "All"} if dry_run else {})
