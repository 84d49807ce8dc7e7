"""The write and the checks after it: read back, log in again, and restore the old map."""

from __future__ import annotations

import math
import re
import time
from typing import TYPE_CHECKING, Any, NamedTuple

from tenacity import (
    Retrying,
    retry_if_exception_type,
    stop_after_attempt,
    stop_after_delay,
    wait_random_exponential,
)

from authmap.cluster.change import guards
from authmap.cluster.change.plan import of_data
from authmap.cluster.kube import errors
from authmap.cluster.kube.session import NAME, Session

if TYPE_CHECKING:
    from authmap.cluster.change.guards import CurrentUser, Verdict
    from authmap.cluster.change.plan import Plan
    from authmap.cluster.reading import LiveConfigMap

ATTEMPTS = 10
"""How often a write is tried if others change the object at the same time."""
SETTLE = 5.0
"""Seconds after which a new map is in effect for new logins; usually it takes less than one."""
PATIENCE = 60.0
"""Seconds for which restoring the old map is tried."""
INTERVAL = 1.5
"""Seconds between two fresh logins: within one second, AWS signs the same token again."""

_SAME_JSON_IN_GO = re.compile(r"[\t\n\r !-%'-;=?-~]*")
_UNKNOWN = "cannot tell whether the change was made, because {}: check the object first"


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


class NotKeptError(errors.ClusterError):
    """A written change was undone: a fresh login lost its access, or something else was stored.

    Attributes:
        restored: whether the old data was restored.
    """

    def __init__(self, message: str, *, restored: bool) -> None:
        super().__init__(message)
        self.restored = restored


