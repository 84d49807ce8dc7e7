"""`authmap lint`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from authmap.cli import console
from authmap.cli.extras import extra
from authmap.cli.option_groups import (
    ClusterSelection,
    ConnectionArguments,
    SettingsOptions,
    Verbosity,
    grouped,
)
from authmap.cli.options import (
    FORMATS,
    AllContexts,
    Baseline,
    Context,
    Format,
    Jobs,
    OutputFile,
    Paths,
    Quiet,
    ShowSuppressed,
    Statistics,
    StdinName,
    WriteBaseline,
)
from authmap.cli.run_settings import load_settings, with_bindings
from authmap.files.inputs import Inputs
from authmap.files.patterns import repository
from authmap.files.writing import write_report
from authmap.linting.run import Run, once
from authmap.model.options import OptionError, choice
from authmap.model.rule import Need
from authmap.rules.codes import unchecked

if TYPE_CHECKING:
    from collections.abc import Iterable

    from authmap.config.settings import Settings
    from authmap.linting.results import Report
    from authmap.model.finding import Finding
    from authmap.model.options import RunOptions
    from authmap.model.rule import Rule

MAX_OBSOLETE = 10
"""The number of obsolete findings of a baseline that are listed one by one without `--verbose`."""


@grouped
def lint(
    options: SettingsOptions,
    connection: ConnectionArguments,
    verbosity: Verbosity,
    paths: Paths = None,
    output_format: Format = "text",
    context: Context = None,
    all_contexts: AllContexts = False,
    jobs: Jobs = 8,
    baseline: Baseline = None,
    write_baseline: WriteBaseline = None,
    show_suppressed: ShowSuppressed = False,
    output_file: OutputFile = None,
    statistics: Statistics = False,
    stdin_filename: StdinName = "<stdin>",
    quiet: Quiet = False,
) -> None:
    """Find mistakes in aws-auth maps, in files or live clusters.

    Exit codes: 0 no finding at or above --fail-on, 1 such a finding, 2 the run failed.

    Try:

        authmap lint aws-auth.yaml

        kubectl get cm aws-auth -n kube-system -o yaml | authmap lint -

        authmap lint --select AM1 --statistics manifests/

        authmap lint --format sarif --output-file authmap.sarif

        authmap lint --write-baseline known.json && authmap lint --baseline known.json

        authmap lint --context prod
    """
    settings = load_settings(options, verbose=verbosity.full)
    choice(output_format, FORMATS, "--format")
    if baseline and write_baseline:
        raise OptionError("--write-baseline records all findings: leave out --baseline")
    if context or all_contexts:
        if paths or options.rbac:
            raise OptionError("--context uses a live map: leave out paths and --rbac")
        with extra("cluster", "live clusters"):
            from authmap.cli import live

        selection = ClusterSelection(context or [], connection, verbosity, all_contexts, jobs)
        run = live.lint(selection, settings)
    else:
        inputs = Inputs(paths or ["."], stdin_filename, settings.exclude)
        run = _lint_files(inputs, with_bindings(settings))._replace(
            below="" if paths else "the current directory"
        )
    read = [*(paths or ()), *run.checked, *settings.rbac, settings.config.path]
    _check_target(write_baseline, read)
    _check_target(output_file, [*read, baseline or "", write_baseline or ""])
    if write_baseline:
        raise typer.Exit(_write_baseline(run, write_baseline, quiet=quiet))
    if baseline:
        run = _without_known(run, baseline, verbose=verbosity.full)
    console.report(run._replace(show_suppressed=show_suppressed), output_format, output_file)
    console.tell(run, quiet=quiet)
    if statistics:
        console.count(run)
    if not quiet and (output_file or output_format != "text"):
        console.conclude(run, output_file)
    raise typer.Exit(run.exit_code())


def _lint_files(inputs: Inputs, settings: Settings) -> Run:
    """Lint the maps in files."""
    from authmap.api import lint as lint_bytes
    from authmap.rules.registry import all_rules

    findings, skipped, checked, maps, kubeconfigs, unread = [], [], {}, 0, 0, 0
    suppressed: list[Finding] = []
    for given in inputs:
        options = settings.options_for(given.path)
        result = lint_bytes(given.data, path=given.path, options=options, named=given.named)
        maps += result.maps
        kubeconfigs += result.kubeconfigs
        unread += result.unread
        findings += result.findings
        suppressed += result.suppressed
        if result.maps or result.kubeconfigs or result.unread:
            checked[given.path] = _selected(result, options)
        elif given.named or options.extra_paths:  # a mistake in extra-paths must not go unnoticed
            skipped.append((given.path, console.no_map(result.others, given.data)))
    if settings.options.bindings is not None:
        findings = once(findings)
    skipped_rules = unchecked(settings.options, all_rules().values())
    return Run(
        findings,
        skipped,
        inputs.errors,
        inputs.files,
        maps,
        skipped_rules,
        kubeconfigs=kubeconfigs,
        unread=unread,
        fail_on=settings.fail_on,
        checked=checked,
        root=str(repository(Path.cwd())),
        suppressed=suppressed,
    )


def _selected(result: Report, options: RunOptions) -> list[Rule]:
    """The selected rules that apply to what was found in a file."""
    from authmap.rules.registry import all_rules

    found = Need(0)
    for number, need in (
        (result.maps, Need.MAP),
        (result.kubeconfigs, Need.KUBECONFIG),
        (result.unread, Need.UNREADABLE),
    ):
        found |= need if number else Need(0)
    return [rule for rule in options.selected(all_rules().values()) if rule.needs & found]


def _check_target(written: str | None, read: Iterable[str]) -> None:
    """Refuse to overwrite a file that was read, or a directory.

    Raises:
        OptionError: the target is such a file or a directory.
    """
    if written and Path(written).is_dir():
        raise OptionError(f"{written} is a directory: choose a file to write to")
    if written and os.path.realpath(written) in map(os.path.realpath, read):
        raise OptionError(
            f"{written} is one of the files that were read: choose another file to write to"
        )


def _write_baseline(run: Run, path: str, *, quiet: bool) -> int:
    """Write a baseline and return the exit code; nothing is written if an input failed."""
    from authmap.linting import baseline
    from authmap.render.text import count

    console.tell(run, quiet=quiet)
    if run.errors:
        console.say(f"authmap: {path} was not written, because not all inputs could be read")
        return 2
    write_report(path, baseline.render(run).encode())
    console.say(f"authmap: {path}: recorded {count(len(run.findings), 'finding')}")
    return 0


def _without_known(run: Run, path: str, *, verbose: bool) -> Run:
    """The run without the findings in a baseline; reports obsolete ones on standard error."""
    from authmap.linting import baseline

    run, obsolete = baseline.apply(run, baseline.read(path))
    for each in obsolete[: None if verbose else MAX_OBSOLETE]:
        console.say(f"authmap: {path}: obsolete: {each.path}: {each.code} {each.what}")
    if obsolete:
        console.say(
            f"authmap: {path}: {len(obsolete)} obsolete in all; "
            f"--write-baseline {path} removes them"
        )
    return run
