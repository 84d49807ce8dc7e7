"""Lint and fix over bytes: pure, no printing, no files, no network."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple, Self

from authmap.authenticator.placeholder import unbraced
from authmap.documents.read import Reading, Wanted, read
from authmap.linting import template_guard
from authmap.model import reserved_entries
from authmap.model.auth_map import AuthMap
from authmap.model.options import Options
from authmap.rules.registry import all_rules
from authmap.usernames.rename import rename_targets

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from authmap.authenticator.entry import Entry
    from authmap.model.finding import Finding
    from authmap.rules.registry import Rule


class Report(NamedTuple):
    """What a lint of one input found.

    Attributes:
        path: the input's name.
        findings: in the order of their places.
        maps: how many aws-auth maps there were.
        others: what the documents are that are no aws-auth map.
        kubeconfigs: how many kubeconfigs there were.
        suppressed: the findings that the maps' authors do not want to see.
        unread: 1 where the file, or the rest of it, cannot be read.
    """

    path: str
    findings: list[Finding]
    maps: int
    others: list[str]
    kubeconfigs: int = 0
    suppressed: Sequence[Finding] = ()
    unread: int = 0

    @classmethod
    def of(cls, path: str, findings: list[Finding], reading: Reading) -> Self:
        """A report of all findings, with those apart that are suppressed."""
        suppressed = [finding for finding in findings if finding.suppression]
        if suppressed:
            findings = [finding for finding in findings if not finding.suppression]
        kubeconfigs, unread = reading.kubeconfigs, int(reading.broken > 0)
        maps = len(reading.maps) - kubeconfigs - reading.broken
        return cls(path, findings, maps, reading.others, kubeconfigs, suppressed, unread)


class DataFixResult(NamedTuple):
    """What a fix of the `data` of a ConfigMap did.

    Attributes:
        path: its name.
        output: the texts of its keys after it.
        applied: the findings that were mended, as they stood when they were.
        held_back: findings with a fix that was not made, with the reason.
        remaining: all findings in the output.
    """

    path: str
    output: dict[str, str]
    applied: list[Finding]
    held_back: list[tuple[Finding, str]]
    remaining: list[Finding]


class FixResult(NamedTuple):
    """What a fix of one input did.

    Attributes:
        path: the input's name.
        output: the bytes after it; the input's own where nothing was changed.
        applied: the findings that were mended, as they stood when they were.
        held_back: findings with a fix that was not made, with the reason.
        remaining: all findings in the output.
        maps: how many aws-auth maps there were.
        others: what the documents are that are no aws-auth map.
        kubeconfigs: how many kubeconfigs there were.
        secret: whether the file is not to be shown, as a kubeconfig or a Terraform state is in it.
        names: of the entries before it, where some were to be renamed by name.
        unread: 1 where the file, or the rest of it, cannot be read.
    """

    path: str
    output: bytes
    applied: list[Finding]
    held_back: list[tuple[Finding, str]]
    remaining: list[Finding]
    maps: int
    others: list[str]
    kubeconfigs: int = 0
    secret: bool = False
    names: frozenset[str] = frozenset()
    unread: int = 0


@contextmanager
def _uncollected() -> Iterator[None]:
    """Keep the garbage collector off: a tree of nodes has no cycles, and it would walk it often."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            if not gc.get_freeze_count():  # what is new counts as old at once, without a walk
                gc.freeze()
                gc.unfreeze()
            gc.enable()


def load(source: bytes, *, path: str = "<input>") -> list[AuthMap]:
    """The aws-auth maps in a file.

    Args:
        source: the file's bytes.
        path: what findings call the file.

    Returns:
        The maps in order; one of shape `broken`, with a `problem`, for a rest that is unreadable.
    """
    return [map for map in read(source, path).maps if map.shape != "kubeconfig"]


@_uncollected()
def lint(
    source: bytes, *, path: str = "<input>", options: Options | None = None, named: bool = False
) -> Report:
    """Find what is wrong with the aws-auth maps in a file.

    Args:
        source: the file's bytes.
        path: what findings call the file.
        options: which rules run, and how.
        named: whether a person chose this very input, so that lists behind keys such as
            `aws_auth_roles` are taken for what they look like, in values of a chart for one.
    """
    options = options or Options()
    reading = read(source, path, Wanted(named, options.extra_paths, options.delimiters))
    return Report.of(path, check(reading.maps, _with_own_bindings(reading, options)), reading)


def _with_own_bindings(reading: Reading, options: Options) -> Options:
    """Options with the bindings in the file itself, where none are known.

    There may be others elsewhere, so what asks for all of them, as AM4 does, still does not run.
    """
    source = reading.maps[0].source if reading.maps and options.bindings is None else None
    if source is None or "RoleBinding" not in source.text:
        return options
    from authmap.model.bindings import Bindings, within

    found = [binding for tree in reading.trees for binding in within(tree.root, source)]
    held = Bindings(found, "only those in the file itself are known")
    return options._replace(bindings=held, ignore=(*options.ignore, "AM4"))


