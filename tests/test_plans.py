"""Terraform plans: who loses access when a plan is applied, and who becomes cluster-admin."""

from __future__ import annotations

import json
from typing import Any

import pytest

from authmap.api import lint
from authmap.linting.run import Run
from authmap.model.options import RunOptions
from authmap.render import json as json_format

ROLE = "arn:aws:iam::111111111111:role"


def entry(name: str, username: str, *groups: str) -> str:
    return "- " + json.dumps({"rolearn": f"{ROLE}/{name}", "username": username, "groups": groups})


NODES = entry("n", "system:node:{{EC2PrivateDNSName}}", "system:bootstrappers", "system:nodes")
ADMIN = entry("admin", "admin:{{AccountID}}:{{SessionName}}", "system:masters")
STAFF = entry("staff", "staff:{{AccountID}}:{{SessionName}}", "developers")


def side(*entries: str, namespace: str = "kube-system", **data: str) -> dict[str, Any]:
    metadata = [{"name": "aws-auth", "namespace": namespace}]
    return {"metadata": metadata, "data": {"mapRoles": "\n".join(entries), **data}}


def change(
    before: Any, after: Any, *actions: str, kind: str = "kubernetes_config_map", **more: Any
) -> dict[str, Any]:
    found = {"actions": actions or ("update",), "before": before, "after": after, **more}
    return {"address": f"{kind}.x", "mode": "managed", "type": kind, "change": found}


def found(*changes: Any) -> list[str]:
    """The rules that find something, and whom."""
    plan = json.dumps({"terraform_version": "1.9.0", "resource_changes": changes}).encode()
    report = lint(plan, options=RunOptions(select=("AM6",)))
    return [f"{f.code} {f.message.split(': ')[1].split(' ')[0]}" for f in report.findings]


def manifest(*entries: str) -> dict[str, Any]:
    whole = side(*entries)
    return {"manifest": {"kind": "ConfigMap", **whole, "metadata": whole["metadata"][0]}}


LOST = ["AM601 role/n", "AM601 role/admin"]
UNKNOWN = {"manifest": {"metadata": {"annotations": {"x": True}}}}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ([change(side(NODES, ADMIN), side(NODES, ADMIN))], []),
        ([change(side(NODES, ADMIN), None, "delete")], LOST),
        ([change(side(NODES, ADMIN, STAFF), side(NODES, ADMIN))], ["AM602 role/staff"]),
        ([change(side(STAFF), side(STAFF, ADMIN))], ["AM603 role/admin"]),
        # replaced; forgotten; created
        ([change(side(NODES, ADMIN), side(ADMIN), "delete", "create")], LOST[:1]),
        ([change(side(NODES, ADMIN), side(ADMIN), "create", "forget")], LOST[:1]),
        ([change(side(NODES, ADMIN), None, "forget")], []),
        ([change(None, side(ADMIN), "create")], []),
        # moved from one resource to another, or away
        ([change(side(NODES, ADMIN), None, "delete"), change(None, side(NODES, ADMIN), "create")],
         []),
        ([change(side(NODES, ADMIN), None, "delete"), change(None, side(ADMIN), "create")],
         LOST[:1]),
        ([change(side(NODES, ADMIN), side(NODES, ADMIN, namespace="default"), "delete", "create")],
         LOST),
        # another kind of resource
        ([change(manifest(NODES, ADMIN), manifest(ADMIN), kind="kubernetes_manifest",
                 after_unknown=UNKNOWN)], LOST[:1]),
        ([change(manifest(NODES), manifest(), kind="kubernetes_manifest",
                 after_unknown={"manifest": {"data": True}})], []),
        ([change({"yaml_body": json.dumps(manifest(NODES, ADMIN)["manifest"])}, None, "delete",
                 kind="kubectl_manifest")], LOST),
        ([change({"yaml_body": json.dumps(manifest(NODES)["manifest"]), "apply_only": True}, None,
                 "delete", kind="kubectl_manifest")], []),
        # what is not known yet
        ([change(side(NODES, ADMIN), {}, after_unknown={"data": True})], []),
        ([change(side(NODES, mapUsers=""), side(), after_unknown={"data": {"mapRoles": True}})],
         []),
        ([change(side(NODES, mapUsers=ADMIN.replace("rolearn", "userarn")), side(mapUsers=""),
                 after_unknown={"data": {"mapRoles": True}})], ["AM602 role/admin"]),
        # nodes under another name, or in fewer groups
        ([change(side(NODES), side(NODES.replace("DNSName", "DnsName")))], LOST[:1]),
        ([change(side(NODES), side(NODES.replace("EC2PrivateDNSName", "SessionName")))], LOST[:1]),
        ([change(side(NODES), side(NODES.replace(', "system:nodes"', "")))], LOST[:1]),
        ([change(side(NODES.replace("]", ', "eks:kube-proxy-windows"]')), side(NODES))],
         ["AM602 role/n"]),
        ([change(side(STAFF.replace("]", ', "system:nodes"]')), side(STAFF))],
         ["AM602 role/staff"]),
    ],
)  # fmt: skip
def test_plan(changes: list[Any], expected: list[str]) -> None:
    assert found(*changes) == expected


def test_a_plan_s_secrets_stay_hidden() -> None:
    before = side(NODES, ADMIN, other="hunter2", mapUsers="- {x: hunter2}")
    before["metadata"][0]["annotations"] = {"token": "hunter2"}
    plan = {"terraform_version": "1.9.0", "resource_changes": [change(before, None, "delete")]}
    report = lint(json.dumps(plan).encode(), path="plan.json")
    assert report.findings
    shown = json_format.render(Run(report.findings, [], [], 1, report.maps))
    assert "role/admin loses full control" in shown
    assert "hunter2" not in shown
    assert not any("hunter2" in finding.source.text for finding in report.findings)
