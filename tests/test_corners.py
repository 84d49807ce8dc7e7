"""What is said in the rarer cases: of inputs, of sections that cannot be read, of callers."""

from __future__ import annotations

from pathlib import Path

import pytest
from command import authmap

from authmap.api import lint, load
from authmap.documents.bindings import read_bindings
from authmap.explain.caller import explain_caller
from authmap.explain.map_view import view
from authmap.model.auth_map import AuthMap
from authmap.model.bindings import Bindings
from authmap.model.options import RunOptions
from authmap.render import identity, show

ROOT = Path(__file__).parent.parent
STAFF = "arn:aws:iam::111111111111:role/staff"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["lint", ""], "'': is not a path; is a variable empty?"),
        (["lint", "-", "-"], "standard input can be read only once"),
        (["lint", "--baseline", "a", "--write-baseline", "b"], "--baseline"),
        (["fix", "--diff", "--write", "x.yaml"], "--diff"),
        (["fix", "--write", "-"], "standard input"),
        (["fix", "--apply"], "--context"),
        (["lint", "--context", "prod", "x.yaml"], "--context"),
        (["show", "--format", "xml"], "text, json"),
        (["config", "--config", "a.toml", "--no-config"], "--no-config"),
    ],
)
def test_calls_that_contradict_themselves_are_refused(arguments: list[str], message: str) -> None:
    done = authmap(*arguments, cwd=ROOT)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("- rolearn: a\n  username: {{SessionName}}\n", "a placeholder is not quoted"),
        ("{{- range .Values.roles }}\n- rolearn: x\n{{- end }}\n", "is a template: render it"),
        ("roles", "not a list"),
        ("- rolearn: [\n", "correct the YAML here"),
    ],
)
def test_show_says_why_a_section_cannot_be_read(text: str, reason: str) -> None:
    found = view(AuthMap.from_data({"mapRoles": text}))
    assert reason in show.render(found) or reason in str(found.unreadable_sections)


def test_show_says_why_an_account_matches_nobody() -> None:
    accounts = "- ''\n- ${account}\n- '123'\n- '111111111111'\n"
    shown = show.render(view(AuthMap.from_data({"mapAccounts": accounts})))
    assert "it is empty" in shown
    assert "`${account}` is not filled in" in shown
    assert "it is not an account ID of twelve digits" in shown


def test_resolve_shows_all_that_may_be_chosen_at_random() -> None:
    entry = """\
apiVersion: iamauthenticator.k8s.aws/v1alpha1
kind: IAMIdentityMapping
metadata: {{name: {name}}}
spec: {{arn: {arn}, username: {name}, groups: [{groups}]}}
"""
    texts = [entry.format(name=name, arn=STAFF, groups=g) for name, g in (("a", "x, y"), ("b", ""))]
    [found] = load("---\n".join(texts).encode())
    shown = identity.render(explain_caller(found, STAFF, session_name="jane"))
    assert "chosen at random at each login" in shown
    assert "username  a" in shown
    assert "username  b" in shown
    assert "groups    x" in shown


def test_resolve_shows_bindings_unreadable_sections_and_what_is_not_known() -> None:
    data = {
        "mapRoles": f"- {{rolearn: {STAFF}, username: 's:{{{{SessionName}}}}', groups: [devs]}}\n",
        "mapUsers": "- userarn: [\n",
    }
    rbac = b"kind: RoleBinding\nmetadata: {name: r, namespace: n}\n"
    rbac += b"roleRef: {kind: Role, name: view}\nsubjects: [{kind: Group, name: devs}]\n"
    held = Bindings(read_bindings(rbac, "rbac"), "some cannot be read")
    answer = explain_caller(AuthMap.from_data(data), STAFF, bindings=held)
    shown = identity.render(answer)
    assert "RoleBinding n/r: Role/view, through the group `devs`" in shown
    assert "some bindings may be missing: some cannot be read" in shown
    assert "give it with --session-name" in shown
    assert "mapUsers is ignored entirely" in shown


def test_bindings_in_lists_are_found() -> None:
    text = b"""\
kind: List
items:
- kind: RoleBindingList
  items:
  - metadata: {name: a, namespace: n}
    subjects: [{kind: User, name: x}]
- kind: ClusterRoleBinding
  metadata: {name: b}
  subjects: {kind: Group, name: y}
- text
"""
    subjects = Bindings(read_bindings(text, "rbac")).subjects
    names = [(binding.title, subject.name) for binding, subject in subjects]
    assert sorted(names) == [("ClusterRoleBinding b", "y"), ("RoleBinding n/a", "x")]


@pytest.mark.parametrize(
    ("username", "groups", "remedy"),
    [
        ("a:{{sessionname}}", "team", "write {{SessionName}}"),
        ("a:{{SessionName}}", "'team:{{sessionname}}'", "write a fixed group"),
        ("a:{{ec2privatednsname}}", "team", "write {{SessionName}}"),
    ],
)
def test_a_misspelled_placeholder_has_a_remedy(username: str, groups: str, remedy: str) -> None:
    text = f"- {{rolearn: {STAFF}, username: '{username}', groups: [{groups}]}}\n"
    findings = lint(text.encode(), options=RunOptions(select=("AM104", "AM105"))).findings
    assert any(remedy in finding.advice for finding in findings)
