"""Read and lint the maps of live clusters; imported only if `--context` is given."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from authmap.api import lint_data
from authmap.cli import console, many
from authmap.cli.reporter import Reporter
from authmap.cluster import reading
from authmap.cluster.kube.errors import ClusterError, MissingError
from authmap.cluster.kube.kubeconfig import ConnectionOptions, contexts
from authmap.cluster.kube.session import Session
from authmap.linting.run import Run
from authmap.model.auth_map import AuthMap
from authmap.model.options import OptionError
from authmap.rules.codes import unchecked
from authmap.rules.registry import all_rules

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from authmap.cli.option_groups import ClusterSelection
    from authmap.cluster.reading import LiveConfigMap
    from authmap.config.settings import Settings
    from authmap.model.bindings import Bindings
    from authmap.model.finding import Finding
    from authmap.model.rule import Rule


def connection_of(selection: ClusterSelection) -> ConnectionOptions:
    """The connection options of the command line, in the form that `cluster/` uses."""
    return ConnectionOptions(
        selection.connection.kubeconfig,
        selection.connection.as_user,
        tuple(selection.connection.as_group or ()),
        selection.connection.request_timeout,
        observer=Reporter(selection.verbosity),
    )


def read_all(
    selection: ClusterSelection,
) -> Iterator[tuple[str, LiveConfigMap | ClusterError]]:
    """The maps of the selected contexts, in the order of their names, or why they are missing."""
    names = contexts(selection.contexts, connection_of(selection), every=selection.all)
    # lines of --verbose and --debug would break the progress bar
    progress = console.is_terminal(sys.stderr) and not selection.verbosity.full
    return many.each(names, _read(selection), selection.jobs, progress=progress)


def _read(selection: ClusterSelection) -> Callable[[str], LiveConfigMap]:
    how = connection_of(selection)

    def read(context: str) -> LiveConfigMap:
        with _session(context, how) as session:
            return reading.read(session)

    return read


@contextmanager
def _session(context: str, how: ConnectionOptions) -> Iterator[Session]:
    session = Session(context, how)
    try:
        yield session
    finally:
        session.close()


def pick(path: str | None, selection: ClusterSelection) -> tuple[AuthMap, Bindings | None]:
    """The map of one cluster, and the RBAC bindings of that cluster.

    Raises:
        OptionError: a path was given too, or `--context` does not match exactly one context.
        ClusterError: the map cannot be read.
    """
    if path is not None:
        raise OptionError("--context uses a live map: leave out the path")
    found = _read_one(selection, reading.read)
    return AuthMap.from_data(found.data, path=found.path), found.bindings


def read_or_empty(selection: ClusterSelection) -> LiveConfigMap:
    """Read the aws-auth object of one cluster; if there is none, return one without data.

    Raises:
        OptionError: `--context` does not match exactly one context.
        ClusterError: the cluster cannot be read.
    """
    return _read_one(selection, _or_empty)


def _or_empty(session: Session) -> LiveConfigMap:
    try:
        return reading.read(session)
    except MissingError:
        context = session.context
        console.say(f"authmap: no aws-auth in context `{context}`: compared with an empty map")
        return reading.LiveConfigMap(context, {"metadata": {}}, reading.bindings(session))


def _read_one(
    selection: ClusterSelection, read: Callable[[Session], LiveConfigMap]
) -> LiveConfigMap:
    """Read the map of the one context that `--context` matches; errors name the context."""
    context = one(selection)
    try:
        with _session(context, connection_of(selection)) as session:
            found = read(session)
    except ClusterError as error:
        raise ClusterError(f"context:{context}: {error}") from None
    warn_if_deleted(found)
    return found


def warn_if_deleted(live: LiveConfigMap) -> None:
    """Warn about an object that was deleted and only waits for its finalizers."""
    if live.going:
        console.say(f"authmap: context `{live.context}`: {live.going}")


def lint(selection: ClusterSelection, settings: Settings) -> Run:
    """Lint the maps of clusters, in the order of the context names."""
    findings: list[Finding] = []
    suppressed: list[Finding] = []
    failed: list[tuple[str, str]] = []
    missing: list[str] = []
    checked: dict[str, list[Rule]] = {}
    for context, found in read_all(selection):
        if isinstance(found, ClusterError):
            failed.append((f"context:{context}", str(found)))
            continue
        warn_if_deleted(found)
        options = settings.options_for(found.path)._replace(bindings=found.bindings, guarded=True)
        result = lint_data(
            found.data, path=found.path, annotations=found.annotations, options=options
        )
        findings += result.findings
        suppressed += result.suppressed
        checked[found.path] = options.selected(all_rules().values())
        reason = unchecked(options, all_rules().values())
        missing += [reason] if reason else []
    number = len(checked)
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


def one(selection: ClusterSelection) -> str:
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
