"""Prints reports on standard output and messages on standard error."""

from __future__ import annotations

import os
import re
import sys
from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING

from authmap.linting.run import brief, visible
from authmap.model.severity import Severity
from authmap.syntax.printable import safe, without_commands

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import TextIO

    from authmap.fixing.results import DataFixResult, FixResult
    from authmap.linting.run import Run
    from authmap.model.bindings import Bindings
    from authmap.model.finding import Finding
    from authmap.syntax.layer import Layer


MAX_LISTED = 12
"""The number of findings of one rule that are listed one by one without `--verbose`."""

debugging = False
"""Whether `--debug` was given: tracebacks of bugs are shown."""


def out(text: str) -> None:
    """Print to standard output, always in UTF-8.

    A closed pipe is not an error.

    Raises:
        OSError: the text cannot be written.
    """
    _put(sys.stdout, _encoded(text))


def show(text: str) -> None:
    """Print a report for people on standard output, see `out`; a CI job finds no command in it.

    Raises:
        OSError: the text cannot be written.
    """
    out(_for_ci(text))


def _for_ci(text: str) -> str:
    return without_commands(text) if os.environ.get("GITHUB_ACTIONS") == "true" else text


def _encoded(text: str) -> bytes:
    return text.encode(errors="backslashreplace")


def document(data: bytes) -> None:
    """Print the bytes of a file; on a terminal, with control characters escaped.

    Raises:
        OSError: the bytes cannot be written.
    """
    if is_terminal(sys.stdout):
        out(visible(data.decode(errors="surrogateescape")))
    else:
        _put(sys.stdout, data)


def say(text: str) -> None:
    """Print a line on standard error, with control characters and commands of CI escaped."""
    with suppress(OSError):  # there is no other place to report it
        _put(sys.stderr, _encoded(_for_ci(safe(text)) + "\n"))


def _put(stream: TextIO | None, data: bytes) -> None:
    if stream is None:  # the parent process closed it
        return
    try:
        stream.buffer.write(data)
        stream.flush()
    except OSError as error:
        # the rest of the buffer must not fail again when Python exits
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        if not isinstance(error, BrokenPipeError):
            raise


def is_terminal(stream: TextIO | None) -> bool:
    """Whether a stream is a terminal."""
    return stream is not None and stream.isatty()


