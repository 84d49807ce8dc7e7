"""JUnit XML: valid by the schema, and read by a library for it."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

import hostile
import pytest
import xmlschema
from junitparser import Error, Failure, JUnitXml, Skipped
from styles import literal, manifest

from authmap.api import lint, lint_data
from authmap.linting.run import Run
from authmap.model.severity import Severity
from authmap.render.junit import render
from authmap.rules.registry import all_rules
from authmap.syntax.printable import safe

SCHEMA = xmlschema.XMLSchema(str(Path(__file__).parent / "schemas" / "junit-10.xsd"))
RULES = list(all_rules().values())
TEXT = """\
- rolearn: arn:aws:iam::111111111111:role/a
  username: u
  groups: [system:masters]
- rolearn: arn:aws:iam::111111111111:role/b
  username: v
  groups: [g]
"""


def parsed(text: str) -> ET.Element:
    return ET.fromstring(text)  # noqa: S314 - made here


def run(fail_on: Severity | None = Severity.WARNING, unchecked: str | None = None) -> Run:
    findings = lint(manifest(literal(TEXT)), path="a.yaml").findings
    checked = {"a.yaml": RULES, "good.yaml": RULES[:2]}
    return Run(findings, [], [], 2, 2, unchecked, fail_on=fail_on, checked=checked)


def results(run: Run) -> dict[tuple[str, str], str]:
    """The result of each case, as a viewer shows it."""
    found = {}
    for suite in JUnitXml.fromstring(render(run).encode()):
        for case in suite:
            result = case.result[0] if case.result else None
            names = {Failure: "failure", Error: "error", Skipped: "skipped", type(None): "passed"}
            found[case.classname, case.name.split(" ")[0]] = names[type(result)]
    return found


@pytest.mark.parametrize("case", hostile.CASES)
def test_valid_by_the_schema(case: str) -> None:
    text = render(hostile.run(case))
    SCHEMA.validate(parsed(text))
    suites = JUnitXml.fromstring(text.encode())
    assert safe(hostile.CASES[case][1]) in [suite.name for suite in suites]
    assert suites.errors == 1  # the missing file


def test_schema_would_tell() -> None:
    root = parsed(render(run()))
    del root[0].attrib["failures"]
    assert not SCHEMA.is_valid(root)


def test_a_case_for_each_file_and_rule() -> None:
    found = results(run())
    assert list(found) == [("a.yaml", rule.code) for rule in RULES] + [
        ("good.yaml", rule.code) for rule in RULES[:2]
    ]
    failed = [key for key, result in found.items() if result == "failure"]
    assert failed == [("a.yaml", "AM101"), ("a.yaml", "AM102")]
    assert set(found.values()) == {"failure", "passed"}


@pytest.mark.parametrize(
    ("fail_on", "failed"),
    [
        (None, []),
        (Severity.ERROR, ["AM101"]),
        (Severity.WARNING, ["AM101", "AM102"]),
        (Severity.NOTE, ["AM101", "AM102", "AM301"]),
    ],
)
def test_fails_where_the_run_fails(fail_on: Severity | None, failed: list[str]) -> None:
    found = results(run(fail_on))
    assert [code for (_, code), result in found.items() if result == "failure"] == failed
    assert run(fail_on).exit_code() == bool(failed)
    text = render(run(fail_on))
    assert "role/a has full control of the cluster through `system:masters`" in text  # in any case


def test_all_findings_of_a_rule_stand_in_its_case() -> None:
    failure = parsed(render(run())).find(".//failure")
    assert failure is not None
    assert failure.attrib["message"].endswith(" (and 1 more)")
    assert failure.text
    assert "a.yaml:9:17: error[AM101]" in failure.text
    assert "a.yaml:12:17: error[AM101]" in failure.text


def test_rules_that_could_not_run_are_skipped() -> None:
    found = results(run(unchecked="no bindings are known"))
    skipped = [code for (_, code), result in found.items() if result == "skipped"]
    assert skipped == [rule.code for rule in RULES if rule.code.startswith("AM4")]


def test_a_live_map_is_one_suite() -> None:
    path = "context:prod kube-system/aws-auth"
    findings = lint_data({"mapRoles": TEXT, "mapUsers": "- {"}, path=path).findings
    live = Run(findings, [], [], 1, 1, None, "cluster", checked={path: RULES})
    found = results(live)
    assert {name for name, _ in found} == {path}
    failed = [code for (_, code), result in found.items() if result == "failure"]
    assert failed == ["AM001", "AM101", "AM102"]


def test_counts() -> None:
    root = parsed(render(hostile.run("lines")))
    for each in (root, *root.iter("testsuite")):
        assert each.attrib["tests"] == str(len(list(each.iter("testcase"))))
        assert each.attrib["failures"] == str(len(list(each.iter("failure"))))
        assert each.attrib["errors"] == str(len(list(each.iter("error"))))
