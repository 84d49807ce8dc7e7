"""`authmap rollback`: restore a backup."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

from authmap.cluster.change import apply, backup, commit, plan
from authmap.cluster.kube import errors
from authmap.cluster.kube.session import Session
from authmap.cluster.reading import LiveConfigMap
from authmap.model.bindings import Bindings

if TYPE_CHECKING:
    from authmap.cluster.change.apply import ApplyOptions, Outcome, Prompter
    from authmap.cluster.change.backup import Backup
    from authmap.cluster.change.plan import Plan
    from authmap.model.options import RunOptions

_SERVER_FIELDS = ("creationTimestamp", "generation", "managedFields", "resourceVersion", "uid")
"""Metadata that the API server sets when an object is created."""
_REFERENCES = ("finalizers", "ownerReferences")
"""Metadata that names other objects: if an owner is gone, the new object is deleted at once."""


def pick(session: Session, to: str | None, chosen: str | None = None) -> Backup:
    """The backup to restore.

    Args:
        session: a session with the cluster.
        to: path of a backup, or its file name in the context's folder; None for the newest backup
            of this cluster that no rollback made.
        chosen: the folder for all backups; None for the user's state folder.

    Raises:
        ClusterError: there is no such backup, or it cannot be read.
    """
    context = session.context
    paths = backup.listed(context, chosen)
    if to is None:
        return _newest(_this_cluster(session), paths, backup.folder(context, chosen))
    names = {path.name: path for path in paths}
    if to not in names and not Path(to).exists():
        near = get_close_matches(to, names, 1, 0.5)
        hint = f"; did you mean {near[0]}?" if near else "; --list shows the backups"
        raise errors.ClusterError(f"{to}: no such backup{hint}")
    return backup.load(names.get(to, Path(to)))


def _newest(here: backup.Origin, paths: list[Path], where: Path) -> Backup:
    """The newest backup that no rollback made: to undo a rollback, `--to` is required.

    Contexts of two kubeconfigs may have the same name, and so share a folder.

    Raises:
        ClusterError: there is no such backup.
    """
    by_fix = [path for path in paths if not path.stem.endswith(backup.ROLLBACK)]
    found = backup.first(by_fix, here)
    if found:
        return found
    by_rollback = backup.first((path for path in paths if path not in by_fix), here)
    if by_rollback:
        raise errors.ClusterError(
            f"{where} has only backups made by rollbacks: to undo the last rollback, use "
            f"`--to {by_rollback.path.name}`"
        )
    others = ", only backups of another cluster (--list shows them)" if paths else ""
    raise errors.ClusterError(f"no backup of context `{here.context}` in {where}{others}")


def _this_cluster(session: Session) -> backup.Origin:
    return backup.Origin(session.context, session.server, session.cluster_uid)


def run(
    session: Session,
    saved: Backup,
    options: RunOptions,
    apply_options: ApplyOptions,
    prompter: Prompter,
) -> Outcome | None:
    """Restore a backup, with the same steps as a fix.

    Returns:
        The outcome; None if the object did not exist and was created.

    Raises:
        ClusterError: the backup is of another cluster, or a step failed.
        NotKeptError: the change was written but had to be undone.
    """

    def planned(live: LiveConfigMap) -> Plan:
        _same_object(session, saved, live, apply_options)
        return plan.of_data(live, saved.data)._replace(undo=saved.undo)

    with errors.leaving("nothing was written"):
        _same_cluster(session, saved)
    change = apply.LiveChange(planned, "roll back", backup.ROLLBACK)
    try:
        return apply.run(session, change, options, apply_options, prompter)
    except errors.MissingError:
        with errors.leaving("nothing was written"):
            _create(session, saved, apply_options, prompter)
        return None


def _same_cluster(session: Session, saved: Backup) -> None:
    """Check that a backup is of this cluster.

    Raises:
        ClusterError: it is of another one.
    """
    difference = saved.origin.differs(_this_cluster(session))
    if difference:
        raise errors.ClusterError(
            f"{saved.path} is a backup of another cluster ({difference}): context "
            f"`{saved.origin.context}` at {saved.origin.server}"
        )


def _same_object(
    session: Session, saved: Backup, live: LiveConfigMap, apply_options: ApplyOptions
) -> None:
    """Check a backup by the uid of its object if the uid of the cluster is unknown.

    Raises:
        ClusterError: the backup is of another object.
    """
    sure = apply_options.accept_risk or (session.cluster_uid and saved.origin.uid)
    if not sure and live.manifest["metadata"]["uid"] != saved.manifest["metadata"].get("uid"):
        raise errors.ClusterError(
            f"{saved.path} may be of another cluster: aws-auth was recreated since, and you may "
            "not read the uid of kube-system; --accept-lockout-risk continues anyway"
        )


def _create(
    session: Session, saved: Backup, apply_options: ApplyOptions, prompter: Prompter
) -> None:
    """Create the object from the backup, and read it back.

    Raises:
        ClusterError: the request is refused, the user declined, or the object is not stored as
            it was written.
    """
    metadata = dict(saved.manifest["metadata"])
    ties = [name for name in _REFERENCES if metadata.get(name)]
    for name in (*_SERVER_FIELDS, *_REFERENCES):
        metadata.pop(name, None)
    body = saved.manifest | {"metadata": metadata}
    verb = "would be" if apply_options.dry_run else "will be"
    prompter.say(f"authmap: the cluster has no aws-auth: it {verb} created from the backup")
    if ties:
        prompter.say(
            f"authmap: without its {' and '.join(ties)}: the objects they name may be gone, or may "
            "have been replaced since"
        )
    session.create(body, dry_run=True)
    if apply_options.dry_run:
        prompter.say("authmap: the API server accepts it (dry run); nothing was written")
        return
    if not apply_options.yes:
        question = f"create aws-auth in context `{session.context}` ({session.server})?"
        if not prompter.ask(question):
            raise errors.ClusterError("cancelled")
        session.renew()
    try:
        made = session.create(body, dry_run=False) | {"data": saved.data}
    except errors.UnreachableError as error:
        error.state = "cannot tell whether aws-auth was created: check the object first"
        raise
    with errors.leaving("aws-auth was created"):
        for attempt in commit.again((errors.UnreachableError,), apply_options.verify_timeout):
            with attempt:
                result = _read_created(
                    session, LiveConfigMap(session.context, made, Bindings([])), apply_options
                )
    prompter.say(f"authmap: {result}")


def _read_created(session: Session, made: LiveConfigMap, apply_options: ApplyOptions) -> str:
    """Read back the created object, with a fresh login unless `--no-verify` was given.

    There was no map before, so the user's access cannot depend on it and nothing is restored.

    Returns:
        The result in words.

    Raises:
        ClusterError: the object is not stored as it was written, or cannot be read.
    """
    if not apply_options.verify:
        return commit.read_back(session, made) or "aws-auth is stored as it was written"
    fresh = Session(session.context, session.access)
    try:
        return commit.read_back(fresh, made) or "a fresh login reads aws-auth as it was written"
    finally:
        fresh.close()
