"""What the steps of a change work with: the task, its options, and its outcome."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from authmap.cluster.change.plan import Plan
    from authmap.cluster.change.signals import Signals
    from authmap.cluster.kube.session import Session
    from authmap.cluster.reading import LiveConfigMap
    from authmap.model.options import RunOptions


class ApplyOptions(NamedTuple):
    """What the user asked for.

    Attributes:
        yes: skip the question.
        accept_risk: continue even if a lockout cannot be ruled out.
        accept_gain: continue even if a rollback lets somebody gain access.
        override_owner: with `yes`, continue even if an owner will overwrite the change.
        dry_run: write nothing.
        verify: check the change with a fresh login.
        verify_timeout: how long to keep checking, in seconds.
        backup_dir: folder for backups; None for the user's state folder.
    """

    yes: bool = False
    accept_risk: bool = False
    accept_gain: bool = False
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

    @property
    def can_ask(self) -> bool:
        """Whether there is a terminal to ask on."""

    def ask(self, question: str, *, default: bool = False, instead: str = "") -> bool:
        """Ask a yes/no question.

        Args:
            question: the question.
            default: the answer if only Enter is pressed.
            instead: what to do if there is no terminal to ask on.

        Raises:
            ClusterError: there is no terminal, or the input ends without an answer.
        """

    def made(self, done: Outcome, *, unknown: bool = False) -> None:
        """Report a change and the command that undoes it.

        Args:
            done: the change.
            unknown: whether it is not known if the change is in place, or somebody else has to
                undo it.
        """

    def created(self, context: str, *, unknown: bool = False) -> None:
        """Report an object that was created, and the command that deletes it.

        Args:
            context: the context of the cluster.
            unknown: whether it is not known if the object was created, and how.
        """


class Task(NamedTuple):
    """A change of a live map, and all that it needs.

    Attributes:
        session: the session that reads and writes.
        plan: makes a plan from the object as it was read; called again if the object has changed.
        verb: the action in words: `fix`, `roll back`.
        label: suffix for the names of the backups.
        options: the options of the rules.
        apply_options: what the user asked for.
        prompter: talks to the user.
        signals: handles Ctrl-C and the like.
        must_ask: why the question may not be skipped; "" if it may.
    """

    session: Session
    plan: Callable[[LiveConfigMap], Plan]
    verb: str
    label: str
    options: RunOptions
    apply_options: ApplyOptions
    prompter: Prompter
    signals: Signals
    must_ask: str = ""


class Outcome(NamedTuple):
    """The result of a run.

    Attributes:
        plan: the change that was written, or would be.
        written: whether it was written.
        backup: file with the object as it was before.
        risk: whether undoing the change needs `--accept-lockout-risk`, as far as known now.
        gain: whether undoing the change needs `--accept-access-gain`, as far as known now.
    """

    plan: Plan
    written: bool
    backup: Path | None = None
    risk: bool = False
    gain: bool = False
