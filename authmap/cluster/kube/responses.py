"""Interpret an API server's answers, and failures to get one."""

from __future__ import annotations

import json
import math
import ssl
import time
from typing import TYPE_CHECKING, Any

import urllib3
from urllib3 import exceptions as http

from authmap.cluster.kube import errors
from authmap.cluster.kube.redaction import masked
from authmap.cluster.kube.shape import ANY
from authmap.linting.run import brief

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_BYTES = 256 * 1024 * 1024
"""Maximum length of an answer in bytes; only 500 objects of the maximum size would exceed it."""

_BY_STATUS = {
    401: errors.LoginRefusedError,
    403: errors.ForbiddenError,
    404: errors.MissingError,
    409: errors.ConflictError,
}


def read(response: urllib3.BaseHTTPResponse, end: float) -> bytes:
    """The body of an answer.

    Args:
        response: an answer with an unread body.
        end: when to give up, as a time of the monotonic clock.

    Raises:
        urllib3.exceptions.HTTPError: the body does not arrive, is not complete in time, or is too
            long.
    """
    parts, length = [], 0
    try:
        while part := response.read1():
            parts.append(part)
            length += len(part)
            if length > MAX_BYTES:
                raise http.ProtocolError(f"the answer is longer than {MAX_BYTES:,} bytes")
            if time.monotonic() > end:
                raise http.TimeoutError
        if response.length_remaining:
            raise http.ProtocolError("the connection broke in the middle of the answer")
    except http.HTTPError:
        response.close()  # the rest of it would confuse the next request
        raise
    return b"".join(parts)


def json_object(data: bytes) -> dict[str, Any] | None:
    """The answer as a JSON object, or None if it is not one."""
    try:
        answer = json.loads(data)
    except (ValueError, RecursionError):
        return None
    return answer if isinstance(answer, dict) else None


SHAPES: dict[str, dict[str, Any]] = {
    "a ConfigMap": {
        "metadata": {
            "resourceVersion": str,
            "uid": str,
            "deletionTimestamp": str,
            "labels": {ANY: str},
            "annotations": {ANY: str},
            "managedFields": [{"manager": str}],
        },
        "data": {ANY: str},
    },
    "a list": {"metadata": {"continue": str}, "items": [{}]},
    "a namespace": {"metadata": {"uid": str}},
    "a user": {"status": {"userInfo": {"username": str, "groups": [str], "extra": {ANY: [str]}}}},
    "an access review": {"status": {"allowed": bool}},
}
"""The shapes of answers, as far as authmap reads them."""


def is_config_map(found: dict[str, Any]) -> bool:
    """Whether an object has what every ConfigMap from an API server has."""
    metadata = found.get("metadata") or {}
    return bool(metadata.get("resourceVersion")) and None not in (found.get("data") or {}).values()


def unreachable(server: str, error: BaseException, seconds: float) -> errors.UnreachableError:
    """The error that says why there is no answer.

    Args:
        server: URL of the API server.
        error: the error from urllib3.
        seconds: the timeout of the request.
    """
    if isinstance(error, http.SSLError):
        why = _tls_reason(error)
    elif isinstance(error, http.ProxyError):
        why = f"the proxy refused the connection: {_reason(error.original_error)}"
    elif isinstance(error, http.NameResolutionError):
        why = "its name cannot be resolved"
    elif isinstance(error, http.TimeoutError) and not isinstance(error, http.NewConnectionError):
        why = f"no answer within {seconds:g} s (--request-timeout)"
    else:
        why = _reason(error)
    return errors.UnreachableError(f"{server} cannot be reached: {brief(why)}")


def _tls_reason(error: http.SSLError) -> str:
    cause = error.args[0] if error.args else error
    if isinstance(cause, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted: {cause.verify_message}"
    return f"the TLS handshake failed: {getattr(cause, 'reason', None) or cause}"


def _reason(error: BaseException) -> str:
    """The reason given by the operating system or the other side."""
    inner = [each for each in (error.__cause__, *error.args) if isinstance(each, BaseException)]
    if inner:
        return _reason(inner[-1])
    return getattr(error, "strerror", None) or str(error) or type(error).__name__


def refusal(
    status: int,
    answer: dict[str, Any],
    headers: Mapping[str, str],
    server: str,
    asked: str,
    own: Mapping[str, str],
) -> errors.ClusterError:
    """The error for an answer that reports a failure.

    Args:
        status: HTTP status code.
        answer: the answer as a Kubernetes Status object, or {}:
            https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/
        headers: headers of the answer.
        server: URL of the API server.
        asked: method and path of the request.
        own: secrets that the request contained, by name.
    """
    message = masked(str(answer.get("message") or ""), own)
    why = f": {message}" if message else ""
    if status == 401:
        return errors.LoginRefusedError(
            f"{server} does not accept your credentials (401): they may have expired, or belong "
            "to another cluster"
        )
    if status == 429:
        after = _seconds(headers.get("Retry-After"))
        later = f" and asks to retry after {after:.0f} s" if math.isfinite(after) else ""
        return errors.BusyError(f"{server} is too busy for {asked} (429){later}{why}", after)
    if status >= 500:
        return errors.UnreachableError(f"{server} failed to handle {asked} ({status}){why}")
    if status < 400:
        return errors.UnreachableError(
            f"{server} redirected {asked} ({status}): is it an API server?"
        )
    kind = _BY_STATUS.get(status, errors.RefusedError)
    return kind(message or f"{server} refused {asked} ({status})")


def _seconds(retry_after: str | None) -> float:
    """Seconds to wait, from a Retry-After header; infinity if it cannot be read."""
    try:
        return float(urllib3.Retry().parse_retry_after(retry_after or ""))
    except (http.InvalidHeader, ValueError, OverflowError):
        return math.inf
