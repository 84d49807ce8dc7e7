"""Live commands on a cluster whose map was created with `kubectl apply`."""

from __future__ import annotations

import json
import os
import re
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import command
import pytest

from cluster.apiserver import RBAC
from cluster.run import authmap, environment, undo_command, within
from cluster.server import AWS_AUTH

if TYPE_CHECKING:
    from cluster.server import Cluster

FIXTURE = Path(__file__).parents[2] / "fixtures" / "aws-auth.yaml"
BINDINGS = int(os.environ.get("AUTHMAP_BINDINGS", "600"))
MERGE = "application/merge-patch+json"
FIXED = "role:{{AccountID}}:staff:{{SessionName}}"


@pytest.fixture
def kubeconfig(cluster: Cluster, tmp_path: Path) -> Path:
    """The kubeconfig of a map editor, on a cluster with a map."""
    applied = cluster.kubectl("apply", "-f", str(FIXTURE))
    assert applied.returncode == 0, applied.stderr
    return cluster.kubeconfig("editor", path=tmp_path / "config")


def backups(kubeconfig: Path) -> list[Path]:
    folder = kubeconfig.parent / "state" / "authmap" / "backups" / "prod"
    return sorted(folder.glob("*")) if folder.exists() else []


def roles(cluster: Cluster) -> str:
    return str(cluster.source_map()["data"]["mapRoles"])


def test_lint_points_into_the_section(cluster: Cluster, kubeconfig: Path) -> None:
    mark = cluster.mark()
    run = authmap(kubeconfig, "lint", "--context", "prod", "-f", "concise")
    assert run.returncode == 1
    assert "context:prod kube-system/aws-auth mapRoles:8:13: error[AM101]" in run.stdout
    assert run.stderr == "authmap: 2 errors, 3 warnings, 1 note: 1 aws-auth map in 1 cluster\n"
    asked = [(e["verb"], e["objectRef"]["resource"]) for e in cluster.audit(mark)]
    assert asked == [
        ("get", "configmaps"),
        ("list", "clusterrolebindings"),
        ("list", "rolebindings"),
    ]


def test_suppressed_on_the_object_and_in_its_text(cluster: Cluster, kubeconfig: Path) -> None:
    annotate = ["annotate", "-n", "kube-system", "configmap/aws-auth"]
    done = cluster.kubectl(*annotate, "authmap.dev/ignore=AM101, missing-account-id")
    assert done.returncode == 0, done.stderr
    commented = roles(cluster).replace("deployer\n", "deployer # authmap: ignore[AM201]\n", 1)
    cluster.set_data(cluster.source_map()["data"] | {"mapRoles": commented})
    run = authmap(kubeconfig, "lint", "--context", "prod", "-f", "json", "--show-suppressed")
    report = json.loads(run.stdout)
    assert {each["code"] for each in report["findings"]}.isdisjoint({"AM101", "AM102", "AM201"})
    suppressed = {each["code"]: each["suppression"]["kind"] for each in report["suppressed"]}
    assert suppressed == {"AM101": "annotation", "AM102": "annotation", "AM201": "comment"}
    before = cluster.source_map()
    fixed = authmap(kubeconfig, "fix", "--apply", "--yes", "--unsafe-fixes", "--context", "prod")
    assert "nothing to change" in fixed.stderr
    assert cluster.source_map() == before


def test_baseline_of_a_cluster(cluster: Cluster, kubeconfig: Path, tmp_path: Path) -> None:
    known = str(tmp_path / "known.json")
    run = authmap(kubeconfig, "lint", "--context", "prod", "--write-baseline", known)
    assert (run.returncode, run.stdout) == (0, "")
    run = authmap(kubeconfig, "lint", "--context", "prod", "--baseline", known)
    assert run.returncode == 0
    assert "6 suppressed" in run.stdout
    cluster.set_data(cluster.source_map()["data"] | {"mapRoles": "[]"})
    run = authmap(kubeconfig, "lint", "--context", "prod", "--baseline", known)
    assert "obsolete: context:prod kube-system/aws-auth mapRoles: AM101 role/staff" in run.stderr