def lint_data(
    data: Mapping[str, str],
    *,
    path: str = "aws-auth",
    annotations: Mapping[str, str] | None = None,
    options: Options | None = None,
) -> Report:
    """Find what is wrong with the `data` of a ConfigMap, as it is in a live cluster.

    Args:
        data: the texts of its keys.
        path: what findings call the object; the section's name is put behind it.
        annotations: of the object.
        options: which rules run, and how.
    """
    reading = Reading()
    reading.maps.append(AuthMap.from_data(data, path=path, annotations=annotations))
    return Report.of(path, check(reading.maps, options or Options()), reading)


def check(maps: list[AuthMap], options: Options) -> list[Finding]:
    """Run the selected rules over maps.

    Returns:
        All that they find; what the maps' authors want to be silent about has a `suppression`.
    """
    findings: list[Finding] = []
    rules = [rule for rule in all_rules().values() if options.runs(rule)]
    directed = [map for map in maps if map.directives]
    for map in maps:
        if not map.directives:
            findings += _run(map, rules, options)
    if directed:
        findings += _suppressed(directed, rules, options)
    # stable: at one place they stay in the order of their codes
    findings.sort(key=attrgetter("span"))
    if any(map.shape == "data" for map in maps):  # each section is a text of its own
        texts = {text: place for map in maps for place, text in enumerate(map.texts)}
        findings.sort(key=lambda finding: texts.get(finding.source, len(texts)))
    return findings


def _run(map: AuthMap, rules: Iterable[Rule], options: Options) -> list[Finding]:
    found = []
    template = template_guard.of(map, options)
    for rule in rules:
        severity = options.severity.get(rule.code)
        for finding in rule.check(map, options):
            finding.rule = rule
            finding.own_severity = severity or finding.own_severity
            if map.address:
                finding.message = f"{map.address}: {finding.message}"
            if options.delimiters:
                finding.message = unbraced(finding.message, map.delimiters)
                finding.help = unbraced(finding.help, map.delimiters)
            if map.locked:
                finding.hold_back(map.locked)
            elif template:
                _write_no_braces(finding, template)
            elif map.shape == "data" and finding.entry:
                _leave_nodes_alone(finding, finding.entry, options)
            found.append(finding)
    return found


def _write_no_braces(finding: Finding, reason: str) -> None:
    if finding.fix and any("{{" in change.value for change in finding.fix.changes):
        finding.hold_back(reason)


def _leave_nodes_alone(finding: Finding, entry: Entry, options: Options) -> None:
    """In a live cluster workloads live from the entries of nodes and services."""
    owner = reserved_entries.owner(entry, options.known)
    if owner:
        finding.hold_back(f"the entry belongs to {owner}, and workloads live from it")


def _suppressed(maps: list[AuthMap], rules: list[Rule], options: Options) -> list[Finding]:
    """Check maps with directives; the rules they name run too, to see whether they do anything."""
    from authmap.linting import suppression

    findings = []
    for map in maps:
        named = set().union(*(directive.codes for directive in map.directives))
        more = [rule for code, rule in all_rules().items() if code in named and rule not in rules]
        found = _run(map, [*(rule for rule in rules if not rule.last), *more], options)
        suppression.mark(map, found, options)
        findings += [finding for finding in found if finding.rule not in more]
    suppression.settle(maps)
    last = [rule for rule in rules if rule.last]
    said = {(f.rule, f.source, f.span): f for map in maps for f in _run(map, last, options)}
    return findings + list(said.values())


@_uncollected()
def fix(
    source: bytes, *, path: str = "<input>", options: Options | None = None, named: bool = False
) -> FixResult:
    """Mend what can be mended, and nothing else.

    Args:
        source: the file's bytes.
        path: what findings call the file.
        options: which rules run, and how; with `unsafe_fixes` also what may change access.
        named: as for `lint`.
    """
    from authmap.fixing.rounds import File, mend

    options = options or Options()
    wanted = Wanted(named, options.extra_paths, options.delimiters)
    given = File.of(source, path, wanted)
    options = _with_own_bindings(given.reading, options)
    file, applied, held_back, remaining = mend(given, options)
    reading = file.reading
    return FixResult(
        path,
        file.data,
        applied,
        held_back,
        remaining,
        len(reading.maps) - reading.kubeconfigs - reading.broken,
        reading.others,
        reading.kubeconfigs,
        reading.secret,
        rename_targets(given.reading.maps if options.rename else ()),
        int(reading.broken > 0),
    )


def fix_data(
    data: Mapping[str, str],
    *,
    path: str = "aws-auth",
    annotations: Mapping[str, str] | None = None,
    options: Options | None = None,
) -> DataFixResult:
    """Mend the `data` of a ConfigMap, as it is in a live cluster.

    Args:
        data: the texts of its keys.
        path: what findings call the object; the section's name is put behind it.
        annotations: of the object.
        options: which rules run, and how; with `unsafe_fixes` also what may change access.
    """
    from authmap.fixing.rounds import Data, mend

    given = Data.of(data, path, annotations or {})
    held, applied, held_back, remaining = mend(given, options or Options())
    return DataFixResult(path, held.data, applied, held_back, remaining)
