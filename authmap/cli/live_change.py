"""Fix the maps of live clusters and roll back; imported only if `--context` is given."""

from __future__ import annotations

import sys
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from authmap.cli import console
from authmap.cli.live import connection_of, one, read_all, warn_if_deleted
from authmap.cli.shell import command_line, program, quoted
from authmap.cluster import reading
from authmap.cluster.change import apply, backup, plan, rollback
from authmap.cluster.change.signals import Phase, Signals, StoppedError
from authmap.cluster.change.task import ApplyOptions, Task
from authmap.cluster.kube.client import server_of
from authmap.cluster.kube.errors import ClusterError, Ending, leaving
from authmap.cluster.kube.kubeconfig import contexts, login
from authmap.cluster.kube.session import Session
from authmap.config.settings import COMMAND_LINE, DEFAULT
from authmap.linting.run import Run
from authmap.syntax.printable import safe
from authmap.usernames.rename import rename_targets

if TYPE_CHECKING:
    from collections.abc import Iterator

    from authmap.cli.option_groups import ClusterSelection
    from authmap.cluster.change.plan import Plan
    from authmap.cluster.change.task import Outcome
    from authmap.config.settings import Settings

EXIT_CODES = {
    Ending.NOTHING_WRITTEN: 2,
    Ending.RESTORED: 3,
    Ending.UNKNOWN: 4,
    Ending.UNCONFIRMED: 130,
}
"""Exit codes of a change that failed or was stopped."""


class Person:
    """The user at the terminal."""

    def __init__(
        self, settings: Settings, selection: ClusterSelection, apply_options: ApplyOptions
    ) -> None:
        self._settings = settings
        self._selection = selection
        self._apply_options = apply_options

    def say(self, text: str) -> None:
        """Print a line on standard error."""
        console.say(text)

    def show(self, plan: Plan) -> None:
        """Print the diff, and report what it fixes and what it does not."""
        diff(plan)
        if plan.result is not None:
            where, names = f" in context `{plan.live.context}`", self._settings.options.rename
            console.tell_unknown(names, rename_targets([plan.before]), where)
            verbose = self._selection.verbosity.full
            console.tell_fixed(plan.result, "would fix", self._settings.fail_on, verbose=verbose)
            if plan.renamed:
                self._tell_template()
        if not plan.changed:
            console.say(f"authmap: nothing to change in context `{plan.live.context}`")

    def _tell_template(self) -> None:
        """Report the configuration file if it says which usernames are written."""
        name = "username-template"
        if self._settings.origins[name] not in (COMMAND_LINE, DEFAULT):
            console.say(f"authmap: usernames follow `{name}` in {self._settings.origin(name)}")

    @property
    def can_ask(self) -> bool:
        """Whether there is a terminal to ask on."""
        return console.is_terminal(sys.stderr) and bool(sys.stdin and sys.stdin.isatty())

    def ask(self, question: str, *, default: bool = False, instead: str = "") -> bool:
        """Ask a yes/no question on the terminal; see `Prompter`.

        Raises:
            ClusterError: there is no terminal, or it is closed.
        """
        if not self.can_ask:
            raise ClusterError(f"not a terminal: {instead}")
        try:
            return typer.confirm(safe(question), default=default, err=True)
        except (typer.Abort, OSError):
            raise ClusterError("the question got no answer") from None

    def made(self, done: Outcome, *, unknown: bool = False) -> None:
        """Report what was changed, and the command that undoes it; see `Prompter`."""
        if done.backup is None:
            return
        context, keys = done.plan.live.context, " and ".join(done.plan.changed)
        saved = str(done.backup.absolute())
        if unknown:
            self._tell_how_to_look(context)
            console.say(f"authmap: to undo the change of {keys}:")
        else:
            console.say(f"authmap: {keys} of context `{context}` changed; to undo it:")
        command = [*program(), "rollback", "--context", context, "--to", saved]
        if self._apply_options.backup_dir:
            command += ["--backup-dir", str(Path(self._apply_options.backup_dir).absolute())]
        command += ["--accept-lockout-risk"] if done.risk else []
        command += ["--accept-access-gain"] if done.gain else []
        command += ["--override-owner"] if self._apply_options.override_owner else []
        config = self._settings.config.path
        command += ["--config", str(Path(config).absolute())] if config else ["--no-config"]
        self._print_command(command)
        if unknown:
            console.say("authmap: or, without authmap:")
            # kubectl refuses to replace a newer object than the one with this resourceVersion
            version = f"grep -v '^  resourceVersion: ' {quoted(saved)}"
            self._print_command(["kubectl", "--context", context, "replace", "-f", "-"], version)

    def created(self, context: str, *, unknown: bool = False) -> None:
        """Report an object that was created; see `Prompter`."""
        if unknown:
            self._tell_how_to_look(context)
            console.say(f"authmap: to delete aws-auth in context `{context}` again:")
        else:
            console.say(f"authmap: aws-auth was created in context `{context}`; to undo it:")
        self._print_kubectl(context, "delete")

    def _tell_how_to_look(self, context: str) -> None:
        console.say("authmap: to look at the map:")
        self._print_kubectl(context, "get", "-o", "yaml")

    def _print_kubectl(self, context: str, verb: str, *options: str) -> None:
        where = ["-n", "kube-system", "configmap/aws-auth"]
        self._print_command(["kubectl", "--context", context, verb, *where, *options])

    def _print_command(self, command: list[str], source: str = "") -> None:
        """Print a command, with one before it whose output it reads."""
        pipe = f"{source} | " if source else ""
        console.say(f"    {pipe}{command_line(command, self._selection)}")


