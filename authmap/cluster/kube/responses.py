"""What an API server's answers mean, and what it means that there is none."""

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
"""A longer answer is not read: 500 objects of the largest size there is would be longer still."""

_BY_STATUS = {
    401: errors.LoginRefusedError,
    403: errors.ForbiddenError,
    404: errors.MissingError,
    409: errors.ConflictError,
}


def read(response: urllib3.BaseHTTPResponse, end: float) -> bytes:
    """The body of an answer.

    Args:
        response: whose body has not been read.
        end: when to give up, by the monotonic clock.

    Raises:
        urllib3.exceptions.HTTPError: it does not come, or not in time, however slowly it drips.
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
        response.close()  # what is left of it is of no use to the next request
        raise
    return b"".join(parts)


def json_object(data: bytes) -> dict[str, Any] | None:
    """The JSON object that an answer is, or None where it is none."""
    try:
        said = json.loads(data)
    except (ValueError, RecursionError):
        return None
    return said if isinstance(said, dict) else None


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
    "a verdict": {"status": {"allowed": bool}},
}
"""What requests ask for, as far as it is looked at."""


def is_config_map(found: dict[str, Any]) -> bool:
    """Whether an object has what every ConfigMap has that an API server hands out."""
    metadata = found.get("metadata") or {}
    return bool(metadata.get("resourceVersion")) and None not in (found.get("data") or {}).values()


def unreachable(server: str, error: BaseException, seconds: float) -> errors.UnreachableError:
    """Why there is no answer.

    Args:
        server: URL of the API server.
        error: of urllib3.
        seconds: the time it had.
    """
    if isinstance(error, http.SSLError):
        why = _of_tls(error)
    elif isinstance(error, http.ProxyError):
        why = f"the proxy does not let us through: {_reason(error.original_error)}"
    elif isinstance(error, http.NameResolutionError):
        why = "its name cannot be resolved"
    elif isinstance(error, http.TimeoutError) and not isinstance(error, http.NewConnectionError):
        why = f"no answer within {seconds:g} s (--request-timeout)"
    else:
        why = _reason(error)
    return errors.UnreachableError(f"{server} cannot be reached: {brief(why)}")


def _of_tls(error: http.SSLError) -> str:
    cause = error.args[0] if error.args else error
    if isinstance(cause, ssl.SSLCertVerificationError):
        return f"its certificate is not to be trusted: {cause.verify_message}"
    return f"no TLS with it: {getattr(cause, 'reason', None) or cause}"


def _reason(error: BaseException) -> str:
    """What the operating system or the other side said."""
    inner = [each for each in (error.__cause__, *error.args) if isinstance(each, BaseException)]
    if inner:
        return _reason(inner[-1])
    return getattr(error, "strerror", None) or str(error) or type(error).__name__


def refusal(
    status: int,
    said: dict[str, Any],
    headers: Mapping[str, str],
    server: str,
    asked: str,
    own: Mapping[str, str],
) -> errors.ClusterError:
    """What it means that a request was answered, but not done.

    Args:
        status: of HTTP.
        said: a Status object of Kubernetes, or nothing:
            https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/
        headers: of the answer.
        server: URL of the API server.
        asked: method and path.
        own: what it was told that is secret, by name.
    """
    message = masked(str(said.get("message") or ""), own)
    why = f": {message}" if message else ""
    if status == 401:
        return errors.LoginRefusedError(
            f"{server} does not accept our credentials (401): they may have expired, or be of "
            "another cluster"
        )
    if status == 429:
        after = _seconds(headers.get("Retry-After"))
        later = f", and wants to be left alone for {after:.0f} s" if math.isfinite(after) else ""
        return errors.BusyError(f"{server} is too busy for {asked} (429){later}{why}", after)
    if status >= 500:
        return errors.UnreachableError(f"{server} failed at {asked} ({status}){why}")
    if status < 400:
        return errors.UnreachableError(
            f"{server} sends us elsewhere at {asked} ({status}): is it an API server?"
        )
    kind = _BY_STATUS.get(status, errors.RefusedError)
    return kind(message or f"{server} refuses {asked} ({status})")


def _seconds(retry_after: str | None) -> float:
    """How long to wait; without any answer that can be read, for ever."""
    try:
        return float(urllib3.Retry().parse_retry_after(retry_after or ""))
    except (http.InvalidHeader, ValueError, OverflowError):
        return math.inf
