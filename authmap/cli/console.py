"""Words to the person at the terminal: what goes to standard output and standard error, and how."""

from __future__ import annotations

import os
import re
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

from authmap.linting.run import brief, safe, visible
from authmap.model.severity import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import TextIO

    from authmap.fixing.results import DataFixResult, FixResult
    from authmap.linting.run import Run
    from authmap.model.bindings import Bindings
    from authmap.model.finding import Finding
    from authmap.syntax.layer import Layer


def out(text: str) -> None:
    """Print to standard output, in UTF-8 whatever the locale.

    Raises:
        OSError: it cannot be written; that nobody reads on is no error.
    """
    _put(sys.stdout, _encoded(text))


def _encoded(text: str) -> bytes:
    return text.encode(errors="backslashreplace")


def document(data: bytes) -> None:
    """Print a file: its bytes, or on a terminal what can be seen of them.

    Raises:
        OSError: as `out` does.
    """
    if is_terminal(sys.stdout):
        out(visible(data.decode(errors="surrogateescape")))
    else:
        _put(sys.stdout, data)


def say(text: str) -> None:
    """Print a line to standard error, without anything a terminal would act on."""
    with suppress(OSError):  # there is no other place to say it
        _put(sys.stderr, _encoded(safe(text) + "\n"))


def _put(stream: TextIO | None, data: bytes) -> None:
    if stream is None:  # closed by whoever started us
        return
    try:
        stream.buffer.write(data)
        stream.flush()
    except OSError as error:
        # what is left in the buffer must not fail once more when Python ends
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        if not isinstance(error, BrokenPipeError):
            raise


def is_terminal(stream: TextIO | None) -> bool:
    """Whether somebody looks at what goes to a stream."""
    return stream is not None and stream.isatty()


