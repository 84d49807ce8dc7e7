"""Lint and fix of a ConfigMap's data alone, as a live cluster has it: each section is a text."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from command import authmap

from authmap import Options
from authmap.api import fix, fix_data, lint_data
from authmap.documents.bindings import binding_of
from authmap.model.bindings import Bindings

if TYPE_CHECKING:
    from pathlib import Path

ROLES = """\
- rolearn: arn:aws:iam::111111111111:role/nodes
  username: system:node:{{EC2PrivateDNSName}}
  groups: ["system:bootstrappers", "system:nodes"]
- rolearn: arn:aws:iam::111111111111:role/staff # on call
  username:   staff
  groups:
  - developers
"""
USERS = '[{"userarn": "arn:aws:iam::111111111111:user/a", "username": "a{{ SessionName }}"}]'
NEW = "role:{{AccountID}}:staff:{{SessionName}}"


def test_places_are_of_the_section() -> None:
    report = lint_data({"mapRoles": ROLES, "maproles": "x"}, path="prod", options=Options())
    places = [
        (f.source.path, *f.source.place(f.span[0]), f.rule.code)
        for f in report.findings
        if f.rule.code in ("AM007", "AM101")
    ]
    assert places == [("prod data", 2, 1, "AM007"), ("prod mapRoles", 5, 15, "AM101")]


def test_one_username_changes_and_nothing_else() -> None:
    data = {"mapRoles": ROLES, "mapUsers": USERS, "other": "- x"}
    result = fix_data(data, options=Options(select=("AM101",)))
    changed = ROLES.replace("  staff\n", f"  {NEW}\n")
    assert result.output == data | {"mapRoles": changed}
    assert [finding.rule.code for finding in result.applied] == ["AM101"]
    assert fix_data(result.output, options=Options(select=("AM101",))).applied == []


def test_sections_are_mended_together_and_verified() -> None:
    """Fixes of two texts whose offsets are alike do not get in each other's way."""
    roles = '[{"rolearn": "arn:aws:iam::111111111111:role/a", "username": "a{{ SessionName }}"}]'
    data = {"mapRoles": roles, "mapUsers": roles.replace("role", "user")}
    result = fix_data(data, options=Options(select=("AM104",), rename=("a",)))
    assert result.output["mapRoles"] == roles.replace("{{ SessionName }}", "{{SessionName}}")
    assert result.output["mapUsers"] == data["mapUsers"]  # a user has no session


def test_key_of_the_object_is_not_renamed() -> None:
    result = fix_data({"maproles": ROLES}, options=Options(unsafe_fixes=True))
    assert result.output == {"maproles": ROLES}
    assert "rename the key" in result.held_back[0][1]


def test_lost_section_is_a_finding() -> None:
    report = lint_data({"mapRoles": "- rolearn: [\n"})
    assert [finding.rule.code for finding in report.findings] == ["AM001"]


def bound(kind: str, name: str) -> Bindings:
    subjects = [{"kind": kind, "name": name}]
    held = {"metadata": {"name": "b"}, "roleRef": {"kind": "ClusterRole", "name": "view"}}
    return Bindings([binding_of("ClusterRoleBinding", held | {"subjects": subjects}, "prod")])


def test_bound_username_is_held_back() -> None:
    for bindings, renamed in (
        (bound("User", "staff"), False),
        (bound("Group", "staff"), True),
        (bound("User", "Staff"), True),
    ):
        options = Options(select=("AM101",), bindings=bindings)
        result = fix_data({"mapRoles": ROLES}, options=options)
        assert bool(result.applied) == renamed
        assert renamed or "ClusterRoleBinding b names the user `staff`" in result.held_back[0][1]


def test_any_session_that_is_bound_counts() -> None:
    roles = ROLES.replace("  staff\n", "  ops:{{SessionName}}\n")
    options = Options(select=("AM102",), bindings=bound("User", "ops:alice"))
    assert not fix_data({"mapRoles": roles}, options=options).applied
    options = options._replace(bindings=bound("User", "ops:alice:admin"))
    assert fix_data({"mapRoles": roles}, options=options).applied


def test_without_groups_and_binding_there_is_nothing_to_lose() -> None:
    entry = b"- {rolearn: arn:aws:iam::111111111111:role/staff, username: staff}\n"
    known = Options(select=("AM101",), bindings=Bindings([]))
    assert fix(entry, options=known).applied
    unsure = known._replace(bindings=Bindings([], missing="may not list rolebindings"))
    assert not fix(entry, options=unsure).applied
    assert not fix(entry, options=known._replace(bindings=None)).applied


def test_annotation_of_the_object_suppresses() -> None:
    data, asked = {"mapRoles": ROLES}, {"authmap.dev/ignore": "AM101,AM102"}
    report = lint_data(data, annotations=asked)
    assert report.findings == []
    assert {finding.rule.code for finding in report.suppressed} == {"AM101", "AM102"}
    assert fix_data(data, annotations=asked).output == data


def test_binding_is_found_once_however_many_maps_there_are(tmp_path: Path) -> None:
    rbac = tmp_path / "rbac.yaml"
    rbac.write_text(
        "kind: RoleBinding\nmetadata: {name: b, namespace: n}\n"
        "roleRef: {kind: Role, name: r}\nsubjects: [{kind: User, name: 'x:{{SessionName}}'}]\n"
    )
    for name in ("one", "two"):
        auth_map = {
            "kind": "ConfigMap",
            "metadata": {"name": "aws-auth", "namespace": "kube-system"},
        }
        manifest = json.dumps(auth_map | {"data": {"mapRoles": ROLES}})
        (tmp_path / f"{name}.yaml").write_text(f"{manifest}\n---\n{manifest}\n")
    command = ["lint", "-f", "json", "--rbac", str(rbac), "--select", "AM401", str(tmp_path)]
    run = authmap(*command)
    assert [f["code"] for f in json.loads(run.stdout)["findings"]] == ["AM401"]


def test_a_rename_by_which_a_session_becomes_a_bound_user_waits_to_be_named() -> None:
    """Whoever assumes a role chooses the session's name, and could choose that user's."""
    options = Options(bindings=bound("User", "role:111111111111:staff:dba"))
    result = fix_data({"mapRoles": ROLES}, options=options)
    assert (result.output, result.applied) == ({"mapRoles": ROLES}, [])
    assert {reason for _, reason in result.held_back} == {
        "ClusterRoleBinding b names the user `role:111111111111:staff:dba`: with the new username, "
        "a caller could choose a session name that makes them this user, and gain "
        "ClusterRole/view; to rename it anyway, use --rename staff"
    }
    for fitting in (
        options._replace(rename=("staff",)),
        Options(bindings=bound("User", "role:222222222222:staff:dba")),
        Options(bindings=bound("User", "role:111111111111:staff:d/ba")),  # no session is called so
    ):
        assert fix_data({"mapRoles": ROLES}, options=fitting).applied