def test_preview_apply_and_rollback(cluster: Cluster, kubeconfig: Path) -> None:
    before = cluster.source_map()
    preview = authmap(kubeconfig, "fix", "--context", "prod", "--rename=stafff")
    assert preview.returncode == 1
    unknown = "--rename stafff: no such entry in context `prod`; did you mean staff?"
    assert unknown in preview.stderr
    assert f"-  username: staff\n+  username: {FIXED}\n" in preview.stdout
    assert cluster.source_map() == before
    assert backups(kubeconfig) == []

    mark = cluster.mark()
    applied = authmap(kubeconfig, "fix", "--apply", "--yes", "--context", "prod", "--fail-on=never")
    assert applied.returncode == 0, applied.stderr
    assert applied.stdout == preview.stdout
    assert len(cluster.audit(mark)) <= 10
    after = cluster.source_map()
    assert after["data"]["mapRoles"] == before["data"]["mapRoles"].replace(
        "username: staff", f"username: {FIXED}"
    )
    assert after["data"]["mapUsers"] == before["data"]["mapUsers"]
    assert after["metadata"]["annotations"] == before["metadata"]["annotations"]
    assert "authmap" in {each["manager"] for each in after["metadata"]["managedFields"]}

    (saved,) = backups(kubeconfig)
    assert saved.stat().st_mode & 0o777 == 0o600
    assert saved.parent.stat().st_mode & 0o777 == 0o700
    back = authmap(kubeconfig, *undo_command(applied.stderr), "--yes")
    assert back.returncode == 0, back.stderr
    assert cluster.source_map()["data"] == before["data"]

    again = cluster.kubectl("apply", "-f", str(FIXTURE))
    assert b"configmap/aws-auth" in again.stdout


def test_kubectl_can_replace_with_a_backup(cluster: Cluster, kubeconfig: Path) -> None:
    before = cluster.source_map()["data"]
    assert authmap(kubeconfig, "fix", "--apply", "--yes", "--context", "prod").returncode == 1
    assert cluster.source_map()["data"] != before
    (saved,) = backups(kubeconfig)
    done = cluster.kubectl("replace", "--force", "-f", str(saved))
    assert done.returncode == 0, done.stderr
    assert cluster.source_map()["data"] == before


def test_backups_hold_any_text(cluster: Cluster, kubeconfig: Path) -> None:
    odd = ["- yes\n", "a\tb\n \n", "x\n\n\n", "\u2028\n", "\n", "t  \nx", "'\"\\\n", "é\u0085\n"]
    data = cluster.source_map()["data"] | {f"text-{n}": text for n, text in enumerate(odd)}
    cluster.set_data(data)
    assert authmap(kubeconfig, "fix", "--apply", "--yes", "--context", "prod").returncode == 1
    cluster.set_data({"mapRoles": "[]"})
    (saved,) = backups(kubeconfig)
    accept = [f"--to={saved}", "--accept-lockout-risk", "--accept-access-gain"]
    assert authmap(kubeconfig, "rollback", "--context", "prod", "--yes", *accept).returncode == 0
    assert cluster.source_map()["data"] == data


def test_without_a_terminal_nothing_is_written(cluster: Cluster, kubeconfig: Path) -> None:
    before = cluster.source_map()
    run = authmap(kubeconfig, "fix", "--apply", "--context", "prod")
    assert run.returncode == 2
    assert "--yes" in run.stderr
    assert cluster.source_map() == before
    assert list((kubeconfig.parent / "state" / "authmap" / "backups").iterdir()) == []


def test_dry_run_writes_nothing(cluster: Cluster, kubeconfig: Path) -> None:
    before = cluster.source_map()
    mark = cluster.mark()
    run = authmap(kubeconfig, "fix", "--apply", "--dry-run", "--context", "prod", "--fail-on=never")
    assert run.returncode == 0
    assert "dry run" in run.stderr
    assert cluster.source_map() == before
    assert backups(kubeconfig) == []
    patches = [e for e in cluster.audit(mark) if e["verb"] == "patch"]
    assert [("dryRun=All" in e["requestURI"]) for e in patches] == [True]


