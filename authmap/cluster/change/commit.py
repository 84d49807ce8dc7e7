"""Send a change of the object, and read it back."""

from __future__ import annotations

import json
import math
import re
from typing import TYPE_CHECKING, Any

from tenacity import (
    Retrying,
    retry_if_exception_type,
    stop_after_attempt,
    stop_after_delay,
    wait_random_exponential,
)

from authmap.cluster.kube import errors
from authmap.cluster.kube.errors import Ending

if TYPE_CHECKING:
    from authmap.cluster.change.plan import Plan
    from authmap.cluster.kube.session import Session
    from authmap.cluster.reading import LiveConfigMap

ATTEMPTS = 10
"""How often a write is tried if others change the object at the same time."""
MAX_BODY = 3 * 1024 * 1024
"""Maximum length of a request in bytes: `MaxRequestBodyBytes` in pkg/server/config.go of
https://github.com/kubernetes/apiserver."""

_SAME_JSON_IN_GO = re.compile(r"[\t\n\r !-%'-;=?-~]*")
_UNKNOWN = "cannot tell whether the change was made, because {}: look at the object first"


class AlteredError(errors.ClusterError):
    """The API server stored something other than what was sent.

    Attributes:
        stored: the object as it is stored.
    """

    def __init__(self, stored: LiveConfigMap) -> None:
        super().__init__(
            "the API server stored something other than what was sent (a mutating webhook, perhaps)"
        )
        self.stored = stored


def again(on: tuple[type[errors.ClusterError], ...], within: float = math.inf) -> Retrying:
    """Attempts with growing pauses; the error of the last one is raised.

    Args:
        on: the errors after which to try again.
        within: seconds after the first attempt when to stop.
    """
    return Retrying(
        retry=retry_if_exception_type(on),
        stop=stop_after_attempt(ATTEMPTS) | stop_after_delay(within),
        wait=wait_random_exponential(multiplier=0.1, max=1),
        reraise=True,
    )


def operations(live: LiveConfigMap, data: dict[str, str]) -> list[dict[str, Any]]:
    """The JSON patch that replaces the data if the object is still as it was read.

    If a test fails, the API server applies nothing (https://datatracker.ietf.org/doc/html/rfc6902).
    The test of the resourceVersion suffices. Those of the old texts are for human readers, so they
    are left out where they would make the request too large.
    """
    found = _operations(live, data)
    if len(json.dumps(found)) > MAX_BODY:
        version = "/metadata/resourceVersion"
        found = [each for each in found if each["op"] != "test" or each["path"] == version]
    return found


def _operations(live: LiveConfigMap, data: dict[str, str]) -> list[dict[str, Any]]:
    old = live.data
    found = _unchanged("/metadata/resourceVersion", live.version)
    if "data" not in live.manifest:
        found.append({"op": "add", "path": "/data", "value": {}})
    for key in sorted({*old, *data}):
        path = f"/data/{key}"
        if key not in old:
            found.append({"op": "add", "path": path, "value": data[key]})
        elif key not in data:
            found += [*_unchanged(path, old[key]), {"op": "remove", "path": path}]
        elif old[key] != data[key]:
            replace = {"op": "replace", "path": path, "value": data[key]}
            found += [*_unchanged(path, old[key]), replace]
    return found


def _unchanged(path: str, value: str) -> list[dict[str, Any]]:
    """A test that a text is unchanged, or nothing if the API server could not compare it.

    The API server compares our JSON for the text with the JSON that Go writes, byte for byte:
    `lazyNode.equal` in gopkg.in/evanphx/json-patch.v4 (v4.13.0, patch.go).
    """
    alike = _SAME_JSON_IN_GO.fullmatch(value)
    return [{"op": "test", "path": path, "value": value}] if alike else []


def write(session: Session, plan: Plan) -> LiveConfigMap:
    """Write the planned data.

    Returns:
        The object as it is now.

    Raises:
        ConflictError: the object has changed since it was read; nothing was written.
        ClusterError: the write was refused or got no answer; the error's state says whether it
            was made.
    """
    return send(session, plan.live, plan.data, dry_run=False)


def rehearse(session: Session, plan: Plan) -> None:
    """Send the write as a server-side dry run, which includes admission and validation.

    Raises:
        ConflictError: the object has changed since it was read.
        ClusterError: the write is refused, or something else would be stored.
    """
    if send(session, plan.live, plan.data, dry_run=True).data != plan.data:
        raise errors.RefusedError(
            "the API server would store something other than what is sent (a mutating webhook, "
            "perhaps)"
        )


def send(
    session: Session, live: LiveConfigMap, data: dict[str, str], *, dry_run: bool
) -> LiveConfigMap:
    """Send a change of the object; if that fails, read the object to find out why.

    Returns:
        The object after the write, or as it would be after it.

    Raises:
        ConflictError: the object has changed since it was read.
        GoneError: the object no longer exists.
        ClusterError: the write was refused or got no answer; the error's state says whether it
            was made.
    """
    try:
        return live._replace(manifest=session.patch(operations(live, data), dry_run=dry_run))
    except errors.MissingError:
        raise errors.GoneError from None
    except errors.RefusedError:
        # the API server reports a failed test as a bad patch, not as a conflict
        if session.config_map()["metadata"]["resourceVersion"] == live.version:
            raise
        raise errors.ConflictError("somebody has changed the object since it was read") from None
    except errors.UnreachableError as error:
        if dry_run:
            raise
        return _read_after_silence(session, live, data, error)


def _read_after_silence(
    session: Session, live: LiveConfigMap, data: dict[str, str], error: errors.UnreachableError
) -> LiveConfigMap:
    """The object, if the write was made although no answer came.

    Raises:
        ClusterError: the write was not made, or that is unknown; the error's state says which.
    """
    try:
        found = live._replace(manifest=session.config_map())
    except errors.ClusterError:
        why = _UNKNOWN.format("the object cannot be read either")
        raise error.leaves(Ending.UNKNOWN, why) from None
    if found.data == data:
        return found
    if found.version == live.version:
        late = "the object is unchanged so far, but the request may still be carried out"
        raise error.leaves(Ending.UNKNOWN, late)
    changed = _UNKNOWN.format("somebody has changed the object since")
    raise error.leaves(Ending.UNKNOWN, changed)


def as_sent(stored: LiveConfigMap, data: dict[str, str]) -> None:
    """Check that the object is stored as it was sent.

    Raises:
        AlteredError: something else is stored.
    """
    if stored.data != data:
        raise AlteredError(stored)


def read_back(session: Session, written: LiveConfigMap) -> str | None:
    """Read the object and compare it with what was written.

    Returns:
        A remark if somebody else changed the object after the write, else None.

    Raises:
        GoneError: the object no longer exists.
        AlteredError: something else is stored.
    """
    try:
        return compared(session.config_map(), written)
    except errors.MissingError:
        raise errors.GoneError from None


def compared(found: dict[str, Any], written: LiveConfigMap) -> str | None:
    """Compare an object that was read after the write with what was written; see `read_back`."""
    stored = written._replace(manifest=found)
    if stored.version != written.version:
        return "somebody has changed the object again since the write"
    as_sent(stored, written.data)
    return None
