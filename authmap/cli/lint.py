"""`authmap lint`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from authmap import files
from authmap.cli import console
from authmap.cli.option_groups import (
    ClusterSelection,
    ConnectionArguments,
    SettingsOptions,
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
from authmap.linting.run import Run, once
from authmap.model.options import OptionError, choice
from authmap.model.rule import Need
from authmap.rules.codes import unchecked

if TYPE_CHECKING:
    from collections.abc import Iterable

    from authmap.config.settings import Settings
    from authmap.linting.results import Report
    from authmap.model.finding import Finding
    from authmap.model.options import Options
    from authmap.model.rule import Rule

MOST = 10
"""So many findings of a baseline that are gone are said one by one."""


@grouped
def lint(
    chosen: SettingsOptions,
    connection: ConnectionArguments,
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
    """Find what is wrong with aws-auth maps.

    Exit codes: 0 nothing at or above --fail-on, 1 something, 2 the run itself failed.

    Try:

        authmap lint aws-auth.yaml

        kubectl get cm aws-auth -n kube-system -o yaml | authmap lint -

        authmap lint --select AM1 --statistics manifests/

        authmap lint --format sarif --output-file authmap.sarif

        authmap lint --write-baseline known.json && authmap lint --baseline known.json

        authmap lint --context prod
    """
    settings = load_settings(chosen)
    choice(output_format, FORMATS, "--format")
    if baseline and write_baseline:
        raise OptionError("--write-baseline takes all findings: leave --baseline out")
    if context or all_contexts:
        if paths or chosen.rbac:
            raise OptionError("with --context the map is a live one: no paths and no --rbac")
        from authmap.cli import live

        selection = ClusterSelection(context or [], connection, all_contexts, jobs)
        run = live.lint(selection, settings)
    else:
        inputs = files.Inputs(paths or ["."], stdin_filename, settings.exclude)
        run = _lint_files(inputs, with_bindings(settings))._replace(
            below="" if paths else "this folder"
        )
    read = [*(paths or ()), *run.checked, *settings.rbac, settings.config.path]
    _spare(write_baseline, read)
    _spare(output_file, [*read, baseline or "", write_baseline or ""])
    if write_baseline:
        raise typer.Exit(_keep(run, write_baseline, quiet=quiet))
    if baseline:
        run = _without_known(run, baseline)
    console.report(run._replace(show_suppressed=show_suppressed), output_format, output_file)
    console.tell(run, quiet=quiet)
    if statistics:
        console.count(run)
    if not quiet and (output_file or output_format != "text"):
        console.conclude(run, output_file)
    raise typer.Exit(run.exit_code())


def _lint_files(inputs: files.Inputs, settings: Settings) -> Run:
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
            checked[given.path] = _asked(result, options)
        elif given.named or options.extra_paths:  # else a slip in these would go unseen
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
        root=str(files.repository(Path.cwd())),
        suppressed=suppressed,
    )


def _asked(result: Report, options: Options) -> list[Rule]:
    """The rules that are selected and are about what was found in a file."""
    from authmap.rules.registry import all_rules

    return [
        rule
        for rule in options.selected(all_rules().values())
        if (result.kubeconfigs if Need.KUBECONFIG in rule.needs else result.maps or result.unread)
    ]


def _spare(written: str | None, read: Iterable[str]) -> None:
    """Refuse to write a report or a baseline over what it is about, or where no file can be."""
    if written and Path(written).is_dir():
        raise OptionError(f"{written} is a directory: name a file to write into")
    if written and os.path.realpath(written) in map(os.path.realpath, read):
        raise OptionError(f"{written} is a file that was read: choose another to write into")


def _keep(run: Run, path: str, *, quiet: bool) -> int:
    """Write a baseline, unless something could not be read; the exit code."""
    from authmap.linting import baseline
    from authmap.render.text import count

    console.tell(run, quiet=quiet)
    if run.errors:
        console.say(f"authmap: {path} is not written, as not everything could be read")
        return 2
    files.write_report(path, baseline.render(run).encode())
    console.say(f"authmap: {path}: {count(len(run.findings), 'finding')} kept")
    return 0


def _without_known(run: Run, path: str) -> Run:
    """A run without what is in a baseline; what of that is gone is said."""
    from authmap.linting import baseline

    run, gone = baseline.apply(run, baseline.read(path))
    for each in gone[:MOST]:
        console.say(f"authmap: {path}: obsolete: {each.path}: {each.code} {each.what}")
    if gone:
        console.say(
            f"authmap: {path}: {len(gone)} obsolete in all; --write-baseline {path} takes them out"
        )
    return run
