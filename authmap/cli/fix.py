"""`authmap fix`."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Annotated

import typer

from authmap.cli import console
from authmap.cli.extras import extra
from authmap.cli.interrupted import nothing_written
from authmap.cli.option_groups import (
    ClusterSelection,
    ConnectionArguments,
    SettingsOptions,
    Verbosity,
    WriteOptions,
    grouped,
)
from authmap.cli.options import (
    AllContexts,
    Context,
    Jobs,
    Paths,
    Quiet,
    Rename,
    StdinName,
    Unsafe,
)
from authmap.cli.run_settings import load_settings, with_bindings
from authmap.files.inputs import STDIN, Inputs
from authmap.files.reading import FileError
from authmap.files.writing import write_atomic
from authmap.linting.run import Run
from authmap.model.options import OptionError

if TYPE_CHECKING:
    from authmap.config.settings import Settings
    from authmap.fixing.results import FixResult


@grouped
def fix(
    options: SettingsOptions,
    writing: WriteOptions,
    connection: ConnectionArguments,
    verbosity: Verbosity,
    paths: Paths = None,
    diff: Annotated[bool, typer.Option("--diff", help="Print a diff; write nothing.")] = False,
    write: Annotated[
        bool, typer.Option("--write", help="Change the files in place, atomically.")
    ] = False,
    unsafe_fixes: Unsafe = False,
    rename: Rename = None,
    context: Context = None,
    all_contexts: AllContexts = False,
    apply: Annotated[
        bool, typer.Option("--apply", help="Change the live map (needs --context).")
    ] = False,
    jobs: Jobs = 8,
    stdin_filename: StdinName = "<stdin>",
    quiet: Quiet = False,
) -> None:
    """Fix aws-auth maps, changing only the bytes that have to change.

    Prints the corrected document of one input. --diff prints a diff instead, and --write changes
    the files. With --context, it prints a diff of the live map, and --apply changes that map.
    Standard error lists what was fixed, and what was not and why.

    Exit codes: 0 no finding at or above --fail-on is left, 1 such a finding is left (with a diff
    also: something would change), 2 refused or failed: nothing was written. With --apply also:
    3 the old map is back, because a check failed or a signal came, 4 the old map could not be
    restored, or it is not known which map is in place, 130 interrupted: the new map is in place,
    unconfirmed.

    Try:

        authmap fix --diff aws-auth.yaml

        authmap fix --write --select AM101 manifests/

        kubectl get cm aws-auth -n kube-system -o yaml | authmap fix - > fixed.yaml

        authmap fix --context prod

        authmap fix --apply --context prod
    """
    settings = load_settings(
        options,
        verbose=verbosity.full,
        unsafe_fixes=unsafe_fixes,
        rename=tuple(rename or ()),
    )
    if context or all_contexts:
        if paths or options.rbac or write:
            raise OptionError("--context uses a live map: leave out paths, --rbac and --write")
        with nothing_written(), extra("cluster", "live clusters"):
            from authmap.cli import live_change

        selection = ClusterSelection(context or [], connection, verbosity, all_contexts, jobs)
        if not (apply or writing.dry_run):
            raise typer.Exit(live_change.preview(selection, settings))
        with nothing_written():
            raise typer.Exit(live_change.fix(selection, settings, writing.to_apply()))
    if apply or writing.dry_run:
        raise OptionError("--apply and --dry-run need a live map: add --context NAME")
    if diff and write:
        raise OptionError("--diff and --write cannot be used together")
    if write and STDIN in (paths or ()):
        raise OptionError("standard input cannot be changed in place: leave out --write")
    inputs = Inputs(paths or ["."], stdin_filename, settings.exclude)
    raise typer.Exit(
        _fix_files(
            inputs,
            with_bindings(settings),
            diff=diff,
            write=write,
            quiet=quiet,
            verbose=verbosity.full,
        )
    )


def _fix_files(
    inputs: Inputs, settings: Settings, *, diff: bool, write: bool, quiet: bool, verbose: bool
) -> int:
    """Fix files and return the exit code."""
    from authmap.api import fix as fix_bytes

    bar = settings.fail_on
    given = inputs if diff or write else list(islice(inputs, 2))
    if isinstance(given, list) and len(given) > 1:
        raise OptionError("there is more than one input: use --diff or --write")
    results, skipped, changed = [], [], []
    for each in given:
        options = settings.options_for(each.path)
        result = fix_bytes(each.data, path=each.path, options=options, named=each.named)
        if result.output != each.data:
            changed.append(each.path)
        if each.named and not (result.maps or result.kubeconfigs or result.unread):
            skipped.append((each.path, console.no_map(result.others, each.data)))
        if result.secret and diff:
            console.say(f"authmap: {each.path}: no diff shown, because it may contain secrets")
        elif diff:
            console.out(console.diff(each.path, each.data, result.output))
        elif not write:
            hidden = _why_hidden(result, each.data)
            if hidden:  # an error, so that nobody takes the empty output for the fixed map
                message = f"not printed, because {hidden}; `authmap lint` shows the findings"
                inputs.errors.append((each.path, message))
            else:
                console.document(result.output)
        elif result.output != each.data:
            try:
                also = write_atomic(each.path, result.output, each.data)
            except FileError as error:
                inputs.errors.append((error.path, error.message))
                left = [*result.applied, *result.remaining]
                result, also = result._replace(applied=[], remaining=left), None
            if also:
                console.say(f"authmap: {each.path}: {also}")
        results.append(result)
        console.tell_fixed(result, "would fix" if diff else "fixed", bar, verbose=verbose)
    findings = [finding for result in results for finding in result.remaining]
    maps = sum(result.maps for result in results)
    kubeconfigs = sum(result.kubeconfigs for result in results)
    run = Run(
        findings,
        skipped,
        inputs.errors,
        inputs.files,
        maps,
        kubeconfigs=kubeconfigs,
        unread=sum(result.unread for result in results),
        fail_on=bar,
    )
    console.tell(run, quiet=quiet)
    bindings = settings.options.bindings
    console.sum_up(run, results, "would be fixed" if diff else "fixed", bindings)
    called = frozenset().union(*(result.names for result in results))
    console.tell_unknown(settings.options.rename, called)
    if diff:
        console.tell_elsewhere(changed)
    return max(run.exit_code(), int(diff and bool(changed)))


def _why_hidden(result: FixResult, data: bytes) -> str | None:
    """Why a document must not be printed; None if it may be."""
    from authmap.documents.read import MAX_BYTES

    if result.secret:
        return "it may contain secrets"
    return f"it is larger than {MAX_BYTES:,} bytes" if len(data) > MAX_BYTES else None
