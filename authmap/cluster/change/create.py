"""Create aws-auth again from a backup, after it was deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from authmap.access.compare import compare
from authmap.cluster import reading
from authmap.cluster.change import apply, commit, guards
from authmap.cluster.change.signals import Phase, StoppedError
from authmap.cluster.kube.errors import ClusterError, Ending, UnreachableError, leaving
from authmap.cluster.reading import LiveConfigMap
from authmap.model.auth_map import AuthMap
from authmap.model.bindings import Bindings

if TYPE_CHECKING:
    from typing import Any

    from authmap.cluster.change.backup import Backup
    from authmap.cluster.change.task import Task

_SERVER_FIELDS = ("creationTimestamp", "generation", "managedFields", "resourceVersion", "uid")
"""Metadata that the API server sets when an object is created."""
_REFERENCES = ("finalizers", "ownerReferences")
"""Metadata that names other objects: if an owner is gone, the new object is deleted at once."""


def create(task: Task, saved: Backup) -> None:
    """Create the object from a backup, and read it back.

    Raises:
        ClusterError: the request is refused, the user declined, or the object is not stored as
            it was written.
    """
    session, apply_options, say = task.session, task.apply_options, task.prompter.say
    body, ties = _body(saved)
    verb = "would be" if apply_options.dry_run else "will be"
    say(f"authmap: the cluster has no aws-auth: it {verb} created from the backup")
    if ties:
        say(
            f"authmap: without its {' and '.join(ties)}: the objects they name may be gone, or may "
            "have been replaced since"
        )
    nobody, everybody = (AuthMap.from_data(data) for data in ({}, saved.data))
    gains = guards.gains(compare(nobody, everybody, bindings=reading.bindings(session)))
    apply.list_some(task.prompter, apply.GAINED, gains, f"`authmap show {saved.path}` lists them")
    session.create(body, dry_run=True)
    if apply_options.dry_run:
        say("authmap: the API server accepts it (dry run); nothing was written")
        return
    apply.require_gain_accepted(gains, apply_options)
    if not apply_options.yes:
        question = f"create aws-auth in context `{session.context}` ({session.server})?"
        if not task.prompter.ask(question, instead=apply.unattended(task, gains=bool(gains))):
            raise ClusterError("cancelled")
        session.renew()
    created = False
    try:
        with task.signals.during(Phase.WRITE, then=Phase.WRITTEN):
            made = session.create(body, dry_run=False) | {"data": saved.data}
            created = True
        with task.signals.during(Phase.CHECK):
            result = _checked(task, LiveConfigMap(session.context, made, Bindings([])))
    except (ClusterError, StoppedError) as error:
        ended = _ended(error, created=created)
        if ended.ending is not Ending.NOTHING_WRITTEN:
            task.prompter.created(session.context, unknown=True)
        raise ended from None
    say(f"authmap: {result}")
    task.prompter.created(session.context)


def _ended(error: ClusterError | StoppedError, *, created: bool) -> ClusterError:
    """The error that says what a request that failed, or was stopped, has left behind."""
    if isinstance(error, StoppedError):
        if not created:
            return ClusterError(str(error)).leaves(Ending.UNKNOWN, _UNKNOWN)
        stopped = ClusterError(f"{error}: aws-auth was created, but not read back")
        return stopped.leaves(Ending.UNCONFIRMED, "")
    if isinstance(error, UnreachableError) and not created:
        return error.leaves(Ending.UNKNOWN, _UNKNOWN)
    return error


_UNKNOWN = "cannot tell whether aws-auth was created: look at the object first"


def _body(saved: Backup) -> tuple[dict[str, Any], list[str]]:
    """The object to create, and the metadata that it leaves out because it names other objects."""
    metadata = dict(saved.manifest["metadata"])
    ties = [name for name in _REFERENCES if metadata.get(name)]
    for name in (*_SERVER_FIELDS, *_REFERENCES):
        metadata.pop(name, None)
    return saved.manifest | {"metadata": metadata}, ties


def _checked(task: Task, made: LiveConfigMap) -> str:
    """Read the created object; try again if there is no answer. See `_read_created`."""
    with leaving("aws-auth was created", Ending.UNKNOWN):
        for attempt in commit.again((UnreachableError,), task.apply_options.verify_timeout):
            with attempt:
                result = _read_created(task, made)
    return result


def _read_created(task: Task, made: LiveConfigMap) -> str:
    """Read back the created object, with a fresh login unless `--no-verify` was given.

    There was no map before, so the user's access cannot depend on it and nothing is restored.

    Returns:
        The result in words.

    Raises:
        ClusterError: the object is not stored as it was written, or cannot be read.
    """
    if not task.apply_options.verify:
        return commit.read_back(task.session, made) or "aws-auth is stored as it was written"
    task.session.announce_login("to confirm the change")
    fresh = task.session.again()
    try:
        return commit.read_back(fresh, made) or "a fresh login reads aws-auth as it was written"
    finally:
        fresh.close()
