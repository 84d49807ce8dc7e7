"""Run rules over maps."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING

from authmap.authenticator.placeholder import unbraced
from authmap.linting import template_guard
from authmap.model import reserved_entries
from authmap.rules.registry import all_rules

if TYPE_CHECKING:
    from collections.abc import Iterable

    from authmap.authenticator.entry import Entry
    from authmap.model.auth_map import AuthMap
    from authmap.model.finding import Finding
    from authmap.model.options import Options
    from authmap.model.rule import Rule


def check(maps: list[AuthMap], options: Options) -> list[Finding]:
    """Run the selected rules over maps.

    Returns:
        All that they find; what the maps' authors want to be silent about has a `suppression`.
    """
    findings: list[Finding] = []
    rules = [rule for rule in all_rules().values() if options.runs(rule)]
    directed = [auth_map for auth_map in maps if auth_map.directives]
    for auth_map in maps:
        if not auth_map.directives:
            findings += _run(auth_map, rules, options)
    if directed:
        findings += _suppressed(directed, rules, options)
    # stable: at one place they stay in the order of their codes
    findings.sort(key=attrgetter("span"))
    if any(auth_map.shape == "data" for auth_map in maps):  # each section is a text of its own
        texts = {text: place for auth_map in maps for place, text in enumerate(auth_map.texts)}
        findings.sort(key=lambda finding: texts.get(finding.source, len(texts)))
    return findings


def _run(auth_map: AuthMap, rules: Iterable[Rule], options: Options) -> list[Finding]:
    found = []
    template = template_guard.of(auth_map, options)
    for rule in rules:
        severity = options.severity.get(rule.code)
        for finding in rule.check(auth_map, options):
            finding.rule = rule
            finding.own_severity = severity or finding.own_severity
            if auth_map.address:
                finding.message = f"{auth_map.address}: {finding.message}"
            if options.delimiters:
                finding.message = unbraced(finding.message, auth_map.delimiters)
                finding.advice = unbraced(finding.advice, auth_map.delimiters)
            if auth_map.locked:
                finding.hold_back(auth_map.locked)
            elif template:
                _write_no_braces(finding, template)
            elif auth_map.shape == "data" and finding.entry:
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
    for auth_map in maps:
        named = set().union(*(directive.codes for directive in auth_map.directives))
        more = [rule for code, rule in all_rules().items() if code in named and rule not in rules]
        found = _run(auth_map, [*(rule for rule in rules if not rule.last), *more], options)
        suppression.mark(auth_map, found, options)
        findings += [finding for finding in found if finding.rule not in more]
    suppression.settle(maps)
    last = [rule for rule in rules if rule.last]
    said = {
        (f.rule, f.source, f.span): f for auth_map in maps for f in _run(auth_map, last, options)
    }
    return findings + list(said.values())
