"""Files that another tool renders first: nothing is written into them that it would render."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from command import authmap

from authmap.api import fix, fix_data, lint, load
from authmap.authenticator.foreign_template import braced_template, in_braces
from authmap.authenticator.placeholder import KNOWN
from authmap.explain.caller import explain_caller
from authmap.explain.map_view import view
from authmap.model.auth_map import AuthMap
from authmap.model.options import RunOptions

if TYPE_CHECKING:
    from pathlib import Path

STAFF = """\
    - rolearn: arn:aws:iam::111111111111:role/staff
      username: staff
      groups: [ops]
"""
OTHER = STAFF.replace("staff", "other")
ESCAPED = """\
    - rolearn: arn:aws:iam::111111111111:role/other
      username: "{{`{{AccountID}}`}}:other:{{`{{SessionName}}`}}"
      groups: [ops]
"""
RENAMED = "role:{{AccountID}}:staff:{{SessionName}}"
BACKQUOTES = (("{{`{{", "}}`}}"),)


def chart(*, namespace: str = "kube-system", label: str = "x", entries: str = STAFF) -> str:
    return f"""\
apiVersion: v1
kind: ConfigMap
metadata:
  name: aws-auth
  namespace: {namespace}
  labels:
    app: {label}
data:
  mapRoles: |
{entries}"""


TEMPLATES = {
    "namespace": (chart(namespace="{{ .Release.Namespace }}"), 5),
    "label": (chart(label='"{{ .Chart.Name }}"'), 7),
    "word without quotes": (chart(namespace="{{namespace}}"), 5),
    "comment": ('# {{- include "labels" . }}\n' + chart(), 1),
    "another document": (chart() + '---\nkind: X\nspec: "{{ .Values.x }}"\n', 15),
    "escaped entry": (chart(entries=STAFF + ESCAPED), 14),
    "escaped entry first": (chart(entries=ESCAPED + STAFF), 11),
    "word": (chart(label='"{{env}}"'), 7),
    "known to another tool": (chart(label='"{{account_id}}"'), 7),
    "over two lines": (chart(label='"{{ include\n    .x }}"'), 7),
    "comment over two lines": ("# {{/* more\n# */}}\n" + chart(), 1),
    "never closed": (chart(label='"{{ .Values.x }"'), 7),
    "printed": (chart(label="""'{{ "{{SessionName}}" | quote }}'"""), 7),
}


OF_ENTRIES = {
    "in an ARN": (chart(entries=STAFF + OTHER.replace("111111111111", "{{ account_id }}")), 13),
    "in a username": (chart(entries=STAFF + OTHER.replace(": other", ": a{{ account_id }}")), 14),
}


@pytest.mark.parametrize(
    ("text", "line"),
    [*TEMPLATES.values(), *OF_ENTRIES.values()],
    ids=[*TEMPLATES, *OF_ENTRIES],
)
@pytest.mark.parametrize("rename", [(), ("staff",)])
def test_no_placeholder_is_written_into_a_template(
    text: str, line: int, rename: tuple[str, ...]
) -> None:
    options = RunOptions(select=("AM101", "AM102"), rename=rename, unsafe_fixes=True)
    result = fix(text.encode(), options=options)
    assert result.output == text.encode()
    assert {finding.rule.code for finding, _ in result.held_back} == {"AM101", "AM102"}
    assert {reason for _, reason in result.held_back} == {
        f"this is a Helm template (line {line}): render it first (helm template … | authmap fix -)"
    }


@pytest.mark.parametrize(
    "line", ["{% if roles %}\n", "{# who is on call #}\n", "{# who\n# is on call #}\n"]
)
def test_jinja_renders_double_braces_too(line: str) -> None:
    text = f"# {line}" + chart()
    (_, reason), *_ = fix(text.encode()).held_back
    assert "a Jinja template (line 1)" in reason


@pytest.mark.parametrize(
    ("path", "tool"), [("aws-auth.yaml.j2", "Jinja"), ("a.tpl", "Helm"), ("a.yaml", None)]
)
def test_what_is_called_a_template_is_rendered(path: str, tool: str | None) -> None:
    result = fix(chart().encode(), path=path)
    reasons = {reason for _, reason in result.held_back}
    assert any(f"a {tool} template (by its file name)" in reason for reason in reasons) == bool(
        tool
    )
    assert bool(result.applied) != bool(tool)


def test_templates_of_a_chart_are_rendered(tmp_path: Path) -> None:
    folder = tmp_path / "chart" / "templates" / "rbac"
    folder.mkdir(parents=True)
    (folder / "aws-auth.yaml").write_text(chart())
    run = authmap("fix", "--diff", folder)
    assert "+      username: role:" in run.stdout
    (tmp_path / "chart" / "Chart.yaml").touch()
    run = authmap("fix", "--diff", folder)
    assert run.stdout == ""
    assert "this file is a template of a Helm chart: render it first" in run.stderr


def test_a_template_is_mended_where_no_braces_are_written() -> None:
    text = chart(label='"{{ .Chart.Name }}"', entries=STAFF.replace("staff\n", "yes\n", 2))
    result = fix(text.encode(), options=RunOptions(select=("AM002",), unsafe_fixes=True))
    assert result.output.decode() == text.replace("username: yes", 'username: "yes"')


@pytest.mark.parametrize(
    "text",
    [
        chart(label='"${name}"'),
        chart(label='"<NAME>"'),
        chart(label='"<%= name %>"'),
        chart(entries="%{ for x in y ~}\n".replace("%", "    # %") + STAFF),
        chart(label="x{{SessionName}}"),
        chart(label='"${#a[@]}"'),
        "# {{ SessionName }} and {{AccountID}}\n" + chart(),
    ],
)
def test_what_leaves_braces_alone_keeps_no_fix_back(text: str) -> None:
    options = RunOptions(select=("AM101", "AM102"))
    result = fix(text.encode(), options=options)
    assert result.output.decode() == text.replace("username: staff", f"username: {RENAMED}")


def test_an_entry_with_a_template_of_terraform_stays_and_no_other() -> None:
    other = STAFF.replace("111111111111", "${account}").replace("staff", "other")
    text = chart(entries=STAFF + other)
    result = fix(text.encode(), options=RunOptions(select=("AM101", "AM102")))
    assert result.output.decode() == text.replace("username: staff", f"username: {RENAMED}")


def test_a_live_map_is_no_template() -> None:
    text = "".join(line[4:] for line in (STAFF + ESCAPED).splitlines(keepends=True))
    result = fix_data({"mapRoles": text}, options=RunOptions(select=("AM101",)))
    assert result.output["mapRoles"] == text.replace("username: staff", f"username: {RENAMED}")


def test_delimiters_make_placeholders_that_helm_hands_on() -> None:
    for template, (text, _) in TEMPLATES.items():
        options = RunOptions(select=("AM101", "AM102"), delimiters=BACKQUOTES)
        result = fix(text.encode(), options=options)
        written = RENAMED.replace("{{", "{{`{{").replace("}}", "}}`}}")
        wanted = text.replace("username: staff", f"username: {written}")
        assert result.output.decode() == wanted, template
        assert lint(result.output, options=options).findings == []


def test_an_escaped_placeholder_is_shown_whole_and_judged_no_further() -> None:
    (finding,) = lint(chart(entries=ESCAPED).encode()).findings
    assert finding.rule.code == "AM011"
    assert finding.message.startswith("`{{`{{AccountID}}`}}` is a template")
    read_so = RunOptions(delimiters=BACKQUOTES)
    assert lint(chart(entries=ESCAPED).encode(), options=read_so).findings == []


def test_nothing_is_filled_in_where_another_tool_renders_first() -> None:
    (auth_map,) = load(chart(entries=ESCAPED).encode())
    written = "{{`{{AccountID}}`}}:other:{{`{{SessionName}}`}}"
    assert [each.audit for each in view(auth_map).live] == [("not rendered", written)]
    found = explain_caller(auth_map, "arn:aws:iam::111111111111:role/other")
    assert found.chosen
    assert (found.chosen.username, found.unknown) == (written, [])
    assert found.notes == ["line 10: `{{`{{AccountID}}`}}` is not rendered yet; shown as written"]


def test_a_live_map_is_shown_as_the_authenticator_fills_it_in() -> None:
    auth_map = AuthMap.from_data({"mapRoles": ESCAPED})
    shown = "{{`111111111111`}}:other:{{`<session>`}}"
    assert [each.audit for each in view(auth_map).live] == [("each session", shown)]
    found = explain_caller(auth_map, "arn:aws:sts::111111111111:assumed-role/other/me")
    assert found.chosen
    assert (found.chosen.username, found.notes) == ("{{`111111111111`}}:other:{{`me`}}", [])


@pytest.mark.parametrize("known", KNOWN)
def test_placeholders_are_no_templates(known: str) -> None:
    assert braced_template(in_braces(f"a: {known}{known}\n{{ {known} }}")) is None
    assert braced_template(in_braces(f"a: {{{{ print `{known}` }}}}")) == 3


@pytest.mark.parametrize(
    "username", ["a-$USER", "a-$(ACCOUNT_ID)", "a-${account_id}", "a:{{ session_name }}"]
)
def test_a_variable_of_another_tool_is_no_misspelt_placeholder(username: str) -> None:
    text = chart(entries=STAFF.replace(": staff", f': "{username}"')).encode()
    assert [finding.rule.code for finding in lint(text).findings] == ["AM011"]
    assert fix(text, options=RunOptions(unsafe_fixes=True)).output == text
