"""The write and what comes behind it: read back, log in afresh, and put back what locks us out."""

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
"""How often a write is tried that meets somebody else's."""
SETTLE = 5.0
"""Seconds within which a new map holds for new logins; the authenticator takes less than one."""
PATIENCE = 60.0
"""Seconds for which putting the old map back is tried."""
INTERVAL = 1.5
"""Seconds between two fresh logins: within one second, AWS signs the same token twice."""

_WRITTEN_ALIKE = re.compile(r"[\t\n\r !-%'-;=?-~]*")
_UNKNOWN = "whether the change was made is not known, as {}: look at it before anything else"


class AlteredError(errors.ClusterError):
    """Something else is stored than what was sent.

    Attributes:
        stored: the object as it is.
    """

    def __init__(self, stored: LiveConfigMap) -> None:
        super().__init__(
            "what the API server stored is not what was sent (a mutating webhook, perhaps)"
        )
        self.stored = stored


class NotKeptError(errors.ClusterError):
    """The change could not stay: a fresh login had lost its access, or something else was stored.

    Attributes:
        restored: whether the old data is back in its place.
    """

    def __init__(self, message: str, *, restored: bool) -> None:
        super().__init__(message)
        self.restored = restored


class Confirmed(NamedTuple):
    """What a fresh login found.

    Attributes:
        sure: whether it showed that we keep our access under the new map.
        text: the same in words.
    """

    sure: bool
    text: str


def again(on: tuple[type[errors.ClusterError], ...], within: float = math.inf) -> Retrying:
    """Attempts, further apart from one to the next; the last one's error is raised.

    Args:
        on: the errors after which there is another attempt.
        within: how many seconds from the first one on.
    """
    return Retrying(
        retry=retry_if_exception_type(on),
        stop=stop_after_attempt(ATTEMPTS) | stop_after_delay(within),
        wait=wait_random_exponential(multiplier=0.1, max=1),
        reraise=True,
    )