class Confirmed(NamedTuple):
    """The result of the fresh login.

    Attributes:
        sure: whether it showed that the user keeps their access under the new map.
        text: the result in words.
    """

    sure: bool
    text: str


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
    The test of the resourceVersion suffices; those of the old texts are for human readers.
    """
    old = live.data
    found = _test("/metadata/resourceVersion", live.version)
    if "data" not in live.manifest:
        found.append({"op": "add", "path": "/data", "value": {}})
    for key in sorted({*old, *data}):
        path = f"/data/{key}"
        if key not in old:
            found.append({"op": "add", "path": path, "value": data[key]})
        elif key not in data:
            found += [*_test(path, old[key]), {"op": "remove", "path": path}]
        elif old[key] != data[key]:
            replace = {"op": "replace", "path": path, "value": data[key]}
            found += [*_test(path, old[key]), replace]
    return found


def _test(path: str, value: str) -> list[dict[str, Any]]:
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
    return _send(session, plan.live, plan.data, dry_run=False)


def rehearse(session: Session, plan: Plan) -> None:
    """Send the write as a server-side dry run, which includes admission and validation.

    Raises:
        ConflictError: the object has changed since it was read.
        ClusterError: the write is refused, or something else would be stored.
    """
    if _send(session, plan.live, plan.data, dry_run=True).data != plan.data:
        raise errors.RefusedError(
            "the API server would store something other than what is sent (a mutating webhook, "
            "perhaps)"
        )


def _send(
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
        error.state = _UNKNOWN.format("the object cannot be read either")
        raise error from None
    if found.data == data:
        return found
    if found.version == live.version:
        error.state = "the object was read again and is unchanged"
    else:
        error.state = _UNKNOWN.format("somebody has changed the object since")
    raise error


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
        return _compared(session.config_map(), written)
    except errors.MissingError:
        raise errors.GoneError from None


def _compared(found: dict[str, Any], written: LiveConfigMap) -> str | None:
    stored = written._replace(manifest=found)
    if stored.version != written.version:
        return "somebody has changed the object again since the write"
    as_sent(stored, written.data)
    return None


def confirm(
    session: Session, plan: Plan, written: LiveConfigMap, verdict: Verdict, timeout: float
) -> Confirmed:
    """Log in again until it is clear whether the user has kept their access.

    A fresh login gets new credentials, runs exec plugins again and opens new connections. It asks
    the API server for its username, and patches the object without effect, which also reads it
    back. If the new map gives the user another name, that name shows that the map is in effect;
    otherwise the only way is to wait for as long as that may take.

    Args:
        session: the session that wrote.
        plan: the change that was written.
        written: the object after the write.
        verdict: the guards' verdict: who the user is, and who they become.
        timeout: when to stop, in seconds.

    Raises:
        AlteredError: something other than what was written is stored.
        errors.ClusterError: the access is lost; the message says what failed.
    """
    caller = verdict.caller
    through_map = caller is None or caller.mapped is not False
    settle = min(SETTLE, timeout / 2) if through_map else 0.0
    start = time.monotonic()
    while True:
        login = lost = applied = None
        try:
            left = timeout - (time.monotonic() - start)
            login = _fresh_login(session, plan, written, left)
            applied = guards.holds(plan, login.caller) if verdict.becomes else None
        except errors.GoneError as error:
            return Confirmed(False, f"not confirmed: {error}")
        except AlteredError:
            raise
        except errors.ClusterError as error:
            lost = error
        elapsed = time.monotonic() - start
        if login and (elapsed >= settle if applied is None else applied):
            if through_map and not applied and login.same_token:
                return Confirmed(False, "not confirmed: a fresh login gets the same token again")
            who = f"is `{login.caller.username}` and " if applied and login.caller else ""
            remark = f", but {login.remark}" if login.remark else ""
            return Confirmed(True, f"a fresh login {who}can still change the map{remark}")
        late = elapsed + INTERVAL > timeout
        answered = not isinstance(lost, errors.UnreachableError)
        if lost is not None and (late or (answered and elapsed >= settle)):
            raise lost
        if late:
            outcome = "came too early to show whether the new map applies"
            if login and login.caller and applied is False:
                outcome = f"still had the username `{login.caller.username}`"
            within = f"within {timeout:g} s (--verify-timeout)"
            return Confirmed(False, f"not confirmed: every fresh login {within} {outcome}")
        time.sleep(INTERVAL)


class _FreshLogin(NamedTuple):
    """A fresh login that may change the map.

    Attributes:
        caller: the user it is logged in as; None if the API server does not report it.
        same_token: whether it has the same token as the session before.
        remark: a remark if somebody else changed the object after the write.
    """

    caller: CurrentUser | None
    same_token: bool
    remark: str | None


def _fresh_login(session: Session, plan: Plan, written: LiveConfigMap, left: float) -> _FreshLogin:
    """Log in, and try (as a dry run) the request that would undo the change.

    Args:
        session: the session that wrote.
        plan: the change that was written.
        written: the object after the write.
        left: seconds that a plugin may take.

    Raises:
        UnreachableError: no answer, or a plugin that failed or took too long: neither says
            anything about the map.
        GoneError: the object no longer exists.
        AlteredError: something else is stored.
        ClusterError: the login is refused, or may not change the map.
    """
    try:
        fresh = Session(session.context, session.access._replace(patience=max(left, 1.0)))
    except errors.ClusterError as error:
        raise errors.UnreachableError(str(error)) from None
    try:
        caller = guards.who(fresh, plan.after)
        found = fresh.patch(_test("/metadata/name", NAME), dry_run=True)
    except errors.MissingError:
        raise errors.GoneError from None
    finally:
        fresh.close()
    return _FreshLogin(caller, fresh.token == session.token, _compared(found, written))


def restore(session: Session, plan: Plan, written: LiveConfigMap, why: errors.ClusterError) -> None:
    """Undo the change with the session that is still valid; later changes by others stay.

    Raises:
        NotKeptError: always; it says whether the change was undone.
    """
    live, reason = written, f"a fresh login lost its access ({why})"
    if isinstance(why, AlteredError):
        live, reason = why.stored, str(why)
        plan = of_data(plan.live, live.data)  # undo what was stored, not what was sent
    elif isinstance(why, errors.UnreachableError):
        reason = f"a fresh login got no answer ({why})"
    try:
        for attempt in again((errors.ConflictError, errors.UnreachableError), PATIENCE):
            with attempt:
                if attempt.retry_state.attempt_number > 1:
                    live = live._replace(manifest=session.config_map())
                data = plan.undone(live)
                if data != live.data:
                    as_sent(_send(session, live, data, dry_run=False), data)
    except errors.ClusterError as error:
        altered = isinstance(error, AlteredError) or isinstance(why, AlteredError)
        there = "what was stored instead" if altered else "the new map"
        error.state = error.state or f"{there} is in place"
        raise NotKeptError(
            f"{reason}, and the old map could not be restored: {error}. Undo the change with one "
            "of the commands above, as somebody who still has access",
            restored=False,
        ) from None
    raise NotKeptError(f"{reason}, so the old map was restored", restored=True)