def test_nothing_to_change_sends_nothing(cluster: Cluster, kubeconfig: Path) -> None:
    authmap(kubeconfig, "fix", "--apply", "--yes", "--context", "prod")
    before = cluster.source_map()
    mark = cluster.mark()
    run = authmap(kubeconfig, "fix", "--apply", "--yes", "--context", "prod")
    assert "nothing to change" in run.stderr
    assert cluster.source_map() == before
    assert {e["verb"] for e in cluster.audit(mark)} == {"get", "list"}


def test_deleted_map_is_restored(cluster: Cluster, kubeconfig: Path) -> None:
    before = cluster.source_map()
    authmap(kubeconfig, "fix", "--apply", "--yes", "--context", "prod")
    cluster.delete_map()
    missing = authmap(kubeconfig, "lint", "--context", "prod")
    assert missing.returncode == 2
    assert "access entries" in missing.stderr
    admin = cluster.kubeconfig("admin", path=kubeconfig)
    for options, said in (
        (["--dry-run"], "it would be created from the backup"),
        (["--yes"], "a fresh login reads aws-auth as it was written"),
        (["--yes", "--no-verify"], "aws-auth is stored as it was written"),
    ):
        cluster.delete_map()
        back = authmap(admin, "rollback", "--context", "prod", "--accept-access-gain", *options)
        assert back.returncode == 0, back.stderr
        assert said in back.stderr
        assert ("would be" in back.stderr) == (options == ["--dry-run"])
    assert cluster.source_map()["data"] == before["data"]
    assert "aws-auth was created in context `prod`; to undo it:" in back.stderr
    kubectl = back.stderr.splitlines()[-1].split()
    assert kubectl[:3] == ["kubectl", "--context", "prod"]
    done = cluster.kubectl(*kubectl[3:])
    assert done.returncode == 0, done.stderr
    assert not cluster.source_map()


def test_deleted_map_is_restored_without_references(cluster: Cluster, kubeconfig: Path) -> None:
    """Without owner references and finalizers; otherwise the map might be deleted again."""
    owner = {"apiVersion": "v1", "kind": "ConfigMap", "name": "gone", "uid": "1b4e28ba"}
    ties = {"ownerReferences": [owner], "finalizers": ["example.com/gone"]}
    cluster.must("PATCH", AWS_AUTH, {"metadata": ties}, content_type=MERGE)
    before = cluster.source_map()["data"]
    authmap(kubeconfig, "fix", "--apply", "--yes", "--context", "prod")
    cluster.must("PATCH", AWS_AUTH, {"metadata": {"finalizers": None}}, content_type=MERGE)
    cluster.delete_map()
    admin = cluster.kubeconfig("admin", path=kubeconfig)
    back = authmap(admin, "rollback", "--context", "prod", "--yes", "--accept-access-gain")
    assert back.returncode == 0, back.stderr
    assert "without its finalizers and ownerReferences" in back.stderr
    made = cluster.source_map()
    assert made["data"] == before
    assert made["metadata"].keys().isdisjoint(ties)


def test_second_rollback_does_not_undo_the_first(cluster: Cluster, kubeconfig: Path) -> None:
    before = cluster.source_map()["data"]
    authmap(kubeconfig, "fix", "--apply", "--yes", "--context", "prod")
    for code in (0, 2):
        run = authmap(kubeconfig, "rollback", "--context", "prod", "--yes")
        assert run.returncode == code
        assert cluster.source_map()["data"] == before
    assert "no fix that has a backup is known to be in effect" in run.stderr
    listed = authmap(kubeconfig, "rollback", "--context", "prod", "--list").stdout.splitlines()
    assert [line.endswith("-before-rollback.yaml") for line in listed] == [True, False]


