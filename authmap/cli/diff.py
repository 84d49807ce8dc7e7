"""`authmap diff`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from authmap.access.concern import Concern
from authmap.cli import console
from authmap.cli.extras import extra
from authmap.cli.option_groups import (
    ClusterSelection,
    ConnectionArguments,
    SettingsOptions,
    Verbosity,
    grouped,
)
from authmap.cli.options import ConfigFile, NoConfig, OneContext, Rbac, StdinName
from authmap.cli.run_settings import load_settings, with_bindings
from authmap.cluster.kube.errors import ClusterError
from authmap.files.reading import FileError
from authmap.model.options import OptionError, choice

if TYPE_CHECKING:
    from collections.abc import Iterable

    from authmap.access.report import AccessReport
    from authmap.cli.sides import Side
    from authmap.config.settings import Settings
    from authmap.model.auth_map import AuthMap
    from authmap.model.bindings import Bindings

FORMATS = ("text", "json", "github")
DEFAULT = (Concern.NODES, Concern.ADMIN)
NEVER = "never"


@grouped
def diff(
    paths: Annotated[
        list[str],
        typer.Argument(
            metavar="[OLD] NEW",
            help="Files, - for standard input, REV:PATH for a file in a git revision, or "
            "/dev/null for an empty map. With --context, only NEW.",
        ),
    ],
    connection: ConnectionArguments,
    verbosity: Verbosity,
    context: OneContext = None,
    reverse: Annotated[bool, typer.Option("--reverse", help="Swap the two sides.")] = False,
    rbac: Rbac = None,
    fail_on: Annotated[
        list[str] | None,
        typer.Option(
            metavar="WORDS",
            help="What fails the run: nodes, admin, lost, gained, or never "
            "(default: nodes,admin; repeatable).",
        ),
    ] = None,
    exit_zero: Annotated[
        bool,
        typer.Option(
            "--exit-zero", help="Exit with 0 even if the run fails, for `git difftool -x`."
        ),
    ] = False,
    output_format: Annotated[
        str,
        typer.Option(
            "-f", "--format", metavar="FORMAT", help=f"Output format: {', '.join(FORMATS)}."
        ),
    ] = "text",
    stdin_filename: StdinName = "<stdin>",
    config: ConfigFile = None,
    no_config: NoConfig = False,
) -> None:
    """Show who gains and who loses access between two maps.

    With --context, OLD is the live map, and NEW what it would be after `kubectl apply -f NEW`.

    Exit codes: 0 nothing that --fail-on names, 1 something that it names, 2 a side cannot be read,
    or what differs is not rendered yet.

    Try:

        authmap diff HEAD:aws-auth.yaml aws-auth.yaml

        authmap diff --context prod aws-auth.yaml

        authmap diff --fail-on lost,nodes,admin /dev/null aws-auth.yaml

        git difftool -y -x 'authmap diff --exit-zero --' main -- aws-auth.yaml
    """
    choice(output_format, FORMATS, "--format")
    failing = _words(fail_on)
    bindings: Bindings | None
    if context is not None and rbac:
        raise OptionError("--context uses the bindings of the cluster: leave out --rbac")
    _check_number(paths, live=context is not None)
    options = SettingsOptions(config=config, no_config=no_config, rbac=rbac)
    settings = load_settings(options, verbose=verbosity.full)
    try:
        if context is not None:
            selection = ClusterSelection([context], connection, verbosity)
            old, new, bindings = _against_live(paths[0], stdin_filename, settings, selection)
        else:
            settings = with_bindings(settings)
            old, new = _sides(paths, stdin_filename, settings)
            bindings = settings.options.bindings
        if reverse:
            old, new = new, old
        report = _compared(old.auth_map, new.auth_map, bindings, failing)
    except (FileError, ClusterError) as error:
        if not exit_zero:
            raise
        console.say(f"authmap: error: {error}")
        raise typer.Exit(0) from None
    printed = console.out if output_format == "json" else console.show
    printed(_rendered(report, output_format, new.file))
    code = 1 if report.failed else 2 if report.unrendered and failing else 0
    raise typer.Exit(0 if exit_zero else code)


def _words(given: list[str] | None) -> tuple[Concern, ...]:
    """The values of `--fail-on`.

    Raises:
        OptionError: there is an unknown word among them, or `never` and another one.
    """
    if given is None:
        return DEFAULT
    words = [word.strip() for value in given for word in value.split(",")]
    if words == [NEVER]:
        return ()
    if NEVER in words:
        raise OptionError(f"--fail-on {NEVER} excludes all other words: leave them out")
    for word in words:
        choice(word, (*Concern, NEVER), "--fail-on")
    return tuple(concern for concern in Concern if concern in words)


def _check_number(paths: list[str], *, live: bool) -> None:
    if live and len(paths) != 1:
        raise OptionError("--context compares the live map with one NEW: leave out OLD")
    if not live and len(paths) != 2:
        raise OptionError(
            "diff compares two maps: give OLD and NEW, or --context NAME and NEW "
            "(`authmap diff HEAD:aws-auth.yaml aws-auth.yaml`)"
        )
    if paths == ["-", "-"]:
        raise OptionError("only one side can be standard input (-)")


def _sides(paths: list[str], stdin_filename: str, settings: Settings) -> tuple[Side, Side]:
    from authmap.cli.sides import as_read, read_side

    old, new, warning = as_read(*(read_side(path, stdin_filename, settings) for path in paths))
    if warning:
        console.say(f"authmap: warning: {warning}")
    return old, new


def _against_live(
    path: str, stdin_filename: str, settings: Settings, selection: ClusterSelection
) -> tuple[Side, Side, Bindings]:
    """The live map, what it would be after an apply, and the bindings of the cluster."""
    from authmap.cli.sides import AWS_AUTH, Side, object_of, read_side
    from authmap.model.auth_map import AuthMap

    with extra("cluster", "live clusters"):
        from authmap.cli import live
        from authmap.cluster.applied import after_apply, is_applicable, refused

    new = read_side(path, stdin_filename, settings)
    if is_applicable(new.auth_map):
        why = refused(new.auth_map)
        if object_of(new.auth_map) != AWS_AUTH:
            why = f"it is {object_of(new.auth_map)}, and not {AWS_AUTH}"
        if why:
            raise FileError(path, f"`kubectl apply` would not change aws-auth: {why}")
        if new.auth_map.namespace is None:
            console.say(
                f"authmap: {path} has no namespace: compared as for `kubectl apply -n kube-system`"
            )
    found = live.read_or_empty(selection)
    old = Side(AuthMap.from_data(found.data, path=found.path))
    if is_applicable(new.auth_map):
        applied = after_apply(new.auth_map, found)
        new = new._replace(auth_map=applied.auth_map)
        for name in applied.kept:
            console.say(
                f"authmap: {name} of context `{found.context}` stays as it is: {path} does not "
                "have it, and `kubectl apply` did not write it"
            )
    elif new.auth_map.path != "/dev/null":
        console.say(f"authmap: {path} is not a ConfigMap: compared as if it replaced the live map")
    return old, new, found.bindings


def _compared(
    old: AuthMap, new: AuthMap, bindings: Bindings | None, failing: Iterable[Concern]
) -> AccessReport:
    """Compare two maps; standard error reports what cannot be read or judged."""
    from authmap.access.report import AccessReport
    from authmap.linting.run import brief

    for auth_map in (old, new):
        for what in _unreadable(auth_map):
            console.say(f"authmap: warning: {what}")
    report = AccessReport(old, new, bindings=bindings, fail_on=tuple(failing))
    for each in report.unrendered:
        source, start = each.at.layer.source, each.at.layer.span(each.at.start, each.at.end)[0]
        console.say(
            f"authmap: not compared: {source.path}:{source.place(start).line}: "
            f"{brief(each.title)} contains `{brief(each.template)}`, which is not rendered yet"
        )
    if report.unknown:
        titles = [brief(each.title) for each in report.unknown]
        more = f" and {len(titles) - 5} more" if len(titles) > 5 else ""
        console.say(
            f"authmap: because of that, not compared: {', '.join(titles[:5])}{more}; render both "
            "sides first"
        )
    return report


def _unreadable(auth_map: AuthMap) -> Iterable[str]:
    """The sections that the authenticator ignores entirely, each as place and reason."""
    from authmap.explain.reasons import describe_problem
    from authmap.syntax.problem import ProblemKind

    for name, section in auth_map.sections.items():
        problem = section.problem
        if problem and problem.kind is not ProblemKind.TEMPLATE:
            source, (start, end) = section.source, section.span(problem.start, problem.end)
            line, column = source.place(start)
            why = describe_problem(problem, source.text[start:end])
            yield (
                f"{source.path}:{line}:{column}: {name} is ignored entirely: the authenticator "
                f"cannot read it ({why}); compared as if nobody in it could log in"
            )


def _rendered(report: AccessReport, output_format: str, file: str) -> str:
    import sys
    from shutil import get_terminal_size

    from authmap.files.patterns import repository
    from authmap.render import access, access_github, access_json

    if output_format == "json":
        return access_json.render(report)
    if output_format == "github":
        return access_github.render(report, file, str(repository(Path.cwd())))
    width = get_terminal_size().columns if console.is_terminal(sys.stdout) else None
    return access.render(report, width=width, colour=console.colour(sys.stdout))