def operations(live: LiveConfigMap, data: dict[str, str]) -> list[dict[str, Any]]:
    """The JSON patch that makes the data another one, if the object is still what was read.

    https://datatracker.ietf.org/doc/html/rfc6902: a test that does not hold undoes all of it. That
    of the resourceVersion says it all; those of the old texts are there to be read.
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
    """A test that a text is what it was, where the API server can tell.

    It compares the JSON that we write for the text with the JSON that Go writes, byte for byte:
    `lazyNode.equal` in gopkg.in/evanphx/json-patch.v4 (v4.13.0, patch.go).
    """
    alike = _WRITTEN_ALIKE.fullmatch(value)
    return [{"op": "test", "path": path, "value": value}] if alike else []


def write(session: Session, plan: Plan) -> LiveConfigMap:
    """Make the write.

    Returns:
        The object as it is now.

    Raises:
        ConflictError: it has changed since it was read; nothing was written.
        ClusterError: it is refused, or no answer came; its state says whether it was made.
    """
    return _sent(session, plan.live, plan.data, dry_run=False)


def rehearse(session: Session, plan: Plan) -> None:
    """The write as a server-side dry run: admission and validation have their say.

    Raises:
        ConflictError: the object has changed since it was read.
        ClusterError: it is refused, or would store something else.
    """
    if _sent(session, plan.live, plan.data, dry_run=True).data != plan.data:
        raise errors.RefusedError(
            "the API server would store something else than what is sent (a mutating webhook, "
            "perhaps)"
        )


def _sent(
    session: Session, live: LiveConfigMap, data: dict[str, str], *, dry_run: bool
) -> LiveConfigMap:
    """Send the change of an object; why it fails, the object itself tells.

    Returns:
        The object as it is then, or would be.

    Raises:
        ConflictError: it has changed since it was read.
        GoneError: it is not there any more.
        ClusterError: it is refused, or no answer came; its state says whether it was made.
    """
    try:
        return live._replace(manifest=session.patch(operations(live, data), dry_run=dry_run))
    except errors.MissingError:
        raise errors.GoneError from None
    except errors.RefusedError:
        # a test that does not hold is no conflict to the API server, but a bad patch
        if session.config_map()["metadata"]["resourceVersion"] == live.version:
            raise
        raise errors.ConflictError("somebody has written the object since it was read") from None
    except errors.UnreachableError as error:
        if dry_run:
            raise
        return _after_all(session, live, data, error)


def _after_all(
    session: Session, live: LiveConfigMap, data: dict[str, str], error: errors.UnreachableError
) -> LiveConfigMap:
    """The object, if the write happened although its answer did not come.

    Raises:
        ClusterError: it did not happen, or that is not known, which its state says.
    """
    try:
        found = live._replace(manifest=session.config_map())
    except errors.ClusterError:
        error.state = _UNKNOWN.format("the object cannot be read either")
        raise error from None
    if found.data == data:
        return found
    if found.version == live.version:
        error.state = "the object is as it was when it was read again"
    else:
        error.state = _UNKNOWN.format("somebody has written the object since")
    raise error


def as_sent(stored: LiveConfigMap, data: dict[str, str]) -> None:
    """Make sure that what is stored is what was sent.

    Raises:
        AlteredError: it is something else.
    """
    if stored.data != data:
        raise AlteredError(stored)


def read_back(session: Session, written: LiveConfigMap) -> str | None:
    """Compare what is there with what was written.

    Returns:
        What is to be said about it: somebody wrote after us.

    Raises:
        GoneError: it is not there any more.
        AlteredError: it is not what was written.
    """
    try:
        return _compared(session.config_map(), written)
    except errors.MissingError:
        raise errors.GoneError from None


def _compared(found: dict[str, Any], written: LiveConfigMap) -> str | None:
    there = written._replace(manifest=found)
    if there.version != written.version:
        return "somebody has written the object again since"
    as_sent(there, written.data)
    return None


def confirm(
    session: Session, plan: Plan, written: LiveConfigMap, verdict: Verdict, timeout: float
) -> Confirmed:
    """Log in afresh until it is clear that we keep our access, or that we have lost it.

    A fresh login gets its credentials anew, runs exec plugins again and opens new connections. It
    is asked who it is, and patches the object without effect, which also reads it back. Where the
    map gives us another name, that name shows that it holds; else there is nothing to do but to
    wait for as long as that may take.

    Args:
        session: the one that wrote.
        plan: what was written.
        written: the object after the write.
        verdict: of the guards: who we are, and who we become.
        timeout: when to stop, in seconds.

    Raises:
        AlteredError: something else is stored than what was written.
        errors.ClusterError: we have lost it; the message says how that showed.
    """
    caller = verdict.caller
    through_map = caller is None or caller.mapped is not False
    settle = min(SETTLE, timeout / 2) if through_map else 0.0
    start = time.monotonic()
    while True:
        login = lost = holds = None
        try:
            left = timeout - (time.monotonic() - start)
            login = _fresh_login(session, plan, written, left)
            holds = guards.holds(plan, login.caller) if verdict.becomes else None
        except errors.GoneError as error:
            return Confirmed(False, f"{error}: not confirmed")
        except AlteredError:
            raise
        except errors.ClusterError as error:
            lost = error
        elapsed = time.monotonic() - start
        if login and (elapsed >= settle if holds is None else holds):
            if through_map and not holds and login.same:
                return Confirmed(False, "a login gets the same token again: not confirmed")
            who = f"is `{login.caller.username}` and " if holds and login.caller else ""
            said = f", but {login.said}" if login.said else ""
            return Confirmed(True, f"a fresh login {who}may still change the map{said}")
        late = elapsed + INTERVAL > timeout
        answered = not isinstance(lost, errors.UnreachableError)
        if lost is not None and (late or (answered and elapsed >= settle)):
            raise lost
        if late:
            still = "came too soon to tell"
            if login and login.caller and holds is False:
                still = f"is still `{login.caller.username}`"
            return Confirmed(False, f"within {timeout:g} s a fresh login {still}: not confirmed")
        time.sleep(INTERVAL)


class _FreshLogin(NamedTuple):
    """A fresh login that may change the map.

    Attributes:
        caller: who it is, where that is told.
        same: whether its token is that of the session before.
        said: what is to be said of the object as it finds it.
    """

    caller: CurrentUser | None
    same: bool
    said: str | None


def _fresh_login(session: Session, plan: Plan, written: LiveConfigMap, left: float) -> _FreshLogin:
    """Log in, and try what it takes to undo the change.

    Raises:
        UnreachableError: there is no answer; a plugin that fails, or takes longer than is left,
            says as little about the map.
        GoneError: the object is not there any more.
        AlteredError: it is not what was written.
        ClusterError: it is refused, or may not change the map.
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


def put_back(
    session: Session, plan: Plan, written: LiveConfigMap, why: errors.ClusterError
) -> None:
    """Take the change back with the session that is still valid; what others wrote since stays.

    Raises:
        NotKeptError: in any case; it says whether the change is taken back.
    """
    live, what = written, f"a fresh login lost its access ({why})"
    if isinstance(why, AlteredError):
        live, what = why.stored, str(why)
        plan = of_data(plan.live, live.data)  # it is what was stored that has to go
    elif isinstance(why, errors.UnreachableError):
        what = f"a fresh login got no answer ({why})"
    try:
        for attempt in again((errors.ConflictError, errors.UnreachableError), PATIENCE):
            with attempt:
                if attempt.retry_state.attempt_number > 1:
                    live = live._replace(manifest=session.config_map())
                data = plan.undone(live)
                if data != live.data:
                    as_sent(_sent(session, live, data, dry_run=False), data)
    except errors.ClusterError as error:
        altered = isinstance(error, AlteredError) or isinstance(why, AlteredError)
        there = "what was stored instead" if altered else "the new map"
        error.state = error.state or f"{there} is in place"
        raise NotKeptError(
            f"{what}, and the old map could not be put back: {error}. Take the change "
            "back as somebody who still may, by one of the commands above",
            restored=False,
        ) from None
    raise NotKeptError(f"{what}, so the old map was put back", restored=True)