def colour(stream: TextIO | None) -> bool:
    """Whether to colour what goes to a stream: https://no-color.org, https://force-color.org."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return is_terminal(stream) and os.environ.get("TERM") != "dumb"


def render(run: Run, output_format: str, *, colour: bool = False) -> str:
    """A report in one of the formats: by the module of that name in `render`."""
    from importlib import import_module

    options = {"colour": colour} if output_format == "text" else {}
    rendered: str = import_module(f"authmap.render.{output_format}").render(run, **options)
    return rendered


def report(run: Run, output_format: str, file: str | None = None) -> None:
    """Print a report, or write it into a file.

    Raises:
        FileError: it cannot be written.
    """
    if file is None:
        out(render(run, output_format, colour=colour(sys.stdout)))
        return
    from authmap.files import write_report

    write_report(file, _encoded(render(run, output_format)))


def diff(path: str, before: bytes, after: bytes) -> str:
    """What a fix changes in a file, as a patch, or coloured for somebody who looks at it."""
    from authmap.files import patched_name
    from authmap.render.diff import render

    coloured = colour(sys.stdout)
    shown = coloured or is_terminal(sys.stdout)
    return render(patched_name(path), before, after, colour=coloured, shown=shown)


def tell_elsewhere(paths: list[str]) -> None:
    """Say of which files nothing takes the diff here, and where it would."""
    from authmap.files import patched_from, patched_name

    refused = [path for path in paths if patched_name(path).startswith("../")]
    if refused:
        more = f" and {len(refused) - 1} more" if len(refused) > 1 else ""
        say(
            f"authmap: {refused[0]}{more}: neither `git apply` nor `patch` takes the diff here; "
            f"run authmap in {patched_from(refused)} for one that they take"
        )


def tell_unknown(rename: Iterable[str], names: frozenset[str], where: str = "") -> None:
    """Say which entries are to be renamed, and are not there.

    Args:
        rename: the names that were given.
        names: by which entries can be named.
        where: of a live map, its context.
    """
    from authmap.model.options import near

    for name in rename:
        if name not in names:
            hint = near(name, names, "it takes a username, an ARN, or the name of a role")
            say(f"authmap: --rename {name}: {where}no entry is called so; {hint}")


def no_map(others: list[str], data: bytes = b"") -> str:
    """What a file without an aws-auth map holds instead.

    Args:
        others: what its documents are.
        data: its bytes.
    """
    more = f" and {len(others) - 5} more" if len(others) > 5 else ""
    said = "no aws-auth map in it" + (f", but {', '.join(others[:5])}{more}" if others else "")
    word = re.search(rb"map(?:Roles|Users)\b|(?:role|user)arn\b", data)
    if word is None or {other.split(" ")[0] for other in others} == {"Secret"}:
        return said
    return (
        f"{said}; `{word[0].decode()}` stands where authmap does not look: name the way to the "
        "list with extra-paths in a configuration, or pipe in the ConfigMap that comes of it"
    )


def tell(run: Run, *, quiet: bool) -> None:
    """Say what was passed over and what failed."""
    if not quiet:
        for path, reason in run.skipped:
            say(f"authmap: {path}: {brief(reason)}")
    for path, message in run.errors:
        say(f"authmap: error: {path}: {message}")


def count(run: Run) -> None:
    """Say how many findings there are of each rule, the most first."""
    from collections import Counter

    counted = Counter(finding.rule.code for finding in run.findings)
    rules = {finding.rule.code: finding.rule for finding in run.findings}
    for code, number in sorted(counted.items(), key=lambda each: (-each[1], each[0])):
        say(f"{number:>6} {code} {rules[code].name}")


def conclude(run: Run, file: str | None = None) -> None:
    """Say what was looked at and found, where the report itself does not."""
    from authmap.render.text import summary

    say(f"authmap: {summary(run)}{f'; the report is in {file}' if file else ''}")
    if run.unchecked and run.place == "cluster":  # where it is not for want of --rbac
        say(f"authmap: {brief(run.skipped_rules)}")


def tell_fixed(result: FixResult | DataFixResult, done: str, bar: Severity | None) -> None:
    """Say what was mended, and what was not and why.

    Args:
        result: of one input.
        done: what has become of the fixes: `fixed`, `would fix`.
        bar: from where on a finding fails the run.
    """
    bar = min(bar or Severity.WARNING, Severity.WARNING)
    for finding in result.applied:
        _tell(finding, done, finding.message)
    for name in dict.fromkeys(_lost(finding.at.layer) for finding in result.applied):
        if name:
            say(
                f"authmap: {result.path}: {name} could not be read, and can be then: every mapping "
                "in it is in force, so look at each of them"
            )
    for finding, reason in result.held_back:
        _tell(finding, "not fixed", f"{finding.message}: {reason}")
    for finding in result.remaining:
        if finding.fix is None and finding.severity >= bar:
            _tell(finding, "no fix for", finding.message)


def _lost(layer: Layer) -> str | None:
    """Name of the section that a layer is, if nothing of it was read."""
    from authmap.authenticator.section import Section

    return layer.name if isinstance(layer, Section) and layer.problem else None


def _tell(finding: Finding, done: str, what: str) -> None:
    line, column = finding.source.place(finding.span[0])
    place = f"{finding.source.path}:{line}:{column}"
    say(f"{place}: {done} {finding.rule.code}: {brief(what)}")


def sum_up(run: Run, results: list[FixResult], done: str, bindings: Bindings | None) -> None:
    """Say how much was mended in all, and how much is left.

    Args:
        run: what is left.
        results: of all inputs.
        done: what has become of the fixes: `fixed`, `would be fixed`.
        bindings: the RBAC bindings that were there to be looked at.
    """
    from authmap.render.text import summary

    applied = [finding for result in results for finding in result.applied]
    missing = bindings.missing if bindings else ""
    if missing is not None and any(finding.renames for finding in applied):
        checked = f"not all checked ({brief(missing)})" if missing else "not checked"
        say(
            f"authmap: RBAC bindings were {checked}: one that names an old username matches "
            "nobody any more; bind groups, which keep their names, or check with --rbac PATH"
        )
    say(f"authmap: {len(applied)} {done}; left: {summary(run)}")