def test_backup_of_another_cluster_is_refused(cluster: Cluster, kubeconfig: Path) -> None:
    authmap(kubeconfig, "fix", "--apply", "--yes", "--context", "prod")
    (saved,) = backups(kubeconfig)
    head, _, rest = saved.read_text().partition("\n")
    other = json.loads(head.removeprefix("# authmap backup ")) | {"server": "https://other"}
    saved.write_text(f"# authmap backup {json.dumps(other)}\n{rest}")
    before = cluster.source_map()
    run = authmap(kubeconfig, "rollback", "--context", "prod", "--yes")
    assert run.returncode == 2
    assert "another cluster" in run.stderr
    assert cluster.source_map() == before


def test_entries_added_since_are_not_silently_removed(cluster: Cluster, kubeconfig: Path) -> None:
    authmap(kubeconfig, "fix", "--apply", "--yes", "--context", "prod")
    new = "- rolearn: arn:aws:iam::111111111111:role/new\n  username: new:{{SessionName}}\n"
    cluster.set_data({"mapRoles": roles(cluster) + new})
    before = cluster.source_map()
    command = ("rollback", "--context", "prod", "--yes")
    run = authmap(kubeconfig, *command)
    assert "no fix that has a backup is known to be in effect" in run.stderr
    (saved,) = backups(kubeconfig)
    assert f"use `--to {saved.name}`" in run.stderr
    run = authmap(kubeconfig, *command, "--to", saved.name)
    assert run.returncode == 2
    assert "role/new" in run.stderr
    assert cluster.source_map() == before
    accept = ("--accept-lockout-risk", "--accept-access-gain")  # mapUsers is gone
    risk = authmap(kubeconfig, *command, "--to", saved.name, *accept)
    assert risk.returncode == 0
    assert "role/new" not in roles(cluster)


