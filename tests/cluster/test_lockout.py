"""Nobody is locked out: lockout attempts are refused, or undone.

Where the login matters, the tests use the whole login chain: callers are sessions of IAM roles, and
the map that changes is the one that maps them.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cluster.run import authmap

if TYPE_CHECKING:
    from cluster.chain import Chain
    from cluster.server import Cluster

FIXTURE = Path(__file__).parents[2] / "fixtures" / "aws-auth.yaml"
ALICE, BOB = "alice@example.com", "bob@example.com"
NEW = "role:111111111111:staff:"
MAP_EDITOR = {
    "apiGroups": [""],
    "resources": ["configmaps"],
    "resourceNames": ["aws-auth"],
    "verbs": ["get", "patch"],
}
APPLY = ("fix", "--apply", "--yes", "--context", "prod", "--fail-on=never")


def staff(groups: str) -> bytes:
    return f"""\
kind: ConfigMap
apiVersion: v1
metadata: {{name: aws-auth, namespace: kube-system}}
data:
  mapRoles: |
    - rolearn: arn:aws:iam::111111111111:role/staff
      username: staff
      groups: {groups}
""".encode()


def names_in_audit_log(chain: Chain) -> list[str]:
    """The audit-log usernames of two sessions of role staff."""
    mark = chain.cluster.mark()
    for session in (ALICE, BOB):
        config = chain.kubeconfig("staff", session, context="look")
        chain.cluster.kubectl("--kubeconfig", str(config), "get", "--raw", "/version")
    return [event["user"]["username"] for event in chain.cluster.audit(mark)]


def requests(chain: Chain, mark: int) -> int:
    """The number of requests, without repeated fresh logins while the authenticator catches up."""
    asked = [event["objectRef"]["resource"] for event in chain.cluster.audit(mark)]
    return len(asked) - 2 * (asked.count("selfsubjectreviews") - 2)


def test_fix_makes_sessions_distinct_in_the_audit_log(chain: Chain, tmp_path: Path) -> None:
    chain.cluster.create_map(FIXTURE.read_bytes())
    chain.wait_for_login("staff")
    assert names_in_audit_log(chain) == ["staff", "staff"]

    kubeconfig = chain.kubeconfig("staff", ALICE, path=tmp_path / "config")
    mark = chain.cluster.mark()
    applied = authmap(kubeconfig, *APPLY)
    assert applied.returncode == 0, applied.stderr
    assert requests(chain, mark) == 10
    assert "you are mapped by an entry that changes" in applied.stderr
    assert f"a fresh login is `{NEW}alice-example.com`" in applied.stderr
    assert names_in_audit_log(chain) == [f"{NEW}alice-example.com", f"{NEW}bob-example.com"]

    mark = chain.cluster.mark()
    back = authmap(kubeconfig, "rollback", "--yes", "--context", "prod")
    assert back.returncode == 0, back.stderr
    assert requests(chain, mark) == 10
    assert "a fresh login is `staff`" in back.stderr
    assert names_in_audit_log(chain) == ["staff", "staff"]


def test_change_that_breaks_the_fresh_login_is_undone(chain: Chain, tmp_path: Path) -> None:
    """The user is bound by the old username only, and accepts the risk that guards report."""
    cluster = chain.cluster
    cluster.create_map(staff("[]"))
    chain.wait_for_login("staff")
    cluster.role("map-editor", [MAP_EDITOR], namespace="kube-system")
    cluster.bind("staff", role="map-editor", kind="Role", users=["staff"], namespace="kube-system")
    kubeconfig = chain.kubeconfig("staff", ALICE, path=tmp_path / "config")
    before = cluster.source_map()["data"]

    refused = authmap(kubeconfig, *APPLY, "--rename", "staff")
    assert refused.returncode == 2
    assert "may not list clusterrolebindings and rolebindings" in refused.stderr
    assert cluster.source_map()["data"] == before

    mark = cluster.mark()
    run = authmap(kubeconfig, *APPLY, "--rename", "staff", "--accept-lockout-risk")
    assert run.returncode == 3, run.stderr
    assert "the old map was restored" in run.stderr
    assert cluster.source_map()["data"] == before
    writes = [
        (e["user"]["username"], e["responseStatus"]["code"], "dryRun" in e["requestURI"])
        for e in cluster.audit(mark)
        if e["verb"] == "patch"
    ]
    assert ("staff", 200, False) in writes
    assert (f"{NEW}alice-example.com", 403, True) in writes
    assert writes[-1] == ("staff", 200, False)  # by the session that logged in before the write


def test_caller_bound_by_username_alone_is_refused(chain: Chain, tmp_path: Path) -> None:
    chain.cluster.create_map(staff("[developers]"))
    chain.wait_for_login("staff")
    chain.cluster.bind("staff", users=["staff"])
    kubeconfig = chain.kubeconfig("staff", ALICE, path=tmp_path / "config")
    before = chain.cluster.source_map()
    held = authmap(kubeconfig, *APPLY)
    assert "ClusterRoleBinding staff names the user `staff`" in held.stderr
    assert "nothing to change" in held.stderr
    assert "--rename" not in held.stderr  # which would be refused, see below
    for risk in ((), ("--accept-lockout-risk",)):
        run = authmap(kubeconfig, *APPLY, "--rename=staff", *risk)
        assert run.returncode == 2
        assert "ClusterRoleBinding staff names the user `staff`" in run.stderr
        assert chain.cluster.source_map() == before


def test_caller_whose_group_is_bound_elsewhere_is_refused(chain: Chain, tmp_path: Path) -> None:
    """The user may not list bindings, but may ask what the new identity is allowed to do."""
    cluster = chain.cluster
    cluster.create_map(staff("[developers]"))
    chain.wait_for_login("staff")
    ask = {
        "apiGroups": ["authorization.k8s.io"],
        "resources": ["subjectaccessreviews"],
        "verbs": ["create"],
    }
    cluster.role("asker", [ask])
    cluster.bind("asker", role="asker", users=["staff"])
    cluster.role("map-editor", [MAP_EDITOR], namespace="kube-system")
    cluster.bind("staff", role="map-editor", kind="Role", users=["staff"], namespace="kube-system")
    cluster.namespace("team")
    cluster.bind("developers", role="admin", groups=["developers"], namespace="team")
    kubeconfig = chain.kubeconfig("staff", ALICE, path=tmp_path / "config")
    before = cluster.source_map()
    run = authmap(kubeconfig, *APPLY, "--accept-lockout-risk")
    assert run.returncode == 2
    assert f"as `{NEW}alice-example.com` in `developers`, you could not undo" in run.stderr
    assert cluster.source_map() == before

    where = "kube-system"
    cluster.bind("edit", role="map-editor", kind="Role", groups=["developers"], namespace=where)
    assert authmap(kubeconfig, *APPLY, "--accept-lockout-risk").returncode == 0
    assert cluster.source_map() != before


def test_node_entry_is_not_touched(cluster: Cluster, tmp_path: Path) -> None:
    manifest = FIXTURE.read_bytes().replace(b"        - system:nodes\n", b"")
    cluster.create_map(manifest)
    before = cluster.source_map()["data"]["mapRoles"]
    kubeconfig = cluster.kubeconfig("editor", path=tmp_path / "config")
    run = authmap(kubeconfig, *APPLY, "--select=AM304", "--unsafe-fixes")
    assert "the entry belongs to a node" in run.stderr
    assert cluster.source_map()["data"]["mapRoles"] == before
    assert authmap(kubeconfig, *APPLY).returncode == 0  # and nothing else is held back
    assert cluster.source_map()["data"]["mapRoles"] == before.replace(
        "username: staff", "username: role:{{AccountID}}:staff:{{SessionName}}"
    )


def test_unreadable_section_is_activated_only_on_request(cluster: Cluster, tmp_path: Path) -> None:
    """All its entries would take effect at once, although nobody has checked them recently."""
    unreadable = staff("[developers]").replace(b"username: staff", b"username: {{SessionName}}")
    cluster.create_map(unreadable)
    before = cluster.source_map()
    kubeconfig = cluster.kubeconfig("editor", path=tmp_path / "config")
    run = authmap(kubeconfig, *APPLY)
    assert "would bring the only entry of mapRoles into effect; --unsafe-fixes" in run.stderr
    assert cluster.source_map() == before
    assert authmap(kubeconfig, *APPLY, "--unsafe-fixes").returncode == 0
    assert (
        'username: "role:{{AccountID}}:staff:{{SessionName}}"'
        in cluster.source_map()["data"]["mapRoles"]
    )


def test_change_that_makes_a_section_unreadable_is_refused(
    cluster: Cluster, tmp_path: Path
) -> None:
    cluster.create_map(FIXTURE.read_bytes())
    kubeconfig = cluster.kubeconfig("editor", path=tmp_path / "config")
    assert authmap(kubeconfig, *APPLY).returncode == 0
    (saved,) = (tmp_path / "state").rglob("*.yaml")
    saved.write_text(saved.read_text().replace("      username: staff", "     username: staff"))
    before = cluster.source_map()
    run = authmap(kubeconfig, "rollback", "--yes", "--context", "prod", "--accept-lockout-risk")
    assert run.returncode == 2
    assert "the authenticator would ignore every mapping in it" in run.stderr
    assert cluster.source_map() == before


def test_admission_that_rejects(cluster: Cluster, tmp_path: Path) -> None:
    cluster.create_map(FIXTURE.read_bytes())
    data = cluster.source_map()["data"]
    kubeconfig = cluster.kubeconfig("editor", path=tmp_path / "config")
    cluster.reject("false", "the map is frozen")
    run = authmap(kubeconfig, *APPLY)
    assert run.returncode == 2
    assert "the map is frozen" in run.stderr
    assert cluster.source_map()["data"] == data


@pytest.mark.parametrize(
    ("metadata", "name"),
    [
        ({"labels": {"argocd.argoproj.io/instance": "auth"}}, "Argo CD"),
        ({"labels": {"kustomize.toolkit.fluxcd.io/name": "auth"}}, "Flux"),
        ({"annotations": {"meta.helm.sh/release-name": "auth"}}, "Helm"),
    ],
)
def test_owner_that_overwrites_is_named(
    cluster: Cluster, tmp_path: Path, metadata: dict[str, object], name: str
) -> None:
    manifest = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "aws-auth", "namespace": "kube-system"} | metadata,
        "data": {"mapRoles": staff("[developers]").decode().partition("mapRoles: |\n")[2]},
    }
    cluster.create_map(json.dumps(manifest).encode())
    before = cluster.source_map()
    kubeconfig = cluster.kubeconfig("editor", path=tmp_path / "config")
    run = authmap(kubeconfig, *APPLY)
    assert run.returncode == 2
    assert f"{name} writes this object" in run.stderr
    assert cluster.source_map() == before
    assert authmap(kubeconfig, *APPLY, "--override-owner").returncode == 0
    assert cluster.source_map() != before


def test_terraform_is_known_by_its_field_manager(cluster: Cluster, tmp_path: Path) -> None:
    cluster.create_map(staff("[developers]"))
    path = "/api/v1/namespaces/kube-system/configmaps/aws-auth?fieldManager=Terraform"
    patch = [{"op": "add", "path": "/data/mapAccounts", "value": "[]"}]
    cluster.must("PATCH", path, patch, content_type="application/json-patch+json")
    kubeconfig = cluster.kubeconfig("editor", path=tmp_path / "config")
    run = authmap(kubeconfig, *APPLY)
    assert run.returncode == 2
    assert "Terraform writes this object (field manager Terraform)" in run.stderr
