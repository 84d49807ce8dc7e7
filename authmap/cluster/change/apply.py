"""`fix --apply` and `rollback`: one order of steps, whatever is to be written."""

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
    from authmap.model.options import Options


class ApplyOptions(NamedTuple):
    """What the person asked for.

    Attributes:
        yes: do not ask.
        accept_risk: go on although it is not sure that we keep our access.
        override_owner: go on although a source will overwrite the change, without asking.
        dry_run: write nothing.
        verify: log in afresh afterwards.
        verify_timeout: for how long, in seconds.
        backup_dir: where backups go; None for the user's state folder.
    """

    yes: bool = False
    accept_risk: bool = False
    override_owner: bool = False
    dry_run: bool = False
    verify: bool = True
    verify_timeout: float = 60.0
    backup_dir: str | None = None


class Prompter(Protocol):
    """How the person is spoken to."""

    def say(self, text: str) -> None:
        """Say something on standard error."""

    def show(self, plan: Plan) -> None:
        """Show what is to change."""

    def ask(self, question: str) -> bool:
        """Ask a question whose answer is no unless it is yes.

        Raises:
            ClusterError: there is nobody to ask.
        """

    def made(self, done: Outcome, *, lost: bool = False) -> None:
        """Say that a change is made, and how to take it back; where we are lost, somebody else."""


class LiveChange(NamedTuple):
    """What is to be written, planned anew whenever the object has changed.

    Attributes:
        plan: makes a plan from what was read.
        verb: what is done, in words: `fix`, `roll back`.
        label: of the backups.
    """

    plan: Callable[[LiveConfigMap], Plan]
    verb: str
    label: str = ""


class Outcome(NamedTuple):
    """What was done.

    Attributes:
        plan: what was written, or would be.
        written: whether it was.
        backup: where the object is as it was.
        risk: whether it takes accepting a risk to take it back, as far as that is known today.
    """

    plan: Plan
    written: bool
    backup: Path | None = None
    risk: bool = False


def run(
    session: Session, change: LiveChange, options: Options, wishes: ApplyOptions, talk: Prompter
) -> Outcome:
    """Read, plan, guard, back up, ask, rehearse, write, read back, and log in afresh.

    Raises:
        ClusterError: a step failed; the message says what state the cluster is in.
        NotKeptError: the change could not stay.
    """
    with errors.leaving("nothing was written"):
        plan = change.plan(reading.read(session))
        talk.show(plan)
        if not plan.changed:
            return Outcome(plan, written=False)
        verdict = _guarded(plan, session, options, wishes, talk)
        _heed_owners(plan.live, wishes, talk)
        if wishes.dry_run:
            commit.rehearse(session, plan)
            talk.say("authmap: the API server would take the change (dry run); nothing was written")
            return Outcome(plan, written=False)
        origin = backup.Origin(session.context, session.server, session.cluster_uid)
        saved = _saved(plan, origin, change, wishes, talk)
        sent = False
        try:
            asked = _ask(plan, session, change, wishes, talk)
            for attempt in commit.again((errors.ConflictError,)):
                with attempt:
                    sent = False
                    if asked or attempt.retry_state.attempt_number > 1:
                        known, plan = plan.live, _again(plan, session, change, wishes, talk)
                        if not plan.changed:
                            _discard(saved, talk)
                            return Outcome(plan, written=False)
                        if not _same_object(known, plan.live):
                            saved = _saved(plan, origin, change, wishes, talk, saved)
                        verdict = _guarded(plan, session, options, wishes, talk)
                        asked = False
                    commit.rehearse(session, plan)
                    sent = True
                    written = _written(session, plan, talk)
        except BaseException as error:
            # of what was sent, only a clear no says that it was not written
            refused = isinstance(error, errors.ClusterError) and not error.state
            if refused or not sent:
                _discard(saved, talk)
            if isinstance(error, errors.ConflictError):
                raise errors.ConflictError(
                    f"{commit.ATTEMPTS} times somebody else has written the object between our "
                    "read and our write: run again when they are done"
                ) from None
            raise
    risk = bool(verdict.doubts or guards.objections(plan.back, options))
    done = Outcome(plan, written=True, backup=saved, risk=risk)
    try:
        _settle(session, plan, written, verdict, wishes, talk)
    except KeyboardInterrupt:
        talk.made(done)
        raise
    except commit.NotKeptError as error:
        if not error.restored:
            talk.made(done, lost=True)
        raise
    talk.made(done)
    return done


def _saved(
    plan: Plan,
    origin: backup.Origin,
    change: LiveChange,
    wishes: ApplyOptions,
    talk: Prompter,
    old: Path | None = None,
) -> Path:
    """Make a backup, in place of an old one whose change was not made."""
    saved = backup.save(plan.live, origin, wishes.backup_dir, change.label, plan.back.edits)
    if old:
        backup.discard(old)
    talk.say(f"authmap: backup: {saved}{f', in place of {old.name}' if old else ''}")
    return saved


def _discard(saved: Path, talk: Prompter) -> None:
    """Take a backup away whose change was not made, or a rollback would go back to nothing."""
    backup.discard(saved)
    talk.say(f"authmap: nothing was written, so {saved.name} is gone again")