def test_lists_are_read_in_pages(cluster: Cluster, kubeconfig: Path) -> None:
    """With as many bindings as AUTHMAP_BINDINGS says."""

    def bind(number: int) -> None:
        user = "staff" if number == BINDINGS - 1 else "x"
        cluster.bind(f"many-{number:05}", role="view", users=[user], settle=False)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(bind, range(BINDINGS)))
    held = len(cluster.must("GET", f"{RBAC}/clusterrolebindings")["items"])
    mark = cluster.mark()
    run = authmap(kubeconfig, "lint", "--context", "prod", "-f", "concise")
    assert f"many-{BINDINGS - 1:05} names the user `staff`" in run.stdout
    asked = [event["objectRef"]["resource"] for event in cluster.audit(mark)]
    pages = ["clusterrolebindings"] * -(-held // 500)
    assert asked == ["configmaps", *pages, "rolebindings"]


def test_resolve_and_show_read_the_cluster(cluster: Cluster, kubeconfig: Path) -> None:
    cluster.bind("on-call", role="view", groups=["system:masters"])
    session = "arn:aws:sts::111111111111:assumed-role/staff/alice"
    run = authmap(kubeconfig, "resolve", session, "--context", "prod")
    assert run.returncode == 0, run.stderr
    assert "mapped by mapRoles[1], context:prod kube-system/aws-auth mapRoles:7" in run.stdout
    assert "on-call: ClusterRole/view, through the group `system:masters`" in run.stdout
    shown = authmap(kubeconfig, "show", "--context", "prod")
    assert "everyone: staff" in shown.stdout
    assert authmap(kubeconfig, "show", "--context", "prod", "x.yaml").returncode == 2


def test_map_that_is_being_deleted(cluster: Cluster, kubeconfig: Path) -> None:
    """A change to it would be deleted with it, and everybody would lose access."""
    kind = "application/merge-patch+json"
    held = {"metadata": {"finalizers": ["test.example.com/held"]}}
    cluster.must("PATCH", AWS_AUTH, held, content_type=kind)
    cluster.must("DELETE", AWS_AUTH)
    try:
        for command in (("lint",), ("show",), ("fix",)):
            run = within(kubeconfig, *command, "--context=prod")
            assert "context `prod`: aws-auth was deleted (20" in run.stderr
        before = cluster.source_map()
        for option in ("--accept-lockout-risk", "--dry-run"):
            run = within(kubeconfig, "fix", "--apply", option, "--yes", "--context=prod")
            assert run.returncode == 2
            assert (
                "once its finalizers are removed, and the change would disappear with it"
                in run.stderr
            )
            assert run.stderr.endswith("; nothing was written\n")
        assert cluster.source_map() == before
    finally:
        cluster.must("PATCH", AWS_AUTH, {"metadata": {"finalizers": []}}, content_type=kind)


def test_large_map_full_of_quotes(cluster: Cluster, kubeconfig: Path) -> None:
    """JSON doubles each quote, so the text fits into a request once, but not twice."""
    quotes = "# " + '"' * 950_000 + "\n"
    cluster.set_data({"mapRoles": roles(cluster) + quotes})
    run = authmap(kubeconfig, "fix", "--apply", "--yes", "--context=prod", "--fail-on=never")
    assert run.returncode == 0, run.stderr
    assert f"username: {FIXED}\n" in roles(cluster)
    assert roles(cluster).endswith(quotes)


@pytest.mark.parametrize("named_by", ["option", "variable", "variable with two files"])
def test_printed_command_works_from_any_directory(
    cluster: Cluster, kubeconfig: Path, tmp_path: Path, named_by: str
) -> None:
    before = cluster.source_map()["data"]
    here = tmp_path / "it's here"
    here.mkdir()
    kubeconfig.rename(here / "own config")
    variables = environment(kubeconfig)
    options = ["--yes", "--backup-dir=back ups", "--fail-on=never"]
    del variables["KUBECONFIG"]
    if named_by == "option":
        options += ["--kubeconfig", "own config"]
    else:
        files = ["own config", "no config"]
        variables["KUBECONFIG"] = ":".join(files if "two" in named_by else files[:1])
    fixed = command.authmap("fix", "--apply", "--context=prod", *options, cwd=here, env=variables)
    assert fixed.returncode == 0, fixed.stderr
    assert cluster.source_map()["data"] != before
    printed = fixed.stderr.splitlines()[-1].strip()
    (here / "authmap.toml").write_text("unknown = 1\n")  # it did not apply to the fix
    elsewhere = {name: variables[name] for name in ("HOME", "PATH", "PYTHONPATH")}
    done = subprocess.run(
        ["sh", "-c", f"{printed} --yes"], cwd=here, env=elsewhere, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert cluster.source_map()["data"] == before
    assert len(list((here / "back ups" / "prod").iterdir())) == 2


@pytest.mark.parametrize("trouble", ["owner", "gain", "others", "writers"])
def test_hint_without_a_terminal_can_be_followed(
    cluster: Cluster, kubeconfig: Path, trouble: str
) -> None:
    command = ["fix", "--apply", "--context=prod", "--fail-on=never"]
    if trouble == "owner":
        labels = {"labels": {"kustomize.toolkit.fluxcd.io/name": "x"}}
        cluster.must("PATCH", AWS_AUTH, {"metadata": labels}, content_type=MERGE)
    else:
        assert within(kubeconfig, *command, "--yes").returncode == 0
        (saved,) = backups(kubeconfig)
        command = ["rollback", "--context=prod", f"--to={saved}"]
        data = cluster.source_map()["data"]
        if trouble == "gain":
            cluster.set_data(data | {"mapUsers": "[]"})
        elif trouble == "others":
            cluster.set_data(data | {"mapRoles": data["mapRoles"].replace("[deployers]", "[]")})
        else:
            saved.chmod(0o660)
    before = cluster.source_map()
    refused = within(kubeconfig, *command)
    assert refused.returncode == 2
    assert cluster.source_map() == before
    if trouble == "writers":
        assert f"not a terminal: run it on one, because others can write {saved}" in refused.stderr
        return
    hint = re.search("not a terminal: use (--yes.*) to skip the question", refused.stderr)
    assert hint, refused.stderr
    followed = within(kubeconfig, *command, *hint[1].split())
    assert followed.returncode == 0, followed.stderr
