"""After the write: restore the old map if the new one cannot stay."""

from __future__ import annotations

from typing import TYPE_CHECKING

from authmap.cluster.change.commit import AlteredError, again, as_sent, send
from authmap.cluster.change.plan import of_data
from authmap.cluster.kube import errors
from authmap.cluster.kube.errors import ClusterError, Ending

if TYPE_CHECKING:
    from authmap.cluster.change.plan import Plan
    from authmap.cluster.kube.session import Session
    from authmap.cluster.reading import LiveConfigMap

PATIENCE = 60.0
"""Seconds for which restoring the old map is tried."""


def restore(
    session: Session, plan: Plan, written: LiveConfigMap, reason: str, why: ClusterError | None
) -> ClusterError:
    """Undo the change with the session that is still valid; later changes by others stay.

    Args:
        session: the session that wrote.
        plan: the change that was written.
        written: the object after the write.
        reason: why the new map cannot stay, for the message.
        why: the error that says so, if there is one.

    Returns:
        The error to report: it says whether the change was undone.
    """
    live = written
    if isinstance(why, AlteredError):
        live = why.stored
        plan = of_data(plan.live, live.data)  # undo what was stored, not what was sent
    silent = False  # whether a request without an answer may still be carried out
    try:
        for attempt in again((errors.ConflictError, errors.UnreachableError), PATIENCE):
            with attempt:
                try:
                    if attempt.retry_state.attempt_number > 1:
                        live = live._replace(manifest=session.config_map())
                    data = plan.undone(live)
                    if data != live.data:
                        as_sent(send(session, live, data, dry_run=False), data)
                except errors.UnreachableError:
                    silent = True
                    raise
    except ClusterError as error:
        altered = isinstance(error, AlteredError) or isinstance(why, AlteredError)
        there = (
            error.state or f"{'what was stored instead' if altered else 'the new map'} is in place"
        )
        if silent and not altered:
            there = (
                "it is not known whether the old map or the new one is in place: look at the "
                "object first"
            )
        return ClusterError(
            f"{reason}, and the old map could not be restored: {error.args[0]}; {there}. Undo the "
            "change with one of the commands above, as somebody who still has access"
        ).leaves(Ending.UNKNOWN, "")
    return ClusterError(f"{reason}, so the old map was restored").leaves(Ending.RESTORED, "")
