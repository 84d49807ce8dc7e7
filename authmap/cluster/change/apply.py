"""The steps that `fix --apply` and `rollback` share, in a fixed order."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

from authmap.cluster import reading
from authmap.cluster.change import backup, commit, guards, owner
from authmap.cluster.kube import errors

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from authmap.cluster.change.guards import Verdict
    from authmap.cluster.change.plan import Plan
    from authmap.cluster.kube.session import Session
    from authmap.cluster.reading import LiveConfigMap
    from authmap.model.options import RunOptions


class ApplyOptions(NamedTuple):
    """What the user asked for.

    Attributes:
        yes: skip the question.
        accept_risk: continue even if a lockout cannot be ruled out.
        override_owner: with `yes`, continue even if an owner will overwrite the change.
        dry_run: write nothing.
        verify: check the change with a fresh login.
        verify_timeout: how long to keep checking, in seconds.
        backup_dir: folder for backups; None for the user's state folder.
    """

    yes: bool = False
    accept_risk: bool = False
    override_owner: bool = False
    dry_run: bool = False
    verify: bool = True
    verify_timeout: float = 60.0
    backup_dir: str | None = None


class Prompter(Protocol):
    """Talks to the user."""

    def say(self, text: str) -> None:
        """Print a line on standard error."""

    def show(self, plan: Plan) -> None:
        """Show the planned change."""

    def ask(self, question: str) -> bool:
        """Ask a yes/no question; the default is no.

        Raises:
            ClusterError: there is no terminal to ask on.
        """

    def made(self, done: Outcome, *, lost: bool = False) -> None:
        """Report a change and the command that undoes it; if `lost`, for somebody else to run."""


class LiveChange(NamedTuple):
    """A change to write; it is planned again whenever the object has changed.

    Attributes:
        plan: makes a plan from the object as it was read.
        verb: the action in words: `fix`, `roll back`.
        label: suffix for the names of the backups.
    """

    plan: Callable[[LiveConfigMap], Plan]
    verb: str
    label: str = ""


class Outcome(NamedTuple):
    """The result of a run.

    Attributes:
        plan: the change that was written, or would be.
        written: whether it was written.
        backup: file with the object as it was before.
        risk: whether undoing the change needs `--accept-lockout-risk`, as far as known now.
    """

    plan: Plan
    written: bool
    backup: Path | None = None
    risk: bool = False


def run(
    session: Session,
    change: LiveChange,
    options: RunOptions,
    apply_options: ApplyOptions,
    prompter: Prompter,
) -> Outcome:
    """Read, plan, guard, back up, ask, rehearse, write, read back, and log in again.

    Raises:
        ClusterError: a step failed; the message says what state the cluster is in.
        NotKeptError: the change was written but had to be undone.
    """
    with errors.leaving("nothing was written"):
        plan = change.plan(reading.read(session))
        prompter.show(plan)
        if not plan.changed:
            return Outcome(plan, written=False)
        verdict = _run_guards(plan, session, options, apply_options, prompter)
        _report_owners(plan.live, apply_options, prompter)
        if apply_options.dry_run:
            commit.rehearse(session, plan)
            prompter.say(
                "authmap: the API server accepts the change (dry run); nothing was written"
            )
            return Outcome(plan, written=False)
        origin = backup.Origin(session.context, session.server, session.cluster_uid)
        saved = _save_backup(plan, origin, change, apply_options, prompter)
        sent = False
        try:
            asked = _ask(plan, session, change, apply_options, prompter)
            for attempt in commit.again((errors.ConflictError,)):
                with attempt:
                    sent = False
                    if asked or attempt.retry_state.attempt_number > 1:
                        known, plan = (
                            plan.live,
                            _plan_again(plan, session, change, apply_options, prompter),
                        )
                        if not plan.changed:
                            _discard_backup(saved, prompter)
                            return Outcome(plan, written=False)
                        if not _same_object(known, plan.live):
                            saved = _save_backup(
                                plan, origin, change, apply_options, prompter, saved
                            )
                        verdict = _run_guards(plan, session, options, apply_options, prompter)
                        asked = False
                    commit.rehearse(session, plan)
                    sent = True
                    written = _write(session, plan, prompter)
        except BaseException as error:
            # once a write was sent, only a definite refusal proves that it was not made
            refused = isinstance(error, errors.ClusterError) and not error.state
            if refused or not sent:
                _discard_backup(saved, prompter)
            if isinstance(error, errors.ConflictError):
                raise errors.ConflictError(
                    f"{commit.ATTEMPTS} times in a row, somebody else changed the object between "
                    "read and write: run again when they are done"
                ) from None
            raise
    risk = bool(verdict.doubts or guards.objections(plan.back, options))
    done = Outcome(plan, written=True, backup=saved, risk=risk)
    try:
        _check_written(session, plan, written, verdict, apply_options, prompter)
    except KeyboardInterrupt:
        prompter.made(done)
        raise
    except commit.NotKeptError as error:
        if not error.restored:
            prompter.made(done, lost=True)
        raise
    prompter.made(done)
    return done


def _save_backup(
    plan: Plan,
    origin: backup.Origin,
    change: LiveChange,
    apply_options: ApplyOptions,
    prompter: Prompter,
    old: Path | None = None,
) -> Path:
    """Write a backup; it replaces an old one whose change was not made."""
    saved = backup.save(plan.live, origin, apply_options.backup_dir, change.label, plan.back.edits)
    if old:
        backup.discard(old)
    prompter.say(f"authmap: backup: {saved}{f', replacing {old.name}' if old else ''}")
    return saved


def _discard_backup(saved: Path, prompter: Prompter) -> None:
    """Remove a backup whose change was not made, so that no rollback picks it."""
    backup.discard(saved)
    prompter.say(f"authmap: nothing was changed; removed the unused backup {saved.name}")


def _run_guards(
    plan: Plan,
    session: Session,
    options: RunOptions,
    apply_options: ApplyOptions,
    prompter: Prompter,
) -> Verdict:
    """Run the guards and report what they found.

    Raises:
        GuardError: somebody would be locked out, or might be and the risk is not accepted.
    """
    verdict = guards.check(plan, session, options)
    for remark in verdict.remarks:
        prompter.say(f"authmap: {remark}")
    for other in plan.others:
        prompter.say(
            f"authmap: changed since the backup; the rollback would change it back: {other}"
        )
    for doubt in verdict.doubts:
        prompter.say(f"authmap: lockout risk: {doubt}")
    if verdict.doubts and not apply_options.accept_risk:
        raise guards.GuardError("cannot rule out a lockout; --accept-lockout-risk continues anyway")
    if plan.others and apply_options.yes and not apply_options.accept_risk:
        raise guards.GuardError(
            "changes that others made since the backup would be lost: leave out --yes to be asked "
            "about them; --accept-lockout-risk continues anyway"
        )
    return verdict


def _report_owners(live: LiveConfigMap, apply_options: ApplyOptions, prompter: Prompter) -> None:
    """Report who else writes the object.

    Raises:
        ClusterError: an owner would overwrite the change, and `--yes` skips the question.
    """
    found = owner.owners(live.manifest)
    for each in found:
        effect = (
            "will overwrite the change: change its source instead"
            if each.overwrites
            else "may overwrite the change when it runs again: change its source too"
        )
        prompter.say(f"authmap: {each.name} writes this object ({each.evidence}) and {effect}")
    if (
        any(each.overwrites for each in found)
        and apply_options.yes
        and not apply_options.override_owner
    ):
        raise errors.ClusterError(
            "the change would be overwritten; --override-owner continues anyway"
        )


def _ask(
    plan: Plan,
    session: Session,
    change: LiveChange,
    apply_options: ApplyOptions,
    prompter: Prompter,
) -> bool:
    """Ask whether to continue, unless `--yes` was given.

    Returns:
        Whether the user was asked. The answer may have taken any time, so the caller must read
        the object again.

    Raises:
        ClusterError: the user declined, or there is no terminal to ask on.
    """
    if apply_options.yes:
        return False
    number = len({(e.section, e.arn) for e in plan.edits})
    entries = f"{number} {'entry' if number == 1 else 'entries'}"
    question = f"{change.verb} {entries} in context `{session.context}` ({session.server})?"
    if not prompter.ask(question):
        raise errors.ClusterError("cancelled")
    session.renew()
    return True


def _same_object(one: LiveConfigMap, other: LiveConfigMap) -> bool:
    return one.version == other.version


def _plan_again(
    plan: Plan,
    session: Session,
    change: LiveChange,
    apply_options: ApplyOptions,
    prompter: Prompter,
) -> Plan:
    """Read and plan again; ask again if the change or the owners are different now.

    Raises:
        ClusterError: they are different, and `--yes` skips the question or the user declined.
    """
    while True:
        bindings = reading.bindings(session)
        try:
            manifest = reading.config_map(session)
        except errors.MissingError:
            raise errors.GoneError from None
        fresh = change.plan(plan.live._replace(manifest=manifest, bindings=bindings))
        others = owner.owners(manifest) != owner.owners(plan.live.manifest)
        if others:
            _report_owners(fresh.live, apply_options, prompter)
        if set(fresh.edits) != set(plan.edits):
            prompter.say(
                "authmap: the map or a binding changed in the meantime; the change is now:"
            )
            prompter.show(fresh)
            if apply_options.yes and fresh.changed:
                raise errors.ClusterError(
                    "the change is no longer the one that --yes approved: run again"
                )
        elif not others:
            return fresh
        if not fresh.changed or not _ask(fresh, session, change, apply_options, prompter):
            return fresh
        plan = fresh


def _write(session: Session, plan: Plan, prompter: Prompter) -> LiveConfigMap:
    """Write; warn that the state is unknown if Ctrl-C interrupts it."""
    try:
        return commit.write(session, plan)
    except KeyboardInterrupt:
        prompter.say("authmap: cannot tell whether the change was made: check the object")
        raise


def _check_written(
    session: Session,
    plan: Plan,
    written: LiveConfigMap,
    verdict: Verdict,
    apply_options: ApplyOptions,
    prompter: Prompter,
) -> None:
    """Check that the object is stored as sent, and that a fresh login still has access.

    Raises:
        NotKeptError: a check failed and the change was undone, or could not be.
        ClusterError: the object cannot be read.
    """
    try:
        commit.as_sent(written, plan.data)
        if not apply_options.verify:
            remark = commit.read_back(session, written)
            if remark:
                prompter.say(f"authmap: {remark}")
            return
        confirmed = commit.confirm(session, plan, written, verdict, apply_options.verify_timeout)
    except KeyboardInterrupt:
        prompter.say("authmap: the change was made, but no fresh login has confirmed it")
        raise
    except errors.ClusterError as error:
        altered = isinstance(error, commit.AlteredError)
        if not (apply_options.verify or altered):
            error.state = error.state or "the change was made"
            raise
        trouble = "something else was stored" if altered else "a fresh login failed"
        prompter.say(f"authmap: {trouble}: restoring the old map")
        try:
            commit.restore(session, plan, written, error)
        except KeyboardInterrupt:
            prompter.say("authmap: cannot tell whether the old map was restored: check the object")
            raise
    else:
        prompter.say(f"authmap: {confirmed.text}")
