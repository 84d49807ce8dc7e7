"""After the write: log in again, to see whether the user keeps their access under the new map."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NamedTuple

from authmap.cluster.change import caller, commit
from authmap.cluster.kube import errors
from authmap.cluster.kube.session import NAME

if TYPE_CHECKING:
    from collections.abc import Callable

    from authmap.cluster.change.caller import CurrentUser
    from authmap.cluster.change.guards import Verdict
    from authmap.cluster.change.plan import Plan
    from authmap.cluster.kube.session import Session
    from authmap.cluster.reading import LiveConfigMap

SETTLE = 5.0
"""Seconds after which a new map is in effect for new logins; usually it takes less than one."""
INTERVAL = 1.5
"""Seconds between two fresh logins: within one second, AWS signs the same token again."""
REPORT = 10.0
"""Seconds between two reports of what the check is waiting for."""

_NOTHING_NEW = "not confirmed: a fresh login gets the same token again"


class FreshLogin(NamedTuple):
    """A login after the write.

    Attributes:
        user: the user it is logged in as; None if the API server does not report it.
        ours: whether that is the user who wrote; None if it is not known.
        same_token: whether it has the same token as the session before.
        remark: a remark if somebody else changed the object after the write.
    """

    user: CurrentUser | None
    ours: bool | None
    same_token: bool
    remark: str | None = None


def confirm(
    session: Session,
    plan: Plan,
    written: LiveConfigMap,
    verdict: Verdict,
    timeout: float,
    say: Callable[[str], None],
) -> str:
    """Log in again until it is clear whether the user has kept their access.

    A fresh login gets new credentials, runs exec plugins again and opens new connections. It asks
    the API server for its username, and patches the object without effect, which also reads it
    back. If the new map gives the user another name, that name shows that the map is in effect;
    otherwise the only way is to wait for as long as that may take. A login of somebody else, from
    cached credentials perhaps, proves nothing.

    Args:
        session: the session that wrote.
        plan: the change that was written.
        written: the object after the write.
        verdict: the guards' verdict: who the user is, and who they become.
        timeout: when to stop, in seconds.
        say: prints now and then what the check is waiting for.

    Returns:
        What the fresh login showed, in words.

    Raises:
        AlteredError: something other than what was written is stored.
        errors.ClusterError: the access is lost; the message says what failed.
    """
    through_map = verdict.caller is None or verdict.caller.mapped is not False
    settle = min(SETTLE, timeout / 2) if through_map else 0.0
    session.announce_login("to confirm the change")
    start = reported = time.monotonic()
    while True:
        login = lost = applied = None
        try:
            left = timeout - (time.monotonic() - start)
            login = _fresh_login(session, plan, written, verdict.caller, left)
            applied = caller.under_new_map(plan, login.user) if verdict.becomes else None
        except (errors.GoneError, errors.MovedError) as error:
            return f"not confirmed: {error}"
        except commit.AlteredError:
            raise
        except errors.ClusterError as error:
            lost = error
        elapsed = time.monotonic() - start
        if login and not login.ours:
            if login.user is None or not _has_old_name(verdict.caller, login.user):
                return f"not confirmed: {_whose(verdict.caller, login)}"
            if login.same_token and elapsed >= settle:
                return _NOTHING_NEW
            applied = False
        elif login and (elapsed >= settle if applied is None else applied):
            if through_map and not applied and login.same_token:
                return _NOTHING_NEW
            who = f"is `{login.user.username}` and " if applied and login.user else ""
            remark = f", but {login.remark}" if login.remark else ""
            return f"a fresh login {who}can still change the map{remark}"
        late = elapsed + INTERVAL > timeout
        answered = not isinstance(lost, errors.UnreachableError)
        if lost is not None and (late or (answered and elapsed >= settle)):
            raise lost
        outcome = "came too early to show whether the new map applies"
        if login and login.user and applied is False:
            outcome = f"still had the username `{login.user.username}`"
        if late:
            within = f"within {timeout:g} s (--verify-timeout)"
            return f"not confirmed: every fresh login {within} {outcome}"
        if time.monotonic() - reported >= REPORT:
            reported = time.monotonic()
            waiting = f"the last fresh login failed: {lost}" if lost else f"a fresh login {outcome}"
            say(f"authmap: still checking ({elapsed:.0f} of {timeout:g} s): {waiting}")
        time.sleep(INTERVAL)


def _has_old_name(user: CurrentUser | None, login: CurrentUser) -> bool:
    """Whether a login has the user's name of before the write: the new map may apply later."""
    return user is not None and login.arn is None and login.username == user.username


def _whose(user: CurrentUser | None, login: FreshLogin) -> str:
    """Why a fresh login that may be somebody else's proves nothing."""
    if login.user is None:
        return "the API server does not report who the fresh login is"
    if user is None:
        return f"the fresh login is {login.user}, and it is not known who you were before the write"
    return f"the fresh login is {login.user}, and not yours, {user}"


def _fresh_login(
    session: Session, plan: Plan, written: LiveConfigMap, user: CurrentUser | None, left: float
) -> FreshLogin:
    """Log in, and try (as a dry run) the request that would undo the change.

    Args:
        session: the session that wrote.
        plan: the change that was written.
        written: the object after the write.
        user: the user who wrote, if the API server reports it.
        left: seconds that a plugin may take.

    Raises:
        UnreachableError: no answer, or a plugin that failed or took too long: neither says
            anything about the map.
        MovedError: the kubeconfig names another server now.
        GoneError: the object no longer exists.
        AlteredError: something else is stored.
        ClusterError: the login is refused, or may not change the map.
    """
    try:
        fresh = session.again(patience=max(left, 1.0))
    except errors.MovedError:
        raise
    except errors.ClusterError as error:
        raise errors.UnreachableError(str(error)) from None
    try:
        login = caller.who(fresh, plan.after)
        ours = caller.is_same(plan, user, login) if user and login else None
        found = FreshLogin(login, ours, fresh.token == session.token)
        if not ours:
            return found
        test = [{"op": "test", "path": "/metadata/name", "value": NAME}]
        answer = fresh.patch(test, dry_run=True)
    except errors.MissingError:
        raise errors.GoneError from None
    finally:
        fresh.close()
    return found._replace(remark=commit.compared(answer, written))
