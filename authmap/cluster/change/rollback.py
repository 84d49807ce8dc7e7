"""`authmap rollback`: what a backup holds is put back."""

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
    from authmap.model.options import Options

_OF_THE_SERVER = ("creationTimestamp", "generation", "managedFields", "resourceVersion", "uid")
"""Metadata that an object gets anew when it is created."""
_OF_OTHERS = ("finalizers", "ownerReferences")
"""Metadata that ties an object to what may be gone: its owner gone, it would be deleted at once."""


def pick(session: Session, to: str | None, chosen: str | None = None) -> Backup:
    """The backup that is meant.

    Args:
        session: with the cluster.
        to: path of a backup, or its name among those of the context; None for the newest of the
            cluster that no rollback made.
        chosen: where backups are; None for the user's state folder.

    Raises:
        ClusterError: there is none.
    """
    context = session.context
    paths = backup.listed(context, chosen)
    if to is None:
        return _newest(_here(session), paths, backup.folder(context, chosen))
    names = {path.name: path for path in paths}
    if to not in names and not Path(to).exists():
        near = get_close_matches(to, names, 1, 0.5)
        hint = f"; did you mean {near[0]}?" if near else "; `--list` shows them"
        raise errors.ClusterError(f"{to}: there is no such backup{hint}")
    return backup.load(names.get(to, Path(to)))


def _newest(here: backup.Origin, paths: list[Path], where: Path) -> Backup:
    """The newest backup that no rollback made: taking a rollback back is asked for by name.

    Contexts of two kubeconfigs may have the same name, and so the same folder.

    Raises:
        ClusterError: there is none.
    """
    made = [path for path in paths if not path.stem.endswith(backup.ROLLBACK)]
    found = backup.first(made, here)
    if found:
        return found
    there = backup.first((path for path in paths if path not in made), here)
    if there:
        raise errors.ClusterError(
            f"in {where} there are only backups that rollbacks made: to take the last one back, "
            f"name its backup, `--to {there.path.name}`"
        )
    others = ", but of another cluster (`--list` shows them)" if paths else ""
    raise errors.ClusterError(f"there is no backup of context `{here.context}` in {where}{others}")


def _here(session: Session) -> backup.Origin:
    return backup.Origin(session.context, session.server, session.cluster_uid)


def run(
    session: Session, held: Backup, options: Options, wishes: ApplyOptions, talk: Prompter
) -> Outcome | None:
    """Put a backup back, by the same steps as a fix.

    Returns:
        What was done; None where the object was not there and was created.

    Raises:
        ClusterError: it is of another cluster, or a step failed.
        NotKeptError: the change could not stay.
    """

    def planned(live: LiveConfigMap) -> Plan:
        _same_object(session, held, live, wishes)
        return plan.of_data(live, held.data)._replace(undo=held.undo)

    with errors.leaving("nothing was written"):
        _same_cluster(session, held)
    change = apply.LiveChange(planned, "roll back", backup.ROLLBACK)
    try:
        return apply.run(session, change, options, wishes, talk)
    except errors.MissingError:
        with errors.leaving("nothing was written"):
            _create(session, held, wishes, talk)
        return None


def _same_cluster(session: Session, held: Backup) -> None:
    """Make sure that a backup is of this cluster.

    Raises:
        ClusterError: it is of another one.
    """
    difference = held.origin.differs(_here(session))
    if difference:
        raise errors.ClusterError(
            f"{held.path} is of another cluster ({difference}): it was made of context "
            f"`{held.origin.context}` at {held.origin.server}"
        )


def _same_object(session: Session, held: Backup, live: LiveConfigMap, wishes: ApplyOptions) -> None:
    """Where nothing else tells that a backup is of this cluster, its object does.

    Raises:
        ClusterError: it is of another object.
    """
    sure = wishes.accept_risk or (session.cluster_uid and held.origin.uid)
    if not sure and live.manifest["metadata"]["uid"] != held.manifest["metadata"].get("uid"):
        raise errors.ClusterError(
            f"{held.path} may be of another cluster: aws-auth has been made anew since, and we may "
            "not see the uid of kube-system (--accept-lockout-risk goes on all the same)"
        )


def _create(session: Session, held: Backup, wishes: ApplyOptions, talk: Prompter) -> None:
    """Create the object anew, as it was, and look at it.

    Raises:
        ClusterError: it is refused, or not wanted, or not there afterwards.
    """
    metadata = dict(held.manifest["metadata"])
    ties = [name for name in _OF_OTHERS if metadata.get(name)]
    for name in (*_OF_THE_SERVER, *_OF_OTHERS):
        metadata.pop(name, None)
    body = held.manifest | {"metadata": metadata}
    verb = "would be" if wishes.dry_run else "is"
    talk.say(
        f"authmap: there is no aws-auth in the cluster: it {verb} created as the backup has it"
    )
    if ties:
        talk.say(
            f"authmap: without its {' and '.join(ties)}: what they name may be gone, or have made "
            "another one since"
        )
    session.create(body, dry_run=True)
    if wishes.dry_run:
        talk.say("authmap: the API server would take it (dry run); nothing was written")
        return
    if not wishes.yes:
        question = f"create aws-auth in context `{session.context}` ({session.server})?"
        if not talk.ask(question):
            raise errors.ClusterError("the answer is no")
        session.renew()
    try:
        made = session.create(body, dry_run=False) | {"data": held.data}
    except errors.UnreachableError as error:
        error.state = "whether it was created is not known: look at it before anything else"
        raise
    with errors.leaving("aws-auth was created"):
        for attempt in commit.again((errors.UnreachableError,), wishes.verify_timeout):
            with attempt:
                said = _seen(session, LiveConfigMap(session.context, made, Bindings([])), wishes)
    talk.say(f"authmap: {said}")


def _seen(session: Session, made: LiveConfigMap, wishes: ApplyOptions) -> str:
    """Read back what was created, by a fresh login unless that is not wanted.

    There was no map before, so none can have let us in: there is nothing to put back.

    Raises:
        ClusterError: it is not there as it was written, or cannot be read.
    """
    if not wishes.verify:
        return commit.read_back(session, made) or "it is there as it was written"
    fresh = Session(session.context, session.access)
    try:
        return commit.read_back(fresh, made) or "a fresh login finds it as it was written"
    finally:
        fresh.close()