def colour(stream: TextIO | None) -> bool:
    """Whether to write colours to a stream: https://no-color.org, https://force-color.org."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return is_terminal(stream) and os.environ.get("TERM") != "dumb"


def render(run: Run, output_format: str, *, colour: bool = False) -> str:
    """A report in one of the formats, made by the module of that name in `render`."""
    from importlib import import_module

    options = {"colour": colour} if output_format == "text" else {}
    rendered: str = import_module(f"authmap.render.{output_format}").render(run, **options)
    return rendered


def report(run: Run, output_format: str, file: str | None = None) -> None:
    """Print a report, or write it to a file.

    Raises:
        FileError: the file cannot be written.
    """
    if file is None:
        printed = show if output_format in ("text", "concise") else out
        printed(render(run, output_format, colour=colour(sys.stdout)))
        return
    from authmap.files.writing import write_report

    write_report(file, _encoded(render(run, output_format)))


def diff(path: str, before: bytes, after: bytes) -> str:
    """What a fix changes in a file: a patch, or coloured lines on a terminal."""
    from authmap.files.diff_names import patched_name
    from authmap.render.diff import render

    coloured = colour(sys.stdout)
    shown = coloured or is_terminal(sys.stdout)
    return render(patched_name(path), before, after, colour=coloured, shown=shown)


def tell_elsewhere(paths: list[str]) -> None:
    """Report the files whose diff cannot be applied here, and the directory where it can."""
    from authmap.files.diff_names import patched_from, patched_name

    outside = [path for path in paths if patched_name(path).startswith("../")]
    if outside:
        more = f" and {len(outside) - 1} more" if len(outside) > 1 else ""
        say(
            f"authmap: {outside[0]}{more}: `git apply` and `patch` cannot apply the diff here; "
            f"run authmap in {patched_from(outside)} for a diff that they can apply"
        )


def tell_unknown(rename: Iterable[str], names: frozenset[str], where: str = "") -> None:
    """Report the values of `--rename` that match no entry.

    Args:
        rename: the values of `--rename`.
        names: the usernames, ARNs and role names of all entries.
        where: for a live map, a phrase with its context.
    """
    from authmap.model.options import near

    for name in rename:
        if name not in names:
            hint = near(name, names, "give a username, an ARN or a role name")
            say(f"authmap: --rename {name}: no such entry{where}; {hint}")


def no_map(others: list[str], data: bytes = b"") -> str:
    """A message for a file without an aws-auth map, with what it contains instead.

    Args:
        others: descriptions of its documents.
        data: the bytes of the file.
    """
    more = f" and {len(others) - 5} more" if len(others) > 5 else ""
    message = "no aws-auth map found" + (f" ({', '.join(others[:5])}{more})" if others else "")
    key = re.search(rb"map(?:Roles|Users)\b|(?:role|user)arn\b", data)
    if key is None or {other.split(" ")[0] for other in others} == {"Secret"}:
        return message
    return (
        f"{message}; `{key[0].decode()}` is in a place that authmap does not read: add the path of "
        "the list to extra-paths in the configuration, or pipe in the rendered ConfigMap"
    )


def tell(run: Run, *, quiet: bool) -> None:
    """Report the inputs that were skipped and those that failed."""
    if not quiet:
        for path, reason in run.skipped:
            say(f"authmap: {path}: {brief(reason)}")
    for path, message in run.errors:
        say(f"authmap: error: {path}: {message}")


def count(run: Run) -> None:
    """Print the number of findings per rule, most findings first."""
    counted = Counter(finding.rule.code for finding in run.findings)
    rules = {finding.rule.code: finding.rule for finding in run.findings}
    for code, number in sorted(counted.items(), key=lambda each: (-each[1], each[0])):
        say(f"{number:>6} {code} {rules[code].name}")


def conclude(run: Run, file: str | None = None) -> None:
    """Print a summary, for reports that do not contain one."""
    from authmap.render.text import summary

    say(f"authmap: {summary(run)}{f'; the report is in {file}' if file else ''}")
    if run.unchecked and run.place == "cluster":  # without a cluster, only --rbac is missing
        say(f"authmap: {brief(run.skipped_rules)}")


def tell_fixed(
    result: FixResult | DataFixResult, done: str, bar: Severity | None, *, verbose: bool
) -> None:
    """Report what was fixed, and what was not and why.

    Args:
        result: the result for one input.
        done: the verb for applied fixes: `fixed` or `would fix`.
        bar: the lowest severity that fails the run.
        verbose: whether to list each finding if there are many of one rule.
    """
    bar = min(bar or Severity.WARNING, Severity.WARNING)
    _report_findings([(finding, "") for finding in result.applied], done, verbose=verbose)
    for name in dict.fromkeys(_unreadable_section(finding.at.layer) for finding in result.applied):
        if name:
            say(
                f"authmap: {result.path}: {name} was ignored entirely; this fix activates "
                "every entry in it, so review them all"
            )
    _report_findings(result.held_back, "not fixed", verbose=verbose)
    unfixable = [each for each in result.remaining if each.fix is None and each.severity >= bar]
    _report_findings([(finding, "") for finding in unfixable], "no fix for", verbose=verbose)


def _unreadable_section(layer: Layer) -> str | None:
    """The name of the section in a layer, if the authenticator cannot read it."""
    from authmap.authenticator.section import Section

    return layer.name if isinstance(layer, Section) and layer.problem else None


def _report_findings(found: list[tuple[Finding, str]], done: str, *, verbose: bool) -> None:
    """Print a line for each finding, or, if a rule has many, one for each rule and reason.

    If there are many reasons as well, as when each names its entry, the first one stands for all.

    Args:
        found: the findings, each with the reason why it is not fixed, or "".
        done: what happened to them.
        verbose: whether to print a line for each in any case.
    """
    sizes = Counter(finding.rule.code for finding, _ in found)
    reasons = {code: {why for f, why in found if f.rule.code == code} for code in sizes}
    groups: dict[object, list[tuple[Finding, str]]] = {}
    for number, (finding, reason) in enumerate(found):
        code = finding.rule.code
        alone = verbose or sizes[code] <= MAX_LISTED
        together = code, reason if len(reasons[code]) <= MAX_LISTED else None
        groups.setdefault(number if alone else together, []).append((finding, reason))
    for group in groups.values():
        finding, reason = group[0]
        what = f"{done} {finding.rule.code}"
        because = f": {brief(reason)}" if reason else ""
        if len(group) == 1:
            say(f"{finding.location}: {what}: {brief(finding.message)}{because}")
        else:
            where = f"in {len(group)} places, first at {finding.location}"
            say(f"authmap: {what} {where}{because}; -v lists them")


def sum_up(run: Run, results: list[FixResult], done: str, bindings: Bindings | None) -> None:
    """Report the number of fixes and of the findings that remain.

    Args:
        run: the findings that remain.
        results: the results for all inputs.
        done: the verb for applied fixes: `fixed` or `would be fixed`.
        bindings: the RBAC bindings that were checked, if any.
    """
    from authmap.render.text import summary

    applied = [finding for result in results for finding in result.applied]
    missing = bindings.missing if bindings else ""
    if missing is not None and any(finding.renames for finding in applied):
        checked = f"not all checked ({brief(missing)})" if missing else "not checked"
        say(
            f"authmap: RBAC bindings were {checked}: a binding to an old username stops matching; "
            "check them with --rbac PATH, or bind groups instead, whose names stay the same"
        )
    say(f"authmap: {len(applied)} {done}; remaining: {summary(run)}")
