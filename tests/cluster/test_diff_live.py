"""`authmap diff --context`: what it says is what `kubectl apply` then does."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from authmap.access.report import AccessReport
from authmap.model.auth_map import AuthMap
from authmap.model.bindings import Bindings
from cluster.run import authmap

if TYPE_CHECKING:
    from pathlib import Path

    from cluster.server import Cluster

A = "arn:aws:iam::111111111111"
NODES = f"""\
- rolearn: {A}:role/nodes
  username: system:node:{{{{EC2PrivateDNSName}}}}
  groups: [system:bootstrappers, system:nodes]
"""
STAFF = f"- {{rolearn: {A}:role/staff, username: 'staff:{{{{SessionName}}}}', groups: [devs]}}\n"
JANE = f"- {{userarn: {A}:user/jane, username: jane, groups: [devs]}}\n"
ROOT = f"- {{userarn: {A}:root, username: root, groups: [system:masters]}}\n"
ACCOUNT = "- '222222222222'\n"
NULL: dict[str, str | None] = {"data": None}
"""Stands for a manifest whose `data` is null."""


def manifest(data: dict[str, str | None] | None, **more: Any) -> str:
    metadata = {"name": "aws-auth", "namespace": "kube-system"}
    item = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, **more}
    return json.dumps(item | ({} if data is None else {"data": None if data is NULL else data}))


def live_data(cluster: Cluster) -> dict[str, str]:
    return dict(cluster.source_map().get("data") or {})


def rows(before: dict[str, str], after: dict[str, str]) -> list[tuple[str, list[str]]]:
    """The principals that change between two maps, each with the effects."""
    found = AccessReport(AuthMap.from_data(before), AuthMap.from_data(after), bindings=Bindings([]))
    return [(row.title, sorted(str(row.change.effects).split(", "))) for row in found.rows]


def told(stdout: str) -> list[tuple[str, list[str]]]:
    return [(each["title"], sorted(each["effects"])) for each in json.loads(stdout)["changes"]]


@pytest.mark.parametrize(
    ("applied", "written", "new", "kept"),
    [
        pytest.param(
            {"mapRoles": NODES + STAFF, "mapUsers": JANE}, {}, {"mapRoles": STAFF}, [],
            id="kubectl wrote it, so it removes it",
        ),
        pytest.param(
            None, {"mapRoles": NODES, "mapUsers": JANE}, {"mapRoles": NODES + STAFF}, ["mapUsers"],
            id="somebody else wrote it",
        ),
        pytest.param(
            {"mapRoles": NODES, "mapUsers": JANE}, {"mapAccounts": ACCOUNT, "mapUsers": ROOT},
            {"mapRoles": NODES + STAFF}, ["mapAccounts"],
            id="one of each",
        ),
        pytest.param(
            {"mapRoles": NODES}, {"mapUsers": JANE}, {"mapRoles": NODES, "mapUsers": ROOT}, [],
            id="replaced",
        ),
        pytest.param(
            None, {"mapRoles": NODES, "mapUsers": JANE}, {"mapRoles": NODES, "mapUsers": None}, [],
            id="null removes",
        ),
        pytest.param(
            {"mapRoles": NODES}, {"mapUsers": JANE}, None, [], id="no data",
        ),
        pytest.param(
            {"mapRoles": NODES}, {"mapUsers": JANE}, {}, ["mapUsers"], id="empty data",
        ),
        pytest.param(
            {"mapRoles": NODES}, {"mapUsers": JANE}, NULL, [], id="null data",
        ),
        pytest.param(
            None, {"mapRoles": NODES}, NULL, [], id="null data, never applied",
        ),
        pytest.param(
            None, {"mapRoles": NODES}, None, ["mapRoles"], id="no data, never applied",
        ),
        pytest.param(
            None, {"mapRoles": NODES, "mapUsers": JANE}, {"mapRoles": STAFF, "other": "x"},
            ["mapUsers"], id="another key",
        ),
        pytest.param(
            {"mapRoles": NODES + JANE}, {}, {"mapRoles": "- [", "mapUsers": JANE}, [],
            id="unreadable section",
        ),
    ],
)  # fmt: skip
def test_is_what_kubectl_apply_does(
    cluster: Cluster,
    tmp_path: Path,
    applied: dict[str, str | None] | None,
    written: dict[str, str],
    new: dict[str, str | None] | None,
    kept: list[str],
) -> None:
    path = tmp_path / "aws-auth.yaml"
    if applied is None:
        cluster.create_map(manifest(dict(written)).encode())
    else:
        path.write_text(manifest(applied))
        assert cluster.kubectl("apply", "-f", str(path)).returncode == 0
        cluster.set_data(live_data(cluster) | written)
    before = live_data(cluster)
    path.write_text(manifest(new))
    kubeconfig = cluster.kubeconfig("reader", path=tmp_path / "config")
    command = ["diff", "--context", "prod", "-f", "json", "--fail-on=never", str(path)]
    run = authmap(kubeconfig, *command)
    assert run.returncode == 0, run.stderr
    swapped = authmap(kubeconfig, *command, "--reverse")
    assert live_data(cluster) == before  # nothing was written
    done = cluster.kubectl("apply", "-f", str(path))
    assert done.returncode == 0, done.stderr
    after = live_data(cluster)
    assert told(run.stdout) == rows(before, after)
    assert told(swapped.stdout) == rows(after, before)
    stay = "of context `prod` stays as it is"
    assert [line.split()[1] for line in run.stderr.splitlines() if stay in line] == kept
    assert ("cannot read it" in run.stderr) == ((new or {}).get("mapRoles") == "- [")
    again = authmap(kubeconfig, "diff", "--context", "prod", str(path))
    assert again.returncode == 0
    assert "nobody's access changes" in again.stdout


def test_no_map_yet(cluster: Cluster, tmp_path: Path) -> None:
    path = tmp_path / "aws-auth.yaml"
    path.write_text(manifest({"mapRoles": NODES + STAFF}))
    kubeconfig = cluster.kubeconfig("reader", path=tmp_path / "config")
    run = authmap(kubeconfig, "diff", "--context", "prod", "--fail-on=gained", str(path))
    assert run.returncode == 1
    assert "2 gain access; 0 unchanged; failed: gained" in run.stdout
    assert "no aws-auth in context `prod`: compared with an empty map" in run.stderr


def test_bindings_come_from_the_cluster(cluster: Cluster, tmp_path: Path) -> None:
    cluster.role("look", [])
    cluster.bind("look", role="look", users=["jane"])
    cluster.create_map(manifest({"mapUsers": JANE}).encode())
    path = tmp_path / "aws-auth.yaml"
    path.write_text(manifest({"mapUsers": JANE.replace("username: jane", "username: j")}))
    kubeconfig = cluster.kubeconfig("reader", path=tmp_path / "config")
    run = authmap(kubeconfig, "diff", "--context", "prod", "--fail-on=lost", str(path))
    assert run.returncode == 1
    assert "loses the name of user `jane`, which ClusterRoleBinding look binds" in run.stdout
    assert "not checked" not in run.stdout


def test_other_inputs_replace_the_map(cluster: Cluster, tmp_path: Path) -> None:
    cluster.create_map(manifest({"mapRoles": NODES, "mapUsers": JANE}).encode())
    path = tmp_path / "roles.yaml"
    path.write_text(NODES)
    kubeconfig = cluster.kubeconfig("reader", path=tmp_path / "config")
    run = authmap(kubeconfig, "diff", "--context", "prod", str(path))
    assert "user/jane loses access" in run.stdout
    assert "is not a ConfigMap: compared as if it replaced the live map" in run.stderr
    gone = authmap(kubeconfig, "diff", "--context", "prod", "/dev/null")
    assert gone.returncode == 1
    assert "role/nodes loses access; its nodes become NotReady" in gone.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["a.yaml", "b.yaml"], "leave out OLD"),
        (["--rbac=rbac.yaml", "b.yaml"], "leave out --rbac"),
        (["none.yaml"], "none.yaml: does not exist"),
    ],
)
def test_refused(cluster: Cluster, tmp_path: Path, arguments: list[str], message: str) -> None:
    kubeconfig = cluster.kubeconfig("reader", path=tmp_path / "config")
    run = authmap(kubeconfig, "diff", "--context", "prod", *arguments)
    assert (run.returncode, run.stdout) == (2, "")
    assert message in run.stderr


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("apiVersion: v1", "apiVersion: v2", "its apiVersion is not `v1`"),
        ("\ndata:", "\ndata:\n  mapAccounts: 222222222222", "`data.mapAccounts` is not text"),
        ("\ndata:", "\ndata:\n  other: yes", "`data.other` is not text"),
        ("\ndata:", "\ndata:\n  other: [x]", "`data.other` is not text"),
        ("\ndata:", "\ndata:\n  other: 2026-01-01", None),
        ("\ndata:", "\ndata:\n  other: ~", None),
        ("\ndata:", "\ndata:\n  other: !!str 5", None),
        ("name: aws-auth", "name: aws-auht", "it is kube-system/aws-auht, and not kube-system/"),
        ("namespace: kube-system", "namespace: default", "it is default/aws-auth, and not kube-s"),
    ],
)
def test_manifest_that_kubectl_does_not_apply_to_the_map(
    cluster: Cluster, tmp_path: Path, old: str, new: str, said: str | None
) -> None:
    before = cluster.create_map(manifest({"mapRoles": NODES + STAFF}).encode())["data"]
    path = tmp_path / "aws-auth.yaml"
    roles = "\n    ".join(NODES.splitlines())
    path.write_text(
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: aws-auth\n  namespace: kube-system\n"
        f"data:\n  mapRoles: |\n    {roles}\n".replace(old, new)
    )
    kubeconfig = cluster.kubeconfig("reader", path=tmp_path / "config")
    run = authmap(kubeconfig, "diff", "--context", "prod", str(path))
    real = cluster.kubectl("apply", "-f", str(path))
    applied = cluster.source_map()["data"] != before
    assert applied == (said is None), (run.stderr, real.stderr)
    if said:
        assert (run.returncode, run.stdout) == (2, "")
        assert f"`kubectl apply` would not change aws-auth: {said}" in run.stderr
    else:
        assert "role/staff loses access" in run.stdout
