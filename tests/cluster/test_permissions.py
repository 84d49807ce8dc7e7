"""Each command reports a missing permission, and changes nothing partially."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from cluster.apiserver import RBAC
from cluster.run import undo_command, within
from cluster.server import AWS_AUTH

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cluster.chain import Chain
    from cluster.server import Cluster

MAP = (Path(__file__).parents[2] / "fixtures" / "aws-auth.yaml").read_bytes()
LINT = ("lint", "--context=prod", "-f", "concise")
PREVIEW = ("fix", "--context=prod", "--fail-on=never")
APPLY = (*PREVIEW, "--apply", "--yes")
BACK = ("rollback", "--context=prod", "--yes")
BASIC = f"{RBAC}/clusterrolebindings/system:basic-user"

AT_MAP = ("", "configmaps", "aws-auth")
NEEDED: dict[str, tuple[str, str, str]] = {  # verb, API group, resource
    "get configmaps": AT_MAP,
    "patch configmaps": AT_MAP,
    "get namespaces": ("", "namespaces", "kube-system"),
    "list clusterrolebindings": ("rbac.authorization.k8s.io", "clusterrolebindings", ""),
    "list rolebindings": ("rbac.authorization.k8s.io", "rolebindings", ""),
}


def rule(what: str) -> dict[str, Any]:
    group, resource, name = NEEDED[what]
    found = {"verbs": [what.split()[0]], "apiGroups": [group], "resources": [resource]}
    return found | ({"resourceNames": [name]} if name else {})


def somebody(cluster: Cluster, folder: Path, *, missing: str = "") -> Path:
    """A kubeconfig of a user with all required permissions except one."""
    have = [what for what in NEEDED if what != missing]
    at_map = [rule(what) for what in have if NEEDED[what] == AT_MAP]
    elsewhere = [rule(what) for what in have if NEEDED[what] != AT_MAP]
    cluster.role("most", elsewhere)
    cluster.bind("most", role="most", groups=["group-00"], settle=False)
    cluster.role("most", at_map, namespace="kube-system")
    cluster.bind("most", role="most", kind="Role", groups=["group-00"], namespace="kube-system")
    return cluster.kubeconfig("user-00", path=folder / "config")


@pytest.fixture
def no_self_review(cluster: Cluster) -> Iterator[None]:
    """Only administrators may create SelfSubjectReviews."""
    before = cluster.must("GET", BASIC)["subjects"]
    kind = "application/merge-patch+json"
    cluster.must("PATCH", BASIC, {"subjects": []}, content_type=kind)
    cluster.settle()
    yield
    cluster.must("PATCH", BASIC, {"subjects": before}, content_type=kind)
    cluster.settle()


def fixed(cluster: Cluster, folder: Path) -> tuple[Any, Any]:
    """Fix a map; its data before (there is a backup of it), and after."""
    before = cluster.create_map(MAP)["data"]
    run = within(cluster.kubeconfig("admin", path=folder / "config"), *APPLY)
    assert run.returncode == 0, run.stderr
    return before, cluster.source_map()["data"]


FORBIDDEN = 'configmaps "aws-auth" is forbidden: User "user-00" cannot {} resource "configmaps"'
NO_GET = FORBIDDEN.format("get")
NO_PATCH = FORBIDDEN.format("patch")
NO_LIST = "an old username: you may not list {} in context `prod`"


SAID = {
    "get configmaps": NO_GET,
    "patch configmaps": NO_PATCH,
    "list clusterrolebindings": NO_LIST.format("clusterrolebindings"),
    "list rolebindings": NO_LIST.format("rolebindings"),
}


@pytest.mark.parametrize("missing", SAID)
def test_missing_permission_to_write(cluster: Cluster, tmp_path: Path, missing: str) -> None:
    said = SAID[missing]
    before, after = fixed(cluster, tmp_path)
    config = somebody(cluster, tmp_path, missing=missing)
    for command, data in {BACK: after, APPLY: before}.items():
        if command == APPLY:
            cluster.set_data(before)
        version = cluster.source_map()["metadata"]["resourceVersion"]
        run = within(config, *command)
        assert run.returncode == 2
        assert said in run.stderr
        assert run.stderr.endswith("; nothing was written\n")
        assert cluster.source_map()["data"] == data
        assert cluster.source_map()["metadata"]["resourceVersion"] == version
    read, seen = within(config, *LINT), within(config, *PREVIEW)
    if missing == "get configmaps":
        assert (read.returncode, seen.returncode) == (2, 2)
        assert NO_GET in read.stderr
        assert NO_GET in seen.stderr
    else:
        assert (read.returncode, seen.returncode) == (1, 1)
    if missing.startswith("list"):
        assert "AM4" not in read.stdout
        kind = missing.split()[1]
        assert f"may not list {kind} in context `prod`" in read.stderr
        assert "a binding names an old username" in seen.stderr
        assert f"may not list {kind} in context `prod`" in seen.stderr
        asked = ("resolve", "arn:aws:iam::111111111111:role/staff", "--context=prod")
        answer = within(config, *asked)
        assert answer.returncode == 0
        assert f"note: some bindings may be missing: may not list {kind} in" in answer.stdout
        document = json.loads(within(config, *asked, "-f", "json").stdout)
        assert document["unchecked"] == f"may not list {kind} in context `prod`"
        run = within(config, *APPLY, "--accept-lockout-risk")
        assert (run.returncode, cluster.source_map()["data"]) == (0, after)


PATH = "- rolearn: arn:aws:iam::111111111111:role/team/ops\n  username: a\n"


@pytest.mark.parametrize(
    ("missing", "roles", "options", "carried"),
    [
        ("", None, ["--accept-lockout-risk"], ""),
        ("list rolebindings", None, ["--accept-lockout-risk"], "--accept-lockout-risk"),
        ("", PATH, ["--unsafe-fixes"], "--accept-lockout-risk"),
        ("", None, ["--override-owner"], "--override-owner"),
        ("", None, ["--as=user-00", "--as-group=group-00"], "--as user-00 --as-group group-00"),
    ],
)
def test_printed_rollback_command_works_unchanged(
    cluster: Cluster,
    tmp_path: Path,
    missing: str,
    roles: str | None,
    options: list[str],
    carried: str,
) -> None:
    cluster.create_map(MAP)
    if roles:
        cluster.set_data({"mapRoles": roles})
    before = cluster.source_map()["data"]
    config = somebody(cluster, tmp_path, missing=missing)
    if "--as=user-00" in options:
        config = cluster.kubeconfig("admin", path=tmp_path / "admin")
    if "--override-owner" in options:
        label = {"labels": {"kustomize.toolkit.fluxcd.io/name": "x"}}
        kind = "application/merge-patch+json"
        cluster.must("PATCH", AWS_AUTH, {"metadata": label}, content_type=kind)
    applied = within(config, *APPLY, *options)
    assert applied.returncode == 0, applied.stderr
    assert cluster.source_map()["data"] != before
    command = undo_command(applied.stderr)
    (saved,) = (tmp_path / "state").rglob("*.yaml")
    flags, as_somebody = carried.partition("--as ")[0], carried if "--as " in carried else ""
    start = ["rollback", "--context", "prod", "--to", str(saved), *flags.split(), "--no-config"]
    assert command == [*start, "--kubeconfig", str(config), *as_somebody.split()]
    mark = cluster.mark()
    back = within(config, *command, "--yes")
    assert back.returncode == 0, back.stderr
    assert cluster.source_map()["data"] == before
    writes = [e for e in cluster.audit(mark) if e["verb"] == "patch"]
    (write,) = [e for e in writes if "dryRun" not in e["requestURI"]]
    assert (write.get("impersonatedUser") or write["user"])["username"] == "user-00"


def test_permission_that_is_optional(cluster: Cluster, tmp_path: Path) -> None:
    """The uid of kube-system identifies a cluster if it may be read, but is not required."""
    before = cluster.create_map(MAP)["data"]
    config = somebody(cluster, tmp_path, missing="get namespaces")
    run = within(config, *APPLY)
    assert run.returncode == 0, run.stderr
    assert cluster.source_map()["data"] != before
    run = within(config, *BACK)
    assert run.returncode == 0, run.stderr
    assert cluster.source_map()["data"] == before


@pytest.mark.usefixtures("no_self_review")
def test_own_user_is_unknown(cluster: Cluster, tmp_path: Path) -> None:
    before, after = fixed(cluster, tmp_path)
    config = somebody(cluster, tmp_path)
    assert within(config, *LINT).returncode == 1
    run = within(config, *BACK)
    assert run.returncode == 2
    assert "the API server does not report your user (this requires `create` on" in run.stderr
    assert cluster.source_map()["data"] == after
    run = within(config, *BACK, "--accept-lockout-risk")
    assert (run.returncode, cluster.source_map()["data"]) == (0, before), run.stderr


def test_permissions_of_the_new_user_are_unknown(chain: Chain, tmp_path: Path) -> None:
    """A caller mapped by an entry, who may not create subjectaccessreviews."""
    cluster = chain.cluster
    before = cluster.create_map(MAP.replace(b"system:masters", b"group-00"))["data"]
    somebody(cluster, tmp_path)
    chain.wait_for_login("staff")
    config = chain.kubeconfig("staff", path=tmp_path / "config")
    run = within(config, *APPLY)
    assert run.returncode == 2
    assert "could undo the change: subjectaccessreviews" in run.stderr
    assert run.stderr.endswith("; nothing was written\n")
    assert cluster.source_map()["data"] == before
