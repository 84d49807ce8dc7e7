"""What is recognised in a file: each shape a map comes in, and what only looks like one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from authmap.api import fix, lint
from authmap.cli.console import no_map
from authmap.documents.read import MAX_BYTES, read
from authmap.documents.reading import Reading, Wanted
from authmap.model.auth_map import Shape
from authmap.model.options import RunOptions

if TYPE_CHECKING:
    from authmap.linting.results import Report

ROLE = "arn:aws:iam::111111111111:role/staff"
BROKEN = ("AM001", "AM002", "AM003", "AM009", "AM010", "AM011")
"""Rules of which one, and only one, says why something cannot be read."""

GET_YAML = """\
apiVersion: v1
data:
  mapRoles: |
    - rolearn: arn:aws:iam::111111111111:role/staff
      username: staff
      groups:
      - developers
  mapUsers: |
    []
kind: ConfigMap
metadata:
  annotations:
    kubectl.kubernetes.io/last-applied-configuration: |
      {"apiVersion":"v1","data":{"mapRoles":"- rolearn: arn:aws:iam::111111111111:role/staff\\n  username: staff\\n  groups:\\n  - developers\\n"},"kind":"ConfigMap","metadata":{"annotations":{},"name":"aws-auth","namespace":"kube-system"}}
  creationTimestamp: "2024-05-17T08:31:02Z"
  name: aws-auth
  namespace: kube-system
  resourceVersion: "48151623"
  uid: 0d4e9a6a-8f7e-4a55-9d0e-3a4f9d0c1b2a
