"""After the write: check it, and restore the old map if the new one cannot stay."""

from __future__ import annotations

from signal import SIGINT
from typing import TYPE_CHECKING

from authmap.cluster.change import commit
from authmap.cluster.change.confirm import confirm
from authmap.cluster.change.restore import restore
from authmap.cluster.change.signals import Phase, StoppedError
from authmap.cluster.kube.errors import ClusterError, Ending, UnreachableError

if TYPE_CHECKING:
    from authmap.cluster.change.guards import Verdict
    from authmap.cluster.change.plan import Plan
    from authmap.cluster.change.task import Task
    from authmap.cluster.reading import LiveConfigMap

KEPT = "interrupted: the new map stays, although no fresh login has confirmed it"


def check(task: Task, plan: Plan, written: LiveConfigMap, verdict: Verdict) -> None:
    """Check that the object is stored as sent, and that a fresh login still has access.

    Raises:
        ClusterError: a check failed or was stopped; the change was undone, or could not be, or
            the user wants to keep it.
    """
    say, apply_options = task.prompter.say, task.apply_options
    why: ClusterError | None = None
    try:
        with task.signals.during(Phase.CHECK):
            found = _result(task, plan, written, verdict)
    except StoppedError as stopped:
        if stopped.number is SIGINT and not _wants_restore(task):
            raise ClusterError(KEPT).leaves(Ending.UNCONFIRMED, "") from None
        trouble = str(stopped)
        checked = "a fresh login confirmed the change" if apply_options.verify else "the check"
        reason = f"{stopped} before {checked}"
    except ClusterError as error:
        altered = isinstance(error, commit.AlteredError)
        if not (apply_options.verify or altered):
            raise error.leaves(Ending.UNKNOWN, error.state or "the change was made") from None
        why, trouble = error, "a fresh login failed"
        reason = f"a fresh login lost its access ({error})"
        if altered:
            trouble, reason = "something else was stored", str(error)
        elif isinstance(error, UnreachableError):
            reason = f"a fresh login got no answer ({error})"
    except Exception as error:
        trouble = "the check failed"
        reason = f"the check failed (a bug in authmap: {type(error).__name__}: {error})"
    else:
        if found:
            say(f"authmap: {found}")
        return
    say(f"authmap: {trouble}: restoring the old map")
    try:
        with task.signals.during(Phase.RESTORE):
            ended = restore(task.session, plan, written, reason, why)
    except StoppedError as stopped:
        ended = _unknown(str(stopped))
    except Exception as error:
        ended = _unknown(f"a bug in authmap ({type(error).__name__}: {error})")
    raise ended


def _result(task: Task, plan: Plan, written: LiveConfigMap, verdict: Verdict) -> str:
    """The result of the check in words; "" if there is nothing to say.

    Raises:
        ClusterError: something else is stored, or the access is lost.
    """
    commit.as_sent(written, plan.data)
    if not task.apply_options.verify:
        return commit.read_back(task.session, written) or ""
    say, timeout = task.prompter.say, task.apply_options.verify_timeout
    say(f"authmap: written; checking with a fresh login for up to {timeout:g} s")
    return confirm(task.session, plan, written, verdict, timeout, say)


def _unknown(what: str) -> ClusterError:
    return ClusterError(
        f"{what} while the old map was being restored: it is not known whether the old map or the "
        "new one is in place"
    ).leaves(Ending.UNKNOWN, "")


def _wants_restore(task: Task) -> bool:
    """Ask whether to restore the old map; without an answer it is restored."""
    if not task.prompter.can_ask:
        return True
    question = (
        "no fresh login has confirmed the new map: restore the old one? (Ctrl-C again keeps the "
        "new one)"
    )
    try:
        with task.signals.during(Phase.ASK):
            return task.prompter.ask(question, default=True)
    except StoppedError as again:
        return again.number is not SIGINT
    except ClusterError:
        return True
