"""What the commands do on live clusters; imported only where one is named."""

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
from authmap.linting.run import Run, safe
from authmap.model.auth_map import AuthMap
from authmap.model.options import OptionError
from authmap.rules.codes import unchecked
from authmap.rules.registry import all_rules
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
"""Exit codes where a change could not stay: the old map is back in its place, or not."""

_ENDS = (signal.SIGTERM, signal.SIGHUP) if sys.platform != "win32" else (signal.SIGTERM,)
"""What ends a run from outside: an orchestrator, or a terminal that goes away."""


class Person:
    """The person at the terminal."""

    def __init__(
        self, settings: Settings, selection: ClusterSelection, wishes: ApplyOptions
    ) -> None:
        self._settings = settings
        self._selection = selection
        self._wishes = wishes

    def say(self, text: str) -> None:
        """Say something on standard error."""
        console.say(text)

    def show(self, plan: Plan) -> None:
        """Print the diff, and say what it mends and what it does not."""
        diff(plan)
        if plan.result is not None:
            where, wanted = f"in context `{plan.live.context}` ", self._settings.options.rename
            console.tell_unknown(wanted, rename_targets([plan.before]), where)
            console.tell_fixed(plan.result, "would fix", self._settings.fail_on)
        if not plan.changed:
            console.say(f"authmap: nothing to change in context `{plan.live.context}`")

    def ask(self, question: str) -> bool:
        """Ask on the terminal.

        Raises:
            ClusterError: there is none.
        """
        if not (console.is_terminal(sys.stderr) and sys.stdin and sys.stdin.isatty()):
            raise ClusterError("there is no terminal to ask at (--yes goes on unasked)")
        return typer.confirm(safe(question), default=False, err=True)

    def made(self, done: Outcome, *, lost: bool = False) -> None:
        """Say what was changed, and what takes it back; where we are lost, also with kubectl."""
        if done.backup is None:
            return
        context, keys = done.plan.live.context, " and ".join(done.plan.changed)
        console.say(f"authmap: {keys} of context `{context}` changed; to take it back:")
        words = ["authmap", "rollback", "--context", context, "--to", done.backup.name]
        if self._wishes.backup_dir:
            words += ["--backup-dir", self._wishes.backup_dir]
        words += ["--accept-lockout-risk"] if done.risk else []
        words += ["--override-owner"] if self._wishes.override_owner else []
        console.say("    " + _command(words, self._selection))
        if lost:
            console.say("authmap: or, where authmap is not at hand:")
            # of what it replaces, kubectl would ask for the version that was read
            version = f"grep -v '^  resourceVersion: ' {_quoted(str(done.backup.absolute()))}"
            words = ["kubectl", "--context", context, "replace", "-f", "-"]
            console.say(f"    {version} | {_command(words, self._selection)}")


def connection_of(selection: ClusterSelection) -> ConnectionOptions:
    """How clusters are reached, from the words of the command line."""
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
    """The map of one cluster, and its bindings."""
    if path is not None:
        raise OptionError("with --context the map is a live one: leave the path out")
    context = _one(selection)
    try:
        found = _read(selection)(context)
    except ClusterError as error:
        raise ClusterError(f"context:{context}: {error}") from None
    _tell_going(found)
    return AuthMap.from_data(found.data, path=found.path), found.bindings


def _tell_going(live: LiveConfigMap) -> None:
    if live.going:
        console.say(f"authmap: context `{live.context}`: {live.going}")


def lint(selection: ClusterSelection, settings: Settings) -> Run:
    """Lint the maps of clusters, in the order of their contexts' names."""
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
        _tell_going(found)
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
    """Print what changes in the texts of a live object."""
    from authmap.render.diff import render

    coloured = console.colour(sys.stdout)
    for key in plan.changed:
        before, after = (data.get(key, "").encode() for data in (plan.live.data, plan.data))
        name = f"{plan.live.context}/kube-system/aws-auth/{key}"
        shown = coloured or console.is_terminal(sys.stdout)
        console.out(render(name, before, after, colour=coloured, shown=shown))


