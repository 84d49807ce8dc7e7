"""The junit format: JUnit XML with a test suite per file and a test case per selected rule.

A case fails if a finding of its rule fails the run; findings below `--fail-on` are in the output of
a passing case. So failures agree with the exit code, and a viewer that compares two runs shows what
was fixed. The schema is that of Jenkins' xUnit plugin (`junit-10.xsd`), which GitLab and others
read as well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from authmap.linting.fingerprint import relative
from authmap.linting.run import brief
from authmap.model.rule import Need
from authmap.render.concise import line
from authmap.syntax.printable import safe

if TYPE_CHECKING:
    from collections.abc import Iterable

    from authmap.linting.run import Run
    from authmap.model.finding import Finding
    from authmap.model.rule import Rule


def render(run: Run) -> str:
    """The report as XML text."""
    suites = ET.Element("testsuites", name="authmap")
    findings: dict[str, list[Finding]] = {}
    for finding in run.findings:
        findings.setdefault(_input(finding, run), []).append(finding)
    for path in {**run.checked, **findings}:
        suite = _suite(suites, path, run)
        for rule in _rules(run.checked.get(path, ()), findings.get(path, ())):
            of_rule = [f for f in findings.get(path, ()) if f.rule is rule]
            _case(suite, rule, of_rule, run)
    for path, reason in run.skipped:
        ET.SubElement(_reading(suites, path, run), "skipped", message=brief(reason))
    for path, message in run.errors:
        ET.SubElement(_reading(suites, path, run), "error", type="error", message=brief(message))
    for element in (*suites, suites):
        _count(element)
    ET.indent(suites)
    text = ET.tostring(suites, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'


def _input(finding: Finding, run: Run) -> str:
    """The path of the input with a finding; each section of a live map is a separate text."""
    path = finding.source.path
    whole = path.rpartition(" ")[0]
    return whole if path not in run.checked and whole in run.checked else path


def _suite(suites: ET.Element, path: str, run: Run) -> ET.Element:
    return ET.SubElement(suites, "testsuite", name=safe(relative(path, run.root)))


def _reading(suites: ET.Element, path: str, run: Run) -> ET.Element:
    """The only test case of a file in which nothing could be checked."""
    suite = _suite(suites, path, run)
    return ET.SubElement(suite, "testcase", name="read", classname=suite.attrib["name"])


def _rules(asked: Iterable[Rule], found: Iterable[Finding]) -> Iterable[Rule]:
    return dict.fromkeys((*asked, *(finding.rule for finding in found)))


def _case(suite: ET.Element, rule: Rule, findings: list[Finding], run: Run) -> None:
    name = f"{rule.code} {rule.name}"
    case = ET.SubElement(suite, "testcase", name=name, classname=suite.attrib["name"])
    failing = [finding for finding in findings if run.fails(finding)]
    if failing:
        worst = max(failing, key=lambda finding: finding.severity)
        more = f" (and {len(failing) - 1} more)" if failing[1:] else ""
        attributes = {"type": str(worst.severity), "message": f"{brief(worst.message)}{more}"}
        ET.SubElement(case, "failure", attributes).text = _words(failing)
    elif run.unchecked and Need.BINDINGS in rule.needs:
        ET.SubElement(case, "skipped", message=brief(run.unchecked))
    rest = [finding for finding in findings if finding not in failing]
    if rest:
        ET.SubElement(case, "system-out").text = _words(rest)


def _words(findings: list[Finding]) -> str:
    return "".join(f"{line(finding)}\n  {brief(finding.advice)}\n" for finding in findings)


def _count(element: ET.Element) -> None:
    cases = list(element.iter("testcase"))
    element.set("tests", str(len(cases)))
    for name, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        if name != "skipped" or element.tag == "testsuite":
            element.set(name, str(sum(case.find(tag) is not None for case in cases)))
