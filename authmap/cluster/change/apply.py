"""The steps that `fix --apply` and `rollback` share, in a fixed order."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from authmap.cluster import reading
from authmap.cluster.change import backup, commit, guards, owner
from authmap.cluster.change.check import check
from authmap.cluster.change.signals import Phase, StoppedError
from authmap.cluster.change.task import Outcome
from authmap.cluster.kube import errors
from authmap.cluster.kube.errors import ClusterError, Ending
from authmap.files.writers import other_writers

if TYPE_CHECKING:
    from pathlib import Path

    from authmap.cluster.change.guards import Verdict
    from authmap.cluster.change.plan import Plan
    from authmap.cluster.change.task import ApplyOptions, Prompter, Task
    from authmap.cluster.reading import LiveConfigMap


def run(task: Task, live: LiveConfigMap) -> Outcome:
    """Plan, guard, back up, ask, rehearse, write, read back, and log in again.

    Args:
        task: what to do.
        live: the object as it was read.

    Raises:
        ClusterError: a step failed; the error says what state the cluster is in.
        StoppedError: a signal came before the write; nothing was written.
    """
    say, apply_options = task.prompter.say, task.apply_options
    with errors.leaving("nothing was written"):
        plan = task.plan(live)
        task.prompter.show(plan)
        if not plan.changed:
            return Outcome(plan, written=False)
        verdict = _run_guards(task, plan)
        _report_owners(task, plan.live)
        if apply_options.dry_run:
            commit.rehearse(task.session, plan)
            say("authmap: the API server accepts the change (dry run); nothing was written")
            return Outcome(plan, written=False)
        saved = _save_backup(task, plan)
        done = Outcome(plan, written=True, backup=saved)
        try:
            asked = _ask(task, plan)
            for attempt in commit.again((errors.ConflictError,)):
                with attempt:
                    task.signals.enter(Phase.STOP)
                    if asked or attempt.retry_state.attempt_number > 1:
                        known, plan = plan, _plan_again(task, plan)
                        if not plan.changed:
                            _discard_backup(task, saved)
                            return Outcome(plan, written=False)
                        if (known.live.version, known.data) != (plan.live.version, plan.data):
                            saved = _save_backup(task, plan, saved)
                        verdict = _run_guards(task, plan)
                        asked = False
                    commit.rehearse(task.session, plan)
                    if not saved.exists():
                        saved = _save_backup(task, plan, saved)
                    done = _outcome(task, plan, verdict, saved)
                    with task.signals.during(Phase.WRITE, then=Phase.WRITTEN):
                        written = commit.write(task.session, plan)
        except BaseException as error:
            task.signals.enter(Phase.DONE)
            raise _failed(task, error, done._replace(backup=saved)) from None
    try:
        check(task, plan, written, verdict)
    except ClusterError as error:
        if error.ending is not Ending.RESTORED:
            task.prompter.made(done, unknown=error.ending is Ending.UNKNOWN)
        raise
    task.prompter.made(done)
    return done


def _failed(task: Task, error: BaseException, done: Outcome) -> BaseException:
    """The error to raise if the write failed or was stopped; discards the backup of no change.

    Args:
        task: the task.
        error: what happened.
        done: the outcome, if the change was made.
    """
    # once a write was sent, only a definite refusal proves that it was not made
    refused = isinstance(error, ClusterError) and not error.state
    if done.backup and (refused or not task.signals.sent):
        _discard_backup(task, done.backup)
    elif isinstance(error, StoppedError):
        error = ClusterError(f"{error} before the answer to the write").leaves(
            Ending.UNKNOWN, "it is not known whether the change was made"
        )
    if isinstance(error, ClusterError) and error.ending is Ending.UNKNOWN:
        task.prompter.made(done, unknown=True)
    if isinstance(error, errors.ConflictError):
        return errors.ConflictError(
            f"{commit.ATTEMPTS} times in a row, somebody else changed the object between read and "
            "write: run again when they are done"
        )
    return error


def _outcome(task: Task, plan: Plan, verdict: Verdict, saved: Path) -> Outcome:
    """The outcome of a run, if its write is made."""
    risk = bool(verdict.doubts or guards.objections(plan.back, task.options))
    return Outcome(plan, True, saved, risk, bool(guards.gains_by_name(plan.back)))


def _save_backup(task: Task, plan: Plan, old: Path | None = None) -> Path:
    """Write a backup; it replaces an old one whose change was not made."""
    saved = backup.save(
        plan.live,
        backup.Origin.of(task.session),
        task.apply_options.backup_dir,
        task.label,
        plan.back.edits,
        plan.data,
    )
    if old:
        with suppress(OSError):  # no rollback takes it: its change was not made
            backup.discard(old)
    task.prompter.say(f"authmap: backup: {saved}{f', replacing {old.name}' if old else ''}")
    others = other_writers(saved)
    if others:
        task.prompter.say(
            f"authmap: warning: {others.why}, so a rollback does not trust this backup: choose "
            "another folder with --backup-dir, or take away that access"
        )
    return saved


def _discard_backup(task: Task, saved: Path) -> None:
    """Remove a backup whose change was not made, so that no rollback picks it."""
    try:
        backup.discard(saved)
    except OSError as error:
        said = f"nothing was changed, but the unused backup {saved} cannot be removed: "
        task.prompter.say(f"authmap: {said}{error.strerror}")
    else:
        task.prompter.say(f"authmap: nothing was changed; removed the unused backup {saved.name}")


def _run_guards(task: Task, plan: Plan) -> Verdict:
    """Run the guards and report what they found.

    Raises:
        GuardError: somebody would be locked out or gain access, or might be locked out, and that
            is not accepted.
    """
    say, apply_options = task.prompter.say, task.apply_options
    verdict = guards.check(plan, task.session, task.options)
    for remark in verdict.remarks:
        say(f"authmap: {remark}")
    since = "changed since the backup; the rollback would change it back: "
    list_some(task.prompter, since, plan.others)
    list_some(task.prompter, GAINED, verdict.gains)
    for doubt in verdict.doubts:
        say(f"authmap: lockout risk: {doubt}")
    if not apply_options.accept_gain:
        for gain in guards.gains_by_name(plan) if plan.result is None else ():
            raise guards.GuardError(
                f"the rollback would {gain}: delete that binding, then run again; "
                "--accept-access-gain continues anyway"
            )
        require_gain_accepted(verdict.gains, apply_options)
    if verdict.doubts and not apply_options.accept_risk:
        raise guards.GuardError("cannot rule out a lockout; --accept-lockout-risk continues anyway")
    if plan.others and apply_options.yes and not apply_options.accept_risk:
        raise guards.GuardError(
            "changes that others made since the backup would be lost: leave out --yes to be asked "
            "about them; --accept-lockout-risk continues anyway"
        )
    return verdict


SHOWN = 20
"""The number of changes that are listed one by one."""
GAINED = "access gained: the rollback would "


def list_some(
    prompter: Prompter, what: str, items: list[str], rest: str = "the diff shows them"
) -> None:
    """Print the first items of a list, and how many more there are.

    Args:
        prompter: prints them.
        what: the beginning of each line.
        items: the items.
        rest: where to find the others.
    """
    for item in items[:SHOWN]:
        prompter.say(f"authmap: {what}{item}")
    if len(items) > SHOWN:
        prompter.say(f"authmap: {what.partition(':')[0]}: {len(items) - SHOWN} more; {rest}")


def require_gain_accepted(gains: list[str], apply_options: ApplyOptions) -> None:
    """Refuse to let somebody gain access without a question.

    Raises:
        GuardError: `--yes` skips the question, and the gain is not accepted.
    """
    if gains and apply_options.yes and not apply_options.accept_gain:
        raise guards.GuardError(
            "the rollback would give somebody access: leave out --yes to be asked about it; "
            "--accept-access-gain continues anyway"
        )


def _report_owners(task: Task, live: LiveConfigMap) -> None:
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
        task.prompter.say(f"authmap: {each.name} writes this object ({each.evidence}) and {effect}")
    if (
        any(each.overwrites for each in found)
        and task.apply_options.yes
        and not task.apply_options.override_owner
    ):
        raise ClusterError("the change would be overwritten; --override-owner continues anyway")


def unattended(
    task: Task, *, gains: bool = False, others: bool = False, owned: bool = False
) -> str:
    """What to do if there is no terminal for the question.

    Args:
        task: the task.
        gains: whether somebody would gain access.
        others: whether changes by others would be lost.
        owned: whether an owner will overwrite the change.
    """
    if task.must_ask:
        return f"run it on one, because {task.must_ask}"
    options = (
        (gains and not task.apply_options.accept_gain, "--accept-access-gain"),
        (others and not task.apply_options.accept_risk, "--accept-lockout-risk"),
        (owned and not task.apply_options.override_owner, "--override-owner"),
    )
    needed = " ".join(option for holds, option in options if holds)
    return f"use --yes{f' {needed}' if needed else ''} to skip the question"


def _ask(task: Task, plan: Plan) -> bool:
    """Ask whether to continue, unless `--yes` was given.

    Returns:
        Whether the user was asked. The answer may have taken any time, so the caller must read
        the object again.

    Raises:
        ClusterError: the user declined, or there is no terminal to ask on.
    """
    if task.apply_options.yes:
        return False
    number = len({(e.section, e.arn) for e in plan.edits})
    entries = f"{number} {'entry' if number == 1 else 'entries'}"
    where = f"context `{task.session.context}` ({task.session.server})"
    overwritten = any(each.overwrites for each in owner.owners(plan.live.manifest))
    gains = bool(guards.rollback_gains(plan))
    instead = unattended(task, gains=gains, others=bool(plan.others), owned=overwritten)
    if not task.prompter.ask(f"{task.verb} {entries} in {where}?", instead=instead):
        raise ClusterError("cancelled")
    task.session.renew()
    return True


def _plan_again(task: Task, plan: Plan) -> Plan:
    """Read and plan again; ask again if the change or the owners are different now.

    Raises:
        ClusterError: they are different, and `--yes` skips the question or the user declined.
    """
    while True:
        bindings = reading.bindings(task.session)
        try:
            manifest = reading.config_map(task.session)
        except errors.MissingError:
            raise errors.GoneError from None
        fresh = task.plan(plan.live._replace(manifest=manifest, bindings=bindings))
        others = owner.owners(manifest) != owner.owners(plan.live.manifest)
        if others:
            _report_owners(task, fresh.live)
        if set(fresh.edits) != set(plan.edits):
            task.prompter.say(
                "authmap: the map or a binding changed in the meantime; the change is now:"
            )
            task.prompter.show(fresh)
            if task.apply_options.yes and fresh.changed:
                raise ClusterError("the change is no longer the one that --yes approved: run again")
        elif not others:
            return fresh
        if not fresh.changed or not _ask(task, fresh):
            return fresh
        plan = fresh