def preview(selection: ClusterSelection, settings: Settings) -> int:
    """Print the diff that `--apply` would make; the exit code."""
    names = contexts(selection.contexts, connection_of(selection), every=selection.all)
    code = 0
    for context, found in many.each(names, _read(selection), selection.jobs):
        if isinstance(found, ClusterError):
            console.say(f"authmap: error: context:{context}: {found}")
            code = 2
            continue
        _tell_going(found)
        planned = plan.of_fix(found, settings.options_for(found.path))
        Person(settings, selection, apply.ApplyOptions()).show(planned)
        if found.bindings.missing and planned.renamed:
            console.say(
                "authmap: whether a binding names an old username is not known: we "
                f"{found.bindings.missing}"
            )
        code = max(code, int(bool(planned.changed)), _left(planned, settings))
    return code


def _left(planned: Plan, settings: Settings) -> int:
    """1 where a finding that is left reaches the bar, else 0."""
    left = planned.result.remaining if planned.result else []
    return Run(left, [], [], 1, 1, fail_on=settings.fail_on).exit_code()


def _one(selection: ClusterSelection) -> str:
    """The one context that is meant."""
    names = contexts(selection.contexts, connection_of(selection), every=selection.all)
    if len(names) != 1:
        raise OptionError(f"one cluster is wanted, and these are {len(names)}")
    return names[0]


@contextmanager
def _written_to(context: str, selection: ClusterSelection) -> Iterator[Session]:
    """A session with the cluster that is to be changed; what goes wrong is said of its context.

    SIGTERM and SIGHUP do in here what Ctrl-C does, so that the same is cleaned up, and said.

    Raises:
        typer.Exit: something went wrong.
    """
    ends = [each for each in _ENDS if signal.getsignal(each) is signal.SIG_DFL]  # nohup ignores one
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


def fix(selection: ClusterSelection, settings: Settings, wishes: ApplyOptions) -> int:
    """Mend the map of a cluster; the exit code."""
    context = _one(selection)
    options = settings.options_for(reading.path(context))
    change = apply.LiveChange(lambda live: plan.of_fix(live, options), "fix")
    person = Person(settings, selection, wishes)
    with _written_to(context, selection) as session:
        done = apply.run(session, change, options, wishes, person)
    return _left(done.plan, settings)


def restore(
    selection: ClusterSelection, settings: Settings, wishes: ApplyOptions, to: str | None
) -> int:
    """Put a backup back; the exit code."""
    context = _one(selection)
    person = Person(settings, selection, wishes)
    with _written_to(context, selection) as session:
        with leaving("nothing was written"):
            held = rollback.pick(session, to, wishes.backup_dir)
        console.say(f"authmap: putting back {held.path}")
        done = rollback.run(session, held, settings.options, wishes, person)
    if done is None and not wishes.dry_run:
        console.say(f"authmap: aws-auth was created in context `{context}`; to take it back:")
        words = ["kubectl", "--context", context, "delete", "-n", "kube-system"]
        console.say("    " + _command([*words, "configmap/aws-auth"], selection))
    return 0


def _command(words: list[str], selection: ClusterSelection) -> str:
    """A command for the cluster that was reached, as whom it was."""
    if selection.connection.kubeconfig:
        words = [*words, "--kubeconfig", selection.connection.kubeconfig]
    words = words + (["--as", selection.connection.as_user] if selection.connection.as_user else [])
    for group in selection.connection.as_group or ():
        words = [*words, "--as-group", group]
    return " ".join(map(_quoted, words))


def _quoted(word: str) -> str:
    """A word for a shell, of characters that can be seen."""
    if word.isprintable():
        return shlex.quote(word)
    escaped = word.replace("\\", "\\\\").replace("'", "\\'")
    return f"$'{safe(escaped)}'"


def listing(selection: ClusterSelection, chosen: str | None) -> str:
    """The backups of contexts, the newest first, a line each; no cluster is asked."""
    shown = ""
    for context in contexts(selection.contexts, connection_of(selection), every=selection.all):
        paths = backup.listed(context, chosen)
        if not paths:
            console.say(f"authmap: no backup of context `{context}`")
        held = login(context, connection_of(selection))
        server = server_of(held) if held else None
        shown += "".join(f"{path}{_elsewhere(path, server)}\n" for path in paths)
    return shown


def _elsewhere(path: Path, server: str | None) -> str:
    """What is said of a backup that was made at another server than the context names today."""
    with suppress(ClusterError):  # of what is no backup, there is nothing to be said
        there = backup.load(path).origin.server
        return f"  (of another server: {safe(there)})" if server not in (there, None) else ""
    return ""