"""  # noqa: E501 - kubectl writes it so


def object_of(data: dict[str, str], name: str = "aws-auth") -> dict[str, object]:
    """A ConfigMap as `kubectl get -o json` prints it."""
    metadata = {"name": name, "namespace": "kube-system", "resourceVersion": "1"}
    return {"apiVersion": "v1", "data": data, "kind": "ConfigMap", "metadata": metadata}


def listed(*items: dict[str, object]) -> str:
    whole = {"apiVersion": "v1", "items": list(items), "kind": "List", "metadata": {}}
    return json.dumps(whole, indent=4)


def shapes(text: str) -> tuple[list[str], list[str]]:
    reading = read(text.encode())
    return [found.shape.name for found in reading.maps], reading.others


def codes(text: str | bytes, *select: str) -> list[str]:
    data = text.encode() if isinstance(text, str) else text
    report = lint(data, options=RunOptions(select=select or BROKEN))
    return [finding.rule.code for finding in report.findings]


def usernames(reading: Reading) -> list[str]:
    return [entry.username for found in reading.maps for entry in found.entries]


ENTRY = f"- rolearn: {ROLE}\n  username: staff\n  groups: [developers]\n"
INDENTED = "".join(f"    {line}\n" for line in ENTRY.splitlines())


def test_what_kubectl_prints_but_not_its_annotation() -> None:
    reading = read(GET_YAML.encode())
    assert usernames(reading) == ["staff"]
    report = lint(GET_YAML.encode(), options=RunOptions(select=("AM101",)))
    assert [finding.source.place(finding.span[0]).line for finding in report.findings] == [5]
    result = fix(GET_YAML.encode(), options=RunOptions(select=("AM101",)))
    written = result.output.decode()
    assert [old for old, new in lines(GET_YAML, written) if old != new] == ["      username: staff"]


def lines(before: str, after: str) -> list[tuple[str, str]]:
    return list(zip(before.splitlines(), after.splitlines(), strict=True))


def test_json_that_kubectl_prints() -> None:
    text = json.dumps(object_of({"mapRoles": ENTRY}), indent=4)
    result = fix(text.encode(), options=RunOptions(select=("AM101",)))
    assert len(result.applied) == 1
    changed = [new for old, new in lines(text, result.output.decode()) if old != new]
    assert len(changed) == 1
    assert "username: role:{{AccountID}}:staff:{{SessionName}}\\n" in changed[0]


@pytest.mark.parametrize("kind", ["List", "ConfigMapList"])
def test_list_of_objects(kind: str) -> None:
    text = listed(
        object_of({"ca.crt": "x"}, "kube-root-ca.crt"),
        object_of({"mapRoles": ENTRY}),
        {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}},
        object_of({"mapUsers": "[]"}),
    ).replace('"List"', f'"{kind}"')
    assert shapes(text) == (["CONFIG_MAP"] * 2, ["ConfigMap kube-root-ca.crt", "Secret s"])


def test_secret_is_no_map_whatever_is_in_it() -> None:
    """Nobody reads it as one, and what stands beside would be shown."""
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "aws-auth"}}
    for key in ("data", "stringData"):
        text = json.dumps(secret | {key: {"password": "p", "mapRoles": ENTRY}})
        for named in (True, False):
            reading = read(text.encode(), wanted=Wanted(named=named))
            assert (reading.maps, reading.others) == ([], ["Secret aws-auth"])
    assert fix(text.encode(), named=True).output == text.encode()
    assert no_map(reading.others, text.encode()) == "no aws-auth map found (Secret aws-auth)"


def test_list_in_yaml() -> None:
    items = "".join(f"- {line}" if not i else f"  {line}" for i, line in enumerate(
        GET_YAML.splitlines(keepends=True)))  # fmt: skip
    text = f"apiVersion: v1\nitems:\n{items}kind: List\nmetadata:\n  resourceVersion: ''\n"
    reading = read(text.encode())
    assert usernames(reading) == ["staff"]
    assert fix(text.encode(), options=RunOptions(select=("AM101",))).applied


def test_lists_in_lists_cost_no_stack() -> None:
    depth = 4000
    text = "{kind: List, items: [" * depth + json.dumps(object_of({})) + "]}" * depth
    assert shapes(text) == (["CONFIG_MAP"], [])


def test_lists_by_alias_are_not_multiplied() -> None:
    text = "kind: List\nitems:\n- &a {kind: List, items: [{kind: Pod}]}\n"
    for name, before in zip("bcdefghi", "abcdefgh", strict=True):
        text += f"- &{name} {{kind: List, items: [{', '.join([f'*{before}'] * 9)}]}}\n"
    maps, others = shapes(text)
    assert maps == []
    assert len(others) == 1 + 8 * 9


def test_documents_of_all_kinds() -> None:
    text = f"""\
# the whole platform
apiVersion: apps/v1
kind: Deployment
metadata: {{name: web}}
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: aws-auth
  namespace: kube-system
data:
  mapRoles: |
{INDENTED}---
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: settings
data:
  mapRoles: ""
