"""Run rules on maps."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING

from authmap.authenticator.placeholder import has_session, unbraced
from authmap.linting import template_guard
from authmap.model import reserved_entries
from authmap.model.auth_map import AuthMap, Shape
from authmap.model.kubeconfig import Kubeconfig
from authmap.model.planned_change import PlannedChange
from authmap.model.rule import About, Need
from authmap.rules.registry import all_rules, checked_rules

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from authmap.authenticator.entry import Entry
    from authmap.model.content import Content
    from authmap.model.directive import Directive
    from authmap.model.finding import Finding
    from authmap.model.options import RunOptions
    from authmap.rules.registry import CheckedRule


def check(contents: Sequence[Content], options: RunOptions) -> list[Finding]:
    """Run the selected rules on the contents of a file.

    Returns:
        All findings; those that a comment or annotation suppresses have a `suppression`.
    """
    findings: list[Finding] = []
    rules = [each for each in checked_rules() if options.runs(each.rule)]
    directed = []
    for content in contents:
        content.directives = _directives(content)
        if content.directives:
            directed.append(content)
        else:
            findings += _run(content, rules, options)
    if directed:
        findings += _suppressed(directed, rules, options)
    # stable: findings at the same place stay in the order of their codes
    findings.sort(key=attrgetter("span"))
    if any(_is_live(content) for content in contents):  # each section is a separate text
        texts = {text: place for content in contents for place, text in enumerate(content.texts)}
        findings.sort(key=lambda finding: texts.get(finding.source, len(texts)))
    return findings


def _directives(content: Content) -> list[Directive]:
    """The ignore directives in a content."""
    if not content.annotations and not any(text.names_authmap for text in content.texts):
        return []
    from authmap.linting import comments

    return comments.read(content)


def _is_live(content: Content) -> bool:
    return isinstance(content, AuthMap) and content.shape is Shape.DATA


def _need(content: Content) -> Need:
    """The kind of content, as the need of the rules that check it."""
    if isinstance(content, AuthMap):
        return Need.MAP
    if isinstance(content, PlannedChange):
        return Need.PLAN
    return Need.KUBECONFIG if isinstance(content, Kubeconfig) else Need.UNREADABLE


def _run(content: Content, rules: Iterable[CheckedRule], options: RunOptions) -> list[Finding]:
    found = []
    template = template_guard.of(content, options) if isinstance(content, AuthMap) else ""
    anonymous = _ignored_session_rule(options)
    need = _need(content)
    for rule, check_content in rules:
        if need not in rule.needs:
            continue
        severity = options.severity.get(rule.code)
        for finding in check_content(content, options):
            finding.rule = rule
            finding.own_severity = severity or finding.own_severity
            if content.address:
                finding.message = f"{content.address}: {finding.message}"
            if options.delimiters:
                finding.message = unbraced(finding.message, content.delimiters)
                finding.advice = unbraced(finding.advice, content.delimiters)
            if anonymous and rule.about is About.ACCOUNT_ID:
                _add_no_session_name(finding, anonymous)
            if content.locked:
                finding.hold_back(content.locked)
            elif template:
                _write_no_braces(finding, template)
            elif finding.entry and _is_live(content):
                _leave_nodes_alone(finding, finding.entry, options)
            found.append(finding)
    return found


def _ignored_session_rule(options: RunOptions) -> str:
    """The code of the rule about session names where it is ignored, or an empty string."""
    if not options.ignore:
        return ""
    rules = (rule for rule in all_rules().values() if rule.about is About.SESSION_NAME)
    return next((rule.code for rule in rules if options.ignores(rule)), "")


def _add_no_session_name(finding: Finding, ignored: str) -> None:
    """Hold back a fix that would make the change an ignored rule asks for."""
    if finding.fix and finding.entry and not has_session(finding.entry.username):
        finding.hold_back(f"it would add the session name, but {ignored} is ignored")


def _write_no_braces(finding: Finding, reason: str) -> None:
    if finding.fix and any("{{" in change.value for change in finding.fix.changes):
        finding.hold_back(reason)


def _leave_nodes_alone(finding: Finding, entry: Entry, options: RunOptions) -> None:
    """Hold back fixes of node and service entries: workloads in a live cluster depend on them."""
    owner = reserved_entries.owner(entry, options.reserved)
    if owner:
        finding.hold_back(f"the entry belongs to {owner}; running workloads depend on it")


def _suppressed(
    contents: list[Content], rules: list[CheckedRule], options: RunOptions
) -> list[Finding]:
    """Check contents with directives, also with the rules they name, to find unused directives."""
    from authmap.linting import suppression

    first = [each for each in rules if Need.SUPPRESSIONS not in each.rule.needs]
    last = [each for each in rules if Need.SUPPRESSIONS in each.rule.needs]
    selected = {rule.code for rule, _ in rules}
    findings = []
    for content in contents:
        named = set().union(*(directive.codes for directive in content.directives)) - selected
        more = [each for each in checked_rules() if each.rule.code in named]
        found = _run(content, [*first, *more], options)
        suppression.mark(content, found, options)
        findings += [finding for finding in found if finding.rule.code not in named]
    suppression.settle(contents)
    reported = {
        (f.rule, f.source, f.span): f for each in contents for f in _run(each, last, options)
    }
    return findings + list(reported.values())