def diff(plan: Plan) -> None:
    """Print the diff of each changed key of a live object."""
    from authmap.render.diff import render

    coloured = console.colour(sys.stdout)
    for key in plan.changed:
        before, after = (data.get(key, "").encode() for data in (plan.live.data, plan.data))
        name = f"{plan.live.context}/kube-system/aws-auth/{key}"
        shown = coloured or console.is_terminal(sys.stdout)
        console.out(render(name, before, after, colour=coloured, shown=shown))


def preview(selection: ClusterSelection, settings: Settings) -> int:
    """Print the diff that `--apply` would make, and return the exit code."""
    code = 0
    for context, found in read_all(selection):
        if isinstance(found, ClusterError):
            console.say(f"authmap: error: context:{context}: {found}")
            code = 2
            continue
        warn_if_deleted(found)
        planned = plan.of_fix(found, settings.options_for(found.path))
        Person(settings, selection, ApplyOptions()).show(planned)
        if found.bindings.missing and planned.renamed:
            console.say(
                "authmap: cannot check whether a binding names an old username: you "
                f"{found.bindings.missing}"
            )
        code = max(code, int(bool(planned.changed)), _left(planned, settings))
    return code


def _left(planned: Plan, settings: Settings) -> int:
    """1 if a remaining finding fails the run, else 0."""
    left = planned.result.remaining if planned.result else []
    return Run(left, [], [], 1, 1, fail_on=settings.fail_on).exit_code()


@contextmanager
def _write_session(context: str, selection: ClusterSelection) -> Iterator[tuple[Session, Signals]]:
    """A session for changing a cluster; errors are reported with its context.

    Raises:
        SystemExit: the change failed or was stopped.
    """
    signals = Signals(console.say)
    try:
        with signals:
            session = Session(context, connection_of(selection))
            try:
                yield session, signals
            finally:
                signals.enter(Phase.DONE)
                session.close()
    except ClusterError as error:
        ended = error
    except StoppedError as stopped:
        ended = ClusterError(str(stopped))
        if signals.sent:
            ended.leaves(Ending.UNKNOWN, "it is not known whether the change was made")
        else:
            ended.leaves(Ending.NOTHING_WRITTEN, "nothing was written")
    else:
        return
    console.say(f"authmap: error: context:{context}: {ended}")
    raise SystemExit(EXIT_CODES[ended.ending])


def fix(selection: ClusterSelection, settings: Settings, apply_options: ApplyOptions) -> int:
    """Fix the map of a cluster and return the exit code."""
    context = one(selection)
    options = settings.options_for(reading.path(context))
    person = Person(settings, selection, apply_options)
    with _write_session(context, selection) as (session, signals):
        with leaving("nothing was written"):
            live = reading.read(session)
        task = Task(
            session,
            lambda live: plan.of_fix(live, options),
            "fix",
            "",
            options,
            apply_options,
            person,
            signals,
        )
        done = apply.run(task, live)
    return _left(done.plan, settings)


def restore(
    selection: ClusterSelection, settings: Settings, apply_options: ApplyOptions, to: str | None
) -> int:
    """Restore a backup and return the exit code."""
    context = one(selection)
    person = Person(settings, selection, apply_options)
    with _write_session(context, selection) as (session, signals):
        rollback.run(session, to, settings.options, apply_options, person, signals)
    return 0


def listing(selection: ClusterSelection, chosen: str | None) -> str:
    """The backups of contexts, newest first, one per line; no cluster is contacted."""
    shown = ""
    for context in contexts(selection.contexts, connection_of(selection), every=selection.all):
        paths = backup.listed(context, chosen)
        if not paths:
            console.say(f"authmap: no backup of context `{context}`")
        found = login(context, connection_of(selection))
        server = server_of(found) if found else None
        shown += "".join(f"{path}{_elsewhere(path, server)}\n" for path in paths)
    return shown


def _elsewhere(path: Path, server: str | None) -> str:
    """A note on a backup whose server is not the one that the context names today."""
    with suppress(ClusterError):  # not a backup: no note
        there = backup.load(path).header.origin.server
        return f"  (from another server: {safe(there)})" if server not in (there, None) else ""
    return ""
