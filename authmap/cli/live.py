"""What the commands do on live clusters; imported only if `--context` is given."""

from __future__ import annotations

import shlex
import signal
import sys
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import typer

from authmap.api import lint_data
from authmap.cli import console, many
from authmap.cluster import reading
from authmap.cluster.change import apply, backup, plan, rollback
from authmap.cluster.change.commit import NotKeptError
from authmap.cluster.kube.client import server_of
from authmap.cluster.kube.errors import ClusterError, leaving
from authmap.cluster.kube.kubeconfig import ConnectionOptions, contexts, login
from authmap.cluster.kube.session import Session
from authmap.linting.run import Run
from authmap.model.auth_map import AuthMap
from authmap.model.options import OptionError
from authmap.rules.codes import unchecked
from authmap.rules.registry import all_rules
from authmap.syntax.printable import safe
from authmap.usernames.rename import rename_targets

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from authmap.cli.option_groups import ClusterSelection
    from authmap.cluster.change.apply import ApplyOptions, Outcome
    from authmap.cluster.change.plan import Plan
    from authmap.cluster.reading import LiveConfigMap
    from authmap.config.settings import Settings
    from authmap.model.bindings import Bindings
    from authmap.model.finding import Finding
    from authmap.model.rule import Rule

NOT_KEPT = {True: 3, False: 4}
"""Exit codes for a change that had to be undone: the old map was restored, or could not be."""

_ENDS = (signal.SIGTERM, signal.SIGHUP) if sys.platform != "win32" else (signal.SIGTERM,)
"""Signals that end a run: from an orchestrator, or from a terminal that was closed."""


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
            console.tell_fixed(plan.result, "would fix", self._settings.fail_on)
        if not plan.changed:
            console.say(f"authmap: nothing to change in context `{plan.live.context}`")

    def ask(self, question: str) -> bool:
        """Ask a yes/no question on the terminal; the default is no.

        Raises:
            ClusterError: there is no terminal.
        """
        if not (console.is_terminal(sys.stderr) and sys.stdin and sys.stdin.isatty()):
            raise ClusterError("not a terminal: use --yes to skip the question")
        return typer.confirm(safe(question), default=False, err=True)

    def made(self, done: Outcome, *, lost: bool = False) -> None:
        """Report what was changed, and the command that undoes it; if `lost`, also with kubectl."""
        if done.backup is None:
            return
        context, keys = done.plan.live.context, " and ".join(done.plan.changed)
        console.say(f"authmap: {keys} of context `{context}` changed; to undo it:")
        command = ["authmap", "rollback", "--context", context, "--to", done.backup.name]
        if self._apply_options.backup_dir:
            command += ["--backup-dir", self._apply_options.backup_dir]
        command += ["--accept-lockout-risk"] if done.risk else []
        command += ["--override-owner"] if self._apply_options.override_owner else []
        console.say("    " + _command(command, self._selection))
        if lost:
            console.say("authmap: or, without authmap:")
            # kubectl refuses to replace a newer object than the one with this resourceVersion
            version = f"grep -v '^  resourceVersion: ' {_quoted(str(done.backup.absolute()))}"
            command = ["kubectl", "--context", context, "replace", "-f", "-"]
            console.say(f"    {version} | {_command(command, self._selection)}")


def connection_of(selection: ClusterSelection) -> ConnectionOptions:
    """The connection options of the command line, in the form that `cluster/` uses."""
    return ConnectionOptions(
        selection.connection.kubeconfig,
        selection.connection.as_user,
        tuple(selection.connection.as_group or ()),
        selection.connection.request_timeout,
    )


def _read(selection: ClusterSelection) -> Callable[[str], LiveConfigMap]:
    how = connection_of(selection)

    def read(context: str) -> LiveConfigMap:
        session = Session(context, how)
        try:
            return reading.read(session)
        finally:
            session.close()

    return read


def pick(path: str | None, selection: ClusterSelection) -> tuple[AuthMap, Bindings | None]:
    """The map of one cluster, and the RBAC bindings of that cluster.

    Raises:
        OptionError: a path was given too, or `--context` does not match exactly one context.
        ClusterError: the map cannot be read.
    """
    if path is not None:
        raise OptionError("--context uses a live map: leave out the path")
    context = _one(selection)
    try:
        found = _read(selection)(context)
    except ClusterError as error:
        raise ClusterError(f"context:{context}: {error}") from None
    _warn_if_deleted(found)
    return AuthMap.from_data(found.data, path=found.path), found.bindings


def _warn_if_deleted(live: LiveConfigMap) -> None:
    if live.going:
        console.say(f"authmap: context `{live.context}`: {live.going}")