---
just a text
---
- a
- list
---
a: b
"""
    maps, others = shapes(text)
    assert maps == ["CONFIG_MAP"]
    assert others == [
        "Deployment web",
        "ConfigMap settings",
        "plain text",
        "a list",
        "a YAML document without `kind`",
    ]


@pytest.mark.parametrize(
    "text",
    [
        f"data:\n  mapRoles: |\n{INDENTED}",
        json.dumps({"data": {"mapRoles": ENTRY}}),
        f"data:\n  mapRoles: |\n{INDENTED}metadata:\n  namespace: kube-system\n",
        f"data:\n  maproles: |\n{INDENTED}",
        f"data:\n  map_roles: |\n{INDENTED}",
    ],
)
def test_patch_is_data_without_a_kind(text: str) -> None:
    assert shapes(text) == (["PATCH"], [])


@pytest.mark.parametrize(
    "text",
    [
        "data:\n  users: []\n",
        "data:\n  roles: |\n    - admin\n",
        "apiVersion: example.com/v1\ndata:\n  mapRoles: ''\n",
        "mapRoles: ''\n",
        "data: mapRoles\n",
    ],
)
def test_other_data_is_no_patch(text: str) -> None:
    maps, others = shapes(text)
    assert maps == []
    assert len(others) == 1


@pytest.mark.parametrize(
    ("text", "section"),
    [
        (ENTRY, "mapRoles"),
        (f"# comment\n---\n{ENTRY}", "mapRoles"),
        (f"- username: x\n{ENTRY}", "mapRoles"),
        (json.dumps([{"rolearn": ROLE, "username": "staff", "groups": ["a"]}]), "mapRoles"),
        ("- UserARN: arn:aws:iam::111111111111:user/jane\n  username: jane\n", "mapUsers"),
    ],
)
def test_bare_list_is_the_text_of_a_section(text: str, section: str) -> None:
    reading = read(text.encode())
    assert [found.shape for found in reading.maps] == [Shape.ENTRIES]
    assert list(reading.maps[0].sections) == [section]


def test_bare_list_is_mended() -> None:
    result = fix(ENTRY.encode(), options=RunOptions(select=("AM101",)))
    changed = [new for old, new in lines(ENTRY, result.output.decode()) if old != new]
    assert changed == ["  username: role:{{AccountID}}:staff:{{SessionName}}"]


def test_bare_list_ends_with_its_first_document() -> None:
    text = f"{ENTRY}---\n{ENTRY.replace('staff', 'ops')}"
    assert shapes(text) == (["ENTRIES"], [])
    assert usernames(read(text.encode())) == ["staff"]
    assert codes(text, "AM012") == ["AM012"]
    assert codes(f"---\n# nothing\n---\n{ENTRY}", "AM012") == ["AM012"]


@pytest.mark.parametrize("text", ["", "\n", "# only a comment\n", "---\n---\n...\n", "\ufeff"])
def test_nothing_is_nothing(text: str) -> None:
    assert shapes(text) == ([], [])
    assert codes(text) == []


HEAD = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: aws-auth\n"


@pytest.mark.parametrize(
    "text",
    [
        f"{{{{- if .Values.awsAuth }}}}\n{HEAD}data: {{}}\n{{{{- end }}}}\n",
        f'{HEAD}  labels:\n    {{{{- include "x" . | nindent 4 }}}}\ndata:\n  mapRoles: ""\n',
        f"{HEAD}data:\n  mapRoles: |\n{{{{ toYaml .Values.mapRoles | indent 4 }}}}\n",
        f"{HEAD}data:\n{{{{ toYaml .Values.data | indent 2 }}}}\n",
        f"{HEAD}  namespace: {{{{ .Values.namespace }}}}-system\ndata: {{}}\n",
        f"{{{{/* the map */}}}}\n{HEAD}data: {{}}\n",
        f"{{% if roles %}}\n{HEAD}data: {{}}\n{{% endif %}}\n",
        f"<% roles.each do |role| %>\n{HEAD}data: {{}}\n<% end %>\n",
        f"{HEAD}data:\n  mapRoles: |\n%{{ for role in roles ~}}\n    - x\n%{{ endfor ~}}\n",
        f"{HEAD}data:\n  mapRoles: |\n    - a\n${{indent(4, roles)}}\n",
        f"{HEAD}data:\n  mapRoles: |\n    {{{{- range .Values.roles }}}}\n    - {{{{ . }}}}\n",
        f"{HEAD}data:\n  mapRoles: |\n    {{{{- toYaml .Values.mapRoles | nindent 4 }}}}\n",
        f"{HEAD}data:\n  mapRoles: |\n    ${{map_roles}}\n",
        f"{HEAD}data:\n  mapRoles: ${{map_roles}}\n",
        f"{HEAD}data:\n  mapRoles: {{{{ .Values.mapRoles | toYaml | quote }}}}\n",
        f"{HEAD}data:\n  mapRoles: |\n    - rolearn: {{{{ .Values.role }}}}\n      username: x\n",
        f"{HEAD}data:\n  mapRoles: |\n    - rolearn: {{{{role_arn}}}}\n      username: x\n",
        f"{HEAD}data:\n  mapRoles: |\n    - {{rolearn: a, groups: [${{groups}}]}}\n",
        f"{HEAD}  namespace: {{{{ .Values.namespace }}}}\n  labels: {{{{ .Values.labels }}}}\n",
        f"{HEAD}  namespace: '{{{{ .Release.Namespace }}}}'\ndata:\n  mapRoles: ''\n",
        'resource "kubernetes_config_map" "aws_auth" {\n  data = {\n    mapRoles = "x"\n  }\n}\n',
        'locals {\n  roles = [\n    { rolearn = "x", username = "y: z" },\n  ]\n}\n',
    ],
)
def test_template_is_said_to_be_one_and_nothing_else(text: str) -> None:
    assert codes(text, "AM0") == ["AM011"]
    assert codes(text.replace("\n", "\r\n"), "AM0") == ["AM011"]


@pytest.mark.parametrize("place", ["name", "namespace", "labels", "annotations", "generateName"])
def test_template_outside_of_the_data_misleads_nobody(place: str) -> None:
    head = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: aws-auth\n"
    value = "{{ .Values.x }}"
    head = head.replace("aws-auth", value) if place == "name" else f"{head}  {place}: {value}\n"
    text = f"{head}data:\n  mapRoles: |\n{INDENTED}"
    reading = read(text.encode())
    assert usernames(reading) == ["staff"]
    assert codes(text, "AM0") == ["AM011"]


LOST = {
    "AM001": [
        "- rolearn: a\n\tusername: b",
        "- rolearn: a\n   username: b",
        "- rolearn: 'a\n  username: b",
        "- rolearn: a\n  username: @b",
        "{a: b}",
        '- rolearn: "a\\/b"',
        "- ? {a: b}\n  : c",
        "- null: a",
        "- <<: a\n  rolearn: b",
        "- &a [*a]",
        "- rolearn: !!int a",
        "%YAML 1.2\n---\n- rolearn: a",
        "- rolearn: a\n<<<<<<< HEAD\n- rolearn: b",
    ],
    "AM002": ["rolearn: a", "text", "12", "- username: .inf", "- rolearn: a\n  groups: [.NaN]"],
    "AM003": [
        "- username: {{SessionName}}",
        "- username: {{ sessionname }}",
        "- groups: [{{AccountID}}]",
        "- username: {{SessionName}}-x",
        "- username: {{UserName}}",
        "- groups: [a-{{AccountID}}]",
    ],
    "AM011": [
        "- rolearn: {{ .Values.role }}",
        "- rolearn: {{role}}",
        "- username: {{ .Values.user }}-x",
        "{{- range .Values.roles }}\n- rolearn: {{ .arn }}\n{{- end }}",
        "${roles}",
        "- rolearn: a\n${roles}\n- rolearn: b",
        "- rolearn: a\n  username: {{SessionName}}\n- rolearn: {{ .Values.role }}",
    ],
}


@pytest.mark.parametrize(
    ("code", "section"), [(code, text) for code, texts in LOST.items() for text in texts]
)
def test_one_rule_says_why_a_section_is_lost(code: str, section: str) -> None:
    found = read(json.dumps({"data": {"mapRoles": section}}).encode()).maps[0]
    assert found.sections["mapRoles"].problem
    assert set(codes(json.dumps({"data": {"mapRoles": section}}))) == {code}
    written = "data:\n  mapRoles: |\n" + "".join(f"    {x}\n" for x in section.split("\n"))
    assert set(codes(written)) == {code}


def test_folded_section_is_said_to_be_folded() -> None:
    items = "    - {rolearn: a, username: b}\n    - {rolearn: c, username: d}\n"
    assert codes(f"data:\n  mapRoles: >\n{items}") == ["AM009"]
    assert codes(f'data:\n  mapRoles: "\n{items}    "\n') == ["AM009"]
    assert codes(f"data:\n  mapRoles: |\n{items}") == []
    assert codes(f"data:\n  mapRoles: >\n{items.replace('}', '', 1)}") == ["AM001"]


def test_what_is_kept_of_a_file_that_ends_in_rubbish() -> None:
    text = f"{GET_YAML}---\nkind: [\n"
    report = lint(text.encode(), options=RunOptions(select=(*BROKEN, "AM101")))
    assert [finding.rule.code for finding in report.findings] == ["AM101", "AM001"]
    assert (report.maps, report.unread) == (1, 1)


def only_finding(data: bytes) -> Report:
    report = lint(data, options=RunOptions(select=BROKEN))
    assert len(report.findings) == 1
    return report


def test_bytes_that_are_no_text() -> None:
    for data, said in (
        ("# für alle\n".encode("latin-1"), "byte 4 of the file (0xfc) is not UTF-8"),
        (GET_YAML.encode("utf-16"), "UTF-16"),
        (b"\x00\x01\x02", "control character"),
        (b"a: \x1b[0m", "control character"),
        (b"x" * (MAX_BYTES + 1), "authmap's limit"),
    ):
        assert said in only_finding(data).findings[0].message


def test_mark_of_a_byte_order_and_line_ends_are_no_matter() -> None:
    for text in (GET_YAML, GET_YAML.replace("\n", "\r\n")):
        for data in (text.encode(), text.encode("utf-8-sig")):
            result = fix(data, options=RunOptions(select=("AM101",)))
            assert len(result.applied) == 1
            assert len(result.output) == len(data) + len("role:{{AccountID}}::{{SessionName}}")


def test_surrogates_are_read_in_json_and_only_there() -> None:
    section = f"# \U0001f600\n{ENTRY}"
    text = json.dumps({"data": {"mapRoles": section}})
    assert "\\ud83d\\ude00" in text
    reading = read(text.encode())
    assert reading.maps[0].sections["mapRoles"].text == section
    result = fix(text.encode(), options=RunOptions(select=("AM101",)))
    assert "\\ud83d\\ude00" in result.output.decode()
    assert "username: role:{{AccountID}}:staff:" in result.output.decode()
    assert codes('data:\n  mapRoles: "# \\ud83d\\ude00"\n') == ["AM001"]
    assert codes('{"data": {"mapRoles": "# \\ud83d"}}') == ["AM001"]


def test_text_shared_by_an_anchor_is_not_edited() -> None:
    text = f"data:\n  mapRoles: &roles |\n{INDENTED}  copy: *roles\n"
    result = fix(text.encode(), options=RunOptions(select=("AM101",)))
    assert result.output == text.encode()
    assert "anchor" in result.held_back[0][1]
    native = "data:\n  mapRoles:\n  - rolearn: a\n    username: &u 12\n  x: *u\n"
    assert fix(native.encode(), options=RunOptions(select=("AM002",))).output == native.encode()


def test_alias_of_itself_is_no_section() -> None:
    assert codes("data: &a\n  mapRoles: *a\n", "AM002") == ["AM002"]


@pytest.mark.parametrize("name", ["aws_auth", "awsauth", "aws-atuh", "aws-auth-cm", "auth-aws"])
def test_near_miss_of_the_name_is_a_map(name: str) -> None:
    text = json.dumps(object_of({"mapRoles": ENTRY}, name))
    assert codes(text, "AM008") == ["AM008"]
    assert shapes(json.dumps(object_of({"mapping": "x"}, name))) == ([], [f"ConfigMap {name}"])


@pytest.mark.parametrize("name", ["prod-aws-auth", "aws-auth-backup", "aws-logging", "auth"])
def test_other_name_is_another_object(name: str) -> None:
    assert shapes(json.dumps(object_of({"mapRoles": ENTRY}, name))) == ([], [f"ConfigMap {name}"])
