"""`authmap rollback`: restore a backup."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

from authmap.cluster import reading
from authmap.cluster.change import apply, backup, plan
from authmap.cluster.change.create import create
from authmap.cluster.change.task import Task
from authmap.cluster.kube import errors
from authmap.files.writers import other_writers

if TYPE_CHECKING:
    from authmap.cluster.change.backup import Backup, Header
    from authmap.cluster.change.plan import Plan
    from authmap.cluster.change.signals import Signals
    from authmap.cluster.change.task import ApplyOptions, Prompter
    from authmap.cluster.kube.session import Session
    from authmap.cluster.reading import LiveConfigMap
    from authmap.model.options import RunOptions


def run(
    session: Session,
    to: str | None,
    options: RunOptions,
    apply_options: ApplyOptions,
    prompter: Prompter,
    signals: Signals,
) -> None:
    """Restore a backup, with the same steps as a fix; create the object if it is gone.

    Args:
        session: a session with the cluster.
        to: path of a backup, or its file name in the context's folder; None for the latest fix
            that is in effect.
        options: the options of the rules.
        apply_options: what the user asked for.
        prompter: talks to the user.
        signals: handles Ctrl-C and the like.

    Raises:
        ClusterError: there is no such backup, it is of another cluster, or a step failed.
    """
    with errors.leaving("nothing was written"):
        live = _read(session)
        saved = _pick(session, to, live, apply_options.backup_dir, prompter)
        prompter.say(f"authmap: restoring {saved.path}")
        _same_cluster(session, saved)
        others = _other_writers(saved.path, apply_options, prompter)

    def planned(live: LiveConfigMap) -> Plan:
        _same_object(session, saved, live, apply_options)
        return plan.of_data(live, saved.data)._replace(undo=saved.header.undo)

    task = Task(
        session,
        planned,
        "roll back",
        backup.ROLLBACK,
        options,
        apply_options,
        prompter,
        signals,
        must_ask=others,
    )
    if live is not None:
        apply.run(task, live)
        return
    with errors.leaving("nothing was written"):
        create(task, saved)


def _read(session: Session) -> LiveConfigMap | None:
    """The object; None if it does not exist."""
    try:
        return reading.read(session)
    except errors.MissingError:
        return None


def _pick(
    session: Session,
    to: str | None,
    live: LiveConfigMap | None,
    chosen: str | None,
    prompter: Prompter,
) -> Backup:
    """The backup to restore; see `run`.

    Raises:
        ClusterError: there is no such backup, or it cannot be read.
    """
    context = session.context
    paths = backup.listed(context, chosen)
    if to is None:
        here = backup.Origin.of(session)
        own = backup.of_cluster(
            paths, here, lambda error: prompter.say(f"authmap: skipped: {error}")
        )
        if not own:
            others = ", only backups of another cluster (--list shows them)" if paths else ""
            where = backup.folder(context, chosen)
            raise errors.ClusterError(f"no backup of context `{context}` in {where}{others}")
        return backup.load(_latest(own, live))
    names = {path.name: path for path in paths}
    if to not in names and not Path(to).exists():
        near = get_close_matches(to, names, 1, 0.5)
        hint = f"; did you mean {near[0]}?" if near else "; --list shows the backups"
        raise errors.ClusterError(f"{to}: no such backup{hint}")
    return backup.load(names.get(to, Path(to)))


def _latest(own: list[tuple[Path, Header]], live: LiveConfigMap | None) -> Path:
    """The backup of the latest fix that is in effect: to undo a rollback, `--to` is required.

    If the object is gone, no change is in effect, and the backup of the latest fix counts.

    Args:
        own: the backups of this cluster, the latest change first. Contexts of two kubeconfigs may
            have the same name, and so share a folder.
        live: the object; None if it is gone.

    Raises:
        ClusterError: there is no such backup.
    """
    fixes = [each for each in own if not each[0].stem.endswith(backup.ROLLBACK)]
    if not fixes:
        raise errors.ClusterError(
            f"{own[0][0].parent} has only backups made by rollbacks: to undo the last rollback, "
            f"use `--to {own[0][0].name}`"
        )
    if live is None:
        return fixes[0][0]
    now = backup.digest(live.data)
    in_effect = [path for path, header in fixes if header.after == now]
    if in_effect:
        return in_effect[0]
    latest, header = fixes[0]
    why = "it was undone, or somebody has changed the map since"
    if header.after is None:
        why = "the latest backup was made by an older authmap, which did not record that"
    raise errors.ClusterError(
        f"no fix that has a backup is known to be in effect: {why}. To restore the map as it was "
        f"before the latest fix, use `--to {latest.name}`; it shows what would change back"
    )


def _other_writers(path: Path, apply_options: ApplyOptions, prompter: Prompter) -> str:
    """Who else could have written a backup, in words; "" if nobody could.

    Raises:
        ClusterError: anybody could have, or others could and `--yes` skips the question.
    """
    try:
        others = other_writers(path)
    except OSError as error:
        raise errors.ClusterError(f"{path}: {error.strerror}") from None
    if others is None:
        return ""
    if others.anybody:
        raise errors.ClusterError(
            f"{others.why}, so the backup may not be what authmap wrote: check what it restores, "
            "take away that permission (`chmod go-w`), then run again"
        )
    prompter.say(
        f"authmap: warning: {others.why}, so the backup may not be what authmap wrote: check the "
        "diff below"
    )
    if apply_options.yes:
        raise errors.ClusterError(
            f"{others.why}: leave out --yes to be asked about its content, or take away that "
            "access first"
        )
    return others.why


def _same_cluster(session: Session, saved: Backup) -> None:
    """Check that a backup is of this cluster.

    Raises:
        ClusterError: it is of another one.
    """
    difference = saved.header.origin.differs(backup.Origin.of(session))
    if difference:
        raise errors.ClusterError(
            f"{saved.path} is a backup of another cluster ({difference}): context "
            f"`{saved.header.origin.context}` at {saved.header.origin.server}"
        )


def _same_object(
    session: Session, saved: Backup, live: LiveConfigMap, apply_options: ApplyOptions
) -> None:
    """Check a backup by the uid of its object if the uid of the cluster is unknown.

    Raises:
        ClusterError: the backup is of another object.
    """
    sure = apply_options.accept_risk or (session.cluster_uid and saved.header.origin.uid)
    if not sure and live.manifest["metadata"]["uid"] != saved.manifest["metadata"].get("uid"):
        raise errors.ClusterError(
            f"{saved.path} may be of another cluster: aws-auth was recreated since, and you may "
            "not read the uid of kube-system; --accept-lockout-risk continues anyway"
        )
