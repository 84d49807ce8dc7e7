"""Tests of the test cluster that the other tests rely on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from cluster.apiserver import RBAC
from cluster.server import AWS_AUTH

if TYPE_CHECKING:
    from cluster.server import Cluster

FIXTURE = Path(__file__).parents[2] / "fixtures" / "aws-auth.yaml"


def test_kubectl_applies_a_manifest_and_the_audit_log_names_the_user(cluster: Cluster) -> None:
    mark = cluster.mark()
    done = cluster.kubectl("apply", "-f", str(FIXTURE))
    assert done.returncode == 0, done.stderr
    assert cluster.source_map()["data"].keys() == {"mapRoles", "mapUsers"}
    events = cluster.audit(mark)
    verbs = [e["verb"] for e in events if e.get("objectRef", {}).get("name") == "aws-auth"]
    assert verbs == ["get", "create", "get"]
    assert {e["user"]["username"] for e in events} == {"admin"}


def test_users_have_the_permissions_their_names_suggest(cluster: Cluster) -> None:
    cluster.create_map(FIXTURE.read_bytes())

    def may(user: str, method: str, path: str, body: object = None) -> int:
        kind = "application/merge-patch+json" if method == "PATCH" else "application/json"
        return cluster.raw(method, path, body, user=user, content_type=kind).status

    review = {"spec": {"user": "x", "nonResourceAttributes": {"path": "/", "verb": "get"}}}
    reviews = "/apis/authorization.k8s.io/v1/subjectaccessreviews"
    for user, codes in {
        "editor": [200, 200, 200, 201],
        "reader": [200, 200, 403, 403],
        "nobody": [403, 403, 403, 403],
        "user-00": [403, 403, 403, 403],
    }.items():
        assert codes == [
            may(user, "GET", AWS_AUTH),
            may(user, "GET", f"{RBAC}/rolebindings"),
            may(user, "PATCH", AWS_AUTH, {"data": {"mapAccounts": "[]"}}),
            may(user, "POST", reviews, review),
        ], user
    cluster.bind("extra", groups=["group-00"])
    assert may("user-00", "GET", AWS_AUTH) == 200
    cluster.reset()
    assert may("user-00", "GET", AWS_AUTH) == 403


def test_reset_removes_everything_of_a_test(cluster: Cluster) -> None:
    def names() -> list[str]:
        kinds = ["clusterroles", "clusterrolebindings", "roles", "rolebindings"]
        lists = [cluster.must("GET", f"{RBAC}/{kind}")["items"] for kind in kinds]
        return [one["metadata"]["name"] for items in lists for one in items]

    before = names()
    cluster.namespace("team")
    cluster.create_map(FIXTURE.read_bytes())
    cluster.role("r", [], namespace="team")
    cluster.bind("b", role="r", kind="Role", users=["staff"], namespace="team")
    cluster.bind("b", users=["staff"])
    assert len(names()) == len(before) + 3
    cluster.reset()
    assert cluster.source_map() is None
    assert names() == before


def test_kubeconfig_with_several_contexts(cluster: Cluster, tmp_path: Path) -> None:
    path = cluster.kubeconfig("reader", path=tmp_path / "config")
    assert cluster.kubeconfig("editor", context="staging", path=path) == path
    config = json.loads(path.read_text())
    assert config["current-context"] == "prod"
    assert [one["name"] for one in config["contexts"]] == ["prod", "staging"]
    done = cluster.kubectl("--kubeconfig", str(path), "--context=staging", "auth", "whoami")
    assert b"editor" in done.stdout


def test_client_certificates_and_server_names(cluster: Cluster, tmp_path: Path) -> None:
    path = cluster.kubeconfig(
        path=tmp_path / "config",
        credentials=cluster.client_certificate("carol", "platform"),
        tls_server_name="localhost",
    )
    done = cluster.kubectl("--kubeconfig", str(path), "auth", "whoami", "-o", "json")
    user = json.loads(done.stdout)["status"]["userInfo"]
    assert (user["username"], user["groups"][0]) == ("carol", "platform")
    cluster.kubeconfig(path=path, tls_server_name="elsewhere")
    done = cluster.kubectl("--kubeconfig", str(path), "auth", "whoami")
    assert b"not elsewhere" in done.stderr


def test_admission_rejects(cluster: Cluster) -> None:
    cluster.reject('!("mapAccounts" in object.data)', "no accounts, please")
    cluster.create_map(FIXTURE.read_bytes())
    kind = "application/merge-patch+json"
    change = {"data": {"mapAccounts": "[]"}}
    answer = cluster.raw("PATCH", AWS_AUTH, change, content_type=kind)
    assert (answer.status, "no accounts, please" in answer.body["message"]) == (422, True)
    cluster.reset()
    cluster.create_map(FIXTURE.read_bytes())
    cluster.must("PATCH", AWS_AUTH, change, content_type=kind)