def lint(selection: ClusterSelection, settings: Settings) -> Run:
    """Lint the maps of clusters, in the order of the context names."""
    names = contexts(selection.contexts, connection_of(selection), every=selection.all)
    findings: list[Finding] = []
    suppressed: list[Finding] = []
    failed: list[tuple[str, str]] = []
    missing: list[str] = []
    checked: dict[str, list[Rule]] = {}
    for context, found in many.each(names, _read(selection), selection.jobs):
        if isinstance(found, ClusterError):
            failed.append((f"context:{context}", str(found)))
            continue
        _warn_if_deleted(found)
        options = settings.options_for(found.path)._replace(bindings=found.bindings)
        result = lint_data(
            found.data, path=found.path, annotations=found.annotations, options=options
        )
        findings += result.findings
        suppressed += result.suppressed
        checked[found.path] = options.selected(all_rules().values())
        reason = unchecked(options, all_rules().values())
        missing += [reason] if reason else []
    number = len(names) - len(failed)
    unknown = "; ".join(missing) or None
    return Run(
        findings,
        [],
        failed,
        number,
        number,
        unknown,
        "cluster",
        fail_on=settings.fail_on,
        checked=checked,
        suppressed=suppressed,
    )


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
    names = contexts(selection.contexts, connection_of(selection), every=selection.all)
    code = 0
    for context, found in many.each(names, _read(selection), selection.jobs):
        if isinstance(found, ClusterError):
            console.say(f"authmap: error: context:{context}: {found}")
            code = 2
            continue
        _warn_if_deleted(found)
        planned = plan.of_fix(found, settings.options_for(found.path))
        Person(settings, selection, apply.ApplyOptions()).show(planned)
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


def _one(selection: ClusterSelection) -> str:
    """The one context that `--context` matches.

    Raises:
        OptionError: it matches several contexts.
    """
    names = contexts(selection.contexts, connection_of(selection), every=selection.all)
    if len(names) != 1:
        raise OptionError(
            f"--context must match exactly one context here (it matches {len(names)})"
        )
    return names[0]


@contextmanager
def _write_session(context: str, selection: ClusterSelection) -> Iterator[Session]:
    """A session for changing a cluster; errors are reported with its context.

    Inside, SIGTERM and SIGHUP act like Ctrl-C, with the same cleanup and messages.

    Raises:
        typer.Exit: a ClusterError was raised inside.
    """
    # not a signal that is ignored: under nohup, SIGHUP is
    ends = [each for each in _ENDS if signal.getsignal(each) is signal.SIG_DFL]
    for each in ends:
        signal.signal(each, signal.default_int_handler)
    try:
        session = Session(context, connection_of(selection))
        try:
            yield session
        finally:
            session.close()
    except ClusterError as error:
        console.say(f"authmap: error: context:{context}: {error}")
        code = NOT_KEPT[error.restored] if isinstance(error, NotKeptError) else 2
        raise typer.Exit(code) from None
    finally:
        for each in ends:
            signal.signal(each, signal.SIG_DFL)


def fix(selection: ClusterSelection, settings: Settings, apply_options: ApplyOptions) -> int:
    """Fix the map of a cluster and return the exit code."""
    context = _one(selection)
    options = settings.options_for(reading.path(context))
    change = apply.LiveChange(lambda live: plan.of_fix(live, options), "fix")
    person = Person(settings, selection, apply_options)
    with _write_session(context, selection) as session:
        done = apply.run(session, change, options, apply_options, person)
    return _left(done.plan, settings)


def restore(
    selection: ClusterSelection, settings: Settings, apply_options: ApplyOptions, to: str | None
) -> int:
    """Restore a backup and return the exit code."""
    context = _one(selection)
    person = Person(settings, selection, apply_options)
    with _write_session(context, selection) as session:
        with leaving("nothing was written"):
            saved = rollback.pick(session, to, apply_options.backup_dir)
        console.say(f"authmap: restoring {saved.path}")
        done = rollback.run(session, saved, settings.options, apply_options, person)
    if done is None and not apply_options.dry_run:
        console.say(f"authmap: aws-auth was created in context `{context}`; to undo it:")
        command = ["kubectl", "--context", context, "delete", "-n", "kube-system"]
        console.say("    " + _command([*command, "configmap/aws-auth"], selection))
    return 0


def _command(command: list[str], selection: ClusterSelection) -> str:
    """A shell command with the same kubeconfig and impersonation options as this run."""
    if selection.connection.kubeconfig:
        command = [*command, "--kubeconfig", selection.connection.kubeconfig]
    if selection.connection.as_user:
        command = [*command, "--as", selection.connection.as_user]
    for group in selection.connection.as_group or ():
        command = [*command, "--as-group", group]
    return " ".join(map(_quoted, command))


def _quoted(word: str) -> str:
    """A word quoted for a shell, in printable characters only."""
    if word.isprintable():
        return shlex.quote(word)
    escaped = word.replace("\\", "\\\\").replace("'", "\\'")
    return f"$'{safe(escaped)}'"


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
        there = backup.load(path).origin.server
        return f"  (from another server: {safe(there)})" if server not in (there, None) else ""
    return ""