def _guarded(
    plan: Plan, session: Session, options: Options, wishes: ApplyOptions, talk: Prompter
) -> Verdict:
    """Ask the guards; their doubts must be accepted.

    Raises:
        GuardError: somebody would be locked out, or may be.
    """
    verdict = guards.check(plan, session, options)
    for remark in verdict.remarks:
        talk.say(f"authmap: {remark}")
    for other in plan.others:
        talk.say(f"authmap: somebody has changed this since, and it would be put back: {other}")
    for doubt in verdict.doubts:
        talk.say(f"authmap: not sure: {doubt}")
    if verdict.doubts and not wishes.accept_risk:
        raise guards.GuardError(
            "it is not sure that nobody is locked out (--accept-lockout-risk goes on all the same)"
        )
    if plan.others and wishes.yes and not wishes.accept_risk:
        raise guards.GuardError(
            "what others have changed since would be lost: leave --yes out to be asked about it "
            "(--accept-lockout-risk goes on all the same)"
        )
    return verdict


def _heed_owners(live: LiveConfigMap, wishes: ApplyOptions, talk: Prompter) -> None:
    """Say who else writes the object.

    Raises:
        ClusterError: a source would overwrite the change, and nobody can be asked about that.
    """
    found = owner.owners(live.manifest)
    for each in found:
        effect = "puts back what its source says: change it there" if each.overwrites else (
            "may write it again from its source: change it there too"
        )  # fmt: skip
        talk.say(f"authmap: {each.name} writes this object ({each.evidence}) and {effect}")
    if any(each.overwrites for each in found) and wishes.yes and not wishes.override_owner:
        raise errors.ClusterError(
            "the change would be overwritten (--override-owner goes on all the same)"
        )


def _ask(
    plan: Plan, session: Session, change: LiveChange, wishes: ApplyOptions, talk: Prompter
) -> bool:
    """Ask whether to go on, unless that was said already.

    Returns:
        Whether somebody was asked: nobody knows how long the answer took, and what was read
        before is to be read again.

    Raises:
        ClusterError: the answer is no, or there is nobody to ask.
    """
    if wishes.yes:
        return False
    number = len({(e.section, e.arn) for e in plan.edits})
    entries = f"{number} {'entry' if number == 1 else 'entries'}"
    question = f"{change.verb} {entries} in context `{session.context}` ({session.server})?"
    if not talk.ask(question):
        raise errors.ClusterError("the answer is no")
    session.renew()
    return True


def _same_object(one: LiveConfigMap, other: LiveConfigMap) -> bool:
    return one.version == other.version


def _again(
    plan: Plan, session: Session, change: LiveChange, wishes: ApplyOptions, talk: Prompter
) -> Plan:
    """Read and plan again; another change than before, or another owner, is asked about.

    Raises:
        ClusterError: it is another one, and nobody can be asked, or the answer is no.
    """
    while True:
        bindings = reading.bindings(session)
        try:
            held = reading.config_map(session)
        except errors.MissingError:
            raise errors.GoneError from None
        fresh = change.plan(plan.live._replace(manifest=held, bindings=bindings))
        others = owner.owners(held) != owner.owners(plan.live.manifest)
        if others:
            _heed_owners(fresh.live, wishes, talk)
        if set(fresh.edits) != set(plan.edits):
            talk.say("authmap: the map or a binding has changed meanwhile: this is another change:")
            talk.show(fresh)
            if wishes.yes and fresh.changed:
                raise errors.ClusterError(
                    "what is to change is not what it was, and --yes was not said to that: run "
                    "again"
                )
        elif not others:
            return fresh
        if not fresh.changed or not _ask(fresh, session, change, wishes, talk):
            return fresh
        plan = fresh


def _written(session: Session, plan: Plan, talk: Prompter) -> LiveConfigMap:
    """Write, and say what it means if Ctrl-C comes in the middle of it."""
    try:
        return commit.write(session, plan)
    except KeyboardInterrupt:
        talk.say("authmap: whether the change was made is not known: look at the object")
        raise


def _settle(
    session: Session,
    plan: Plan,
    written: LiveConfigMap,
    verdict: Verdict,
    wishes: ApplyOptions,
    talk: Prompter,
) -> None:
    """Make sure that what was sent is there, and that a fresh login still has its access.

    Raises:
        NotKeptError: it is not, or has not.
        ClusterError: whether it is there cannot be read.
    """
    try:
        commit.as_sent(written, plan.data)
        if not wishes.verify:
            said = commit.read_back(session, written)
            if said:
                talk.say(f"authmap: {said}")
            return
        confirmed = commit.confirm(session, plan, written, verdict, wishes.verify_timeout)
    except KeyboardInterrupt:
        talk.say("authmap: the change is made, and no fresh login has confirmed it")
        raise
    except errors.ClusterError as error:
        altered = isinstance(error, commit.AlteredError)
        if not (wishes.verify or altered):
            error.state = error.state or "the change was made"
            raise
        trouble = "something else was stored" if altered else "a fresh login has failed"
        talk.say(f"authmap: {trouble}: the old map is being put back")
        try:
            commit.put_back(session, plan, written, error)
        except KeyboardInterrupt:
            talk.say("authmap: whether the old map is back is not known: look at the object")
            raise
    else:
        talk.say(f"authmap: {confirmed.text}")
