"""Which backup a rollback takes, what it may give back, and whom it trusts."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from authmap.cluster.change import backup
from authmap.cluster.change.plan import FieldChange
from authmap.cluster.reading import LiveConfigMap
from authmap.model.bindings import Bindings
from cluster.apiserver import RBAC
from cluster.crash_points import authmap
from cluster.proxy import Proxy, Reply, Request
from cluster.run import on_terminal

if TYPE_CHECKING:
    from cluster.server import Cluster

FIXTURE = Path(__file__).parents[2] / "fixtures" / "aws-auth.yaml"
FIXED = "role:{{AccountID}}:staff:{{SessionName}}"
APPLY = ("fix", "--apply", "--yes", "--context", "prod", "--fail-on=never")


# which backup a rollback takes


def fix(cluster: Cluster, config: Path, name: str) -> dict[str, str]:
    """Add an entry and fix it; the map after that."""
    entry = f"- {{rolearn: arn:aws:iam::111111111111:role/{name}, username: {name}, groups: [g]}}\n"
    data = cluster.source_map()["data"]
    cluster.set_data(data | {"mapRoles": data["mapRoles"] + entry})
    assert authmap(config, *APPLY).returncode == 0
    fixed: dict[str, str] = cluster.source_map()["data"]
    return fixed


def test_rollback_after_a_change_that_was_undone(cluster: Cluster, tmp_path: Path) -> None:
    """It undoes the change that is in effect, and not the later one that is not."""
    cluster.create_map(FIXTURE.read_bytes())
    before = cluster.source_map()["data"]
    config = cluster.kubeconfig("admin", path=tmp_path / "config")
    assert authmap(config, *APPLY, "--select=AM101").returncode == 0
    fixed = cluster.source_map()["data"]
    assert fixed != before

    def refuse(request: Request) -> Reply | None:
        late = request.method == "PATCH" and request.nth > 2 and "dryRun" in request.path
        return Reply.failure(403, "you may not patch it") if late else None

    with Proxy(cluster, refuse) as proxy:
        cluster.kubeconfig("admin", path=config, url=proxy.url)
        undone = authmap(config, *APPLY, "--unsafe-fixes")
    assert undone.returncode == 3, undone.stderr
    assert cluster.source_map()["data"] == fixed
    cluster.kubeconfig("admin", path=config)
    run = authmap(config, "rollback", "--context", "prod", "--yes")
    assert run.returncode == 0, run.stderr
    assert cluster.source_map()["data"] == before


def test_the_clock_does_not_decide(cluster: Cluster, tmp_path: Path) -> None:
    """Of two changes to the same map, the later one is undone, although the clock was set back."""
    cluster.create_map(FIXTURE.read_bytes())
    config = cluster.kubeconfig("admin", path=tmp_path / "config")
    first = fix(cluster, config, "one")
    (early,) = (tmp_path / "state").rglob("*.yaml")
    # back to another state, and from there to the same map again
    cluster.set_data(
        first | {"mapRoles": first["mapRoles"].replace(f"username: {FIXED}", "username: staff")}
    )
    before = cluster.source_map()["data"]
    assert authmap(config, *APPLY).returncode == 0
    assert cluster.source_map()["data"] == first
    (late,) = set((tmp_path / "state").rglob("*.yaml")) - {early}
    late.rename(late.with_name("20000101" + late.name[8:]))
    run = authmap(config, "rollback", "--context", "prod", "--yes")
    assert run.returncode == 0, run.stderr
    assert cluster.source_map()["data"] == before


def test_everybody_who_returns_with_a_deleted_map_is_listed(
    cluster: Cluster, tmp_path: Path
) -> None:
    cluster.create_map(FIXTURE.read_bytes())
    admin = cluster.kubeconfig("admin", path=tmp_path / "config")
    assert authmap(admin, *APPLY).returncode == 0
    cluster.delete_map()
    run = authmap(admin, "rollback", "--context", "prod", "--yes")
    assert run.returncode == 2
    assert (
        "authmap: access gained: the rollback would let role/staff log in as `staff`" in run.stderr
    )
    assert "let user/jane log in" in run.stderr or "let user/" in run.stderr
    assert run.stderr.endswith("--accept-access-gain continues anyway; nothing was written\n")
    assert cluster.source_map() is None
    code, shown = on_terminal(admin, "rollback", "--context", "prod", answers=["y"])
    assert code == 0, shown
    assert "would let role/staff log in as `staff`" in shown
    assert cluster.source_map()


# a backup that others could have written


FOREIGN = "- {rolearn: arn:aws:iam::999999999999:role/x, username: x, groups: [system:masters]}\n"


def test_entry_that_only_the_backup_calls_ours(cluster: Cluster, tmp_path: Path) -> None:
    """What comes back is compared; the file's own word is not enough."""
    cluster.create_map(FIXTURE.read_bytes())
    config = cluster.kubeconfig("editor", path=tmp_path / "config")
    assert authmap(config, *APPLY).returncode == 0
    before = cluster.source_map()
    (saved,) = (tmp_path / "state").rglob("*.yaml")
    held = backup.load(saved)
    manifest = held.manifest | {"data": held.data | {"mapRoles": held.data["mapRoles"] + FOREIGN}}
    account = "arn:aws:iam::999999999999:role/x"
    undo = [*held.header.undo, FieldChange("mapRoles", account, "entry", "", "x, system:masters")]
    saved.unlink()
    forged = backup.save(
        LiveConfigMap("prod", manifest, Bindings([])),
        held.header.origin,
        str(tmp_path / "state" / "authmap" / "backups"),
        "",
        undo,
        before["data"],
    )
    run = authmap(config, "rollback", "--context", "prod", "--yes")
    assert run.returncode == 2
    assert f"restoring {forged}" in run.stderr
    assert "would let role/x log in as `x` in group `system:masters`" in run.stderr
    assert "--accept-access-gain continues anyway; nothing was written" in run.stderr
    assert cluster.source_map() == before


@pytest.mark.parametrize("where", ["file", "folder"])
@pytest.mark.parametrize(
    ("mode", "said"),
    [(0o020, "others can write"), (0o002, "anybody can write"), (None, "belongs to another user")],
)
def test_backup_that_others_could_have_written(
    cluster: Cluster, tmp_path: Path, where: str, mode: int | None, said: str
) -> None:
    cluster.create_map(FIXTURE.read_bytes())
    config = cluster.kubeconfig("editor", path=tmp_path / "config")
    assert authmap(config, *APPLY).returncode == 0
    before = cluster.source_map()
    (saved,) = (tmp_path / "state").rglob("*.yaml")
    target = saved if where == "file" else saved.parent
    if mode is not None:
        target.chmod(target.stat().st_mode | mode)
    elif os.geteuid() == 0:
        os.chown(target, 12345, -1)
    else:
        pytest.skip("only root can give files away")
    run = authmap(config, "rollback", "--context", "prod", "--yes")
    assert run.returncode == 2
    assert f"{target}" in run.stderr
    assert said in run.stderr
    assert cluster.source_map() == before
    code, shown = on_terminal(config, "rollback", "--context", "prod", answers=["y"])
    assert said in shown
    assert code == (2 if mode == 0o002 else 0), shown
    assert (cluster.source_map() == before) == (code == 2)


@pytest.mark.parametrize("where", ["above the folder", "on the way of a link"])
def test_folder_further_up_that_anybody_can_write(
    cluster: Cluster, tmp_path: Path, where: str
) -> None:
    """Whoever can write it can put another folder, or another link, in its place."""
    cluster.create_map(FIXTURE.read_bytes())
    config = cluster.kubeconfig("editor", path=tmp_path / "config")
    top, open_to_all = tmp_path / "top", tmp_path / "open"
    open_to_all.mkdir()
    open_to_all.chmod(0o777)
    if where == "above the folder":
        top = open_to_all / "top"
    run = authmap(config, *APPLY, "--backup-dir", str(top))
    assert run.returncode == 0, run.stderr
    (saved,) = top.rglob("*.yaml")
    if where == "on the way of a link":
        assert "warning" not in run.stderr
        (open_to_all / "link").symlink_to(saved)
        saved = tmp_path / "first-link"
        saved.symlink_to(open_to_all / "link")
    else:
        assert f"warning: anybody can write {open_to_all}, so a rollback does not" in run.stderr
    before = cluster.source_map()
    run = authmap(config, "rollback", "--context", "prod", "--yes", "--to", str(saved))
    assert run.returncode == 2
    assert f"anybody can write {open_to_all}, so the backup may not be what" in run.stderr
    assert cluster.source_map() == before


@pytest.mark.parametrize("made", [True, False])
def test_backup_of_a_plan_that_a_binding_changes(
    cluster: Cluster, tmp_path: Path, made: bool
) -> None:
    """The map is the same, but the fix is not, and the backup records the fix."""
    cluster.create_map(FIXTURE.read_bytes())
    config = cluster.kubeconfig("editor", path=tmp_path / "config")
    data = cluster.source_map()["data"]
    entry = "- {rolearn: arn:aws:iam::111111111111:role/two, username: two, groups: [g]}\n"
    cluster.set_data(data | {"mapRoles": data["mapRoles"] + entry})
    before = cluster.source_map()["data"]
    path = f"{RBAC}/clusterrolebindings/two"
    if not made:
        cluster.bind("two", role="view", users=["two"])

    def change() -> str:
        if made:
            cluster.bind("two", role="view", users=["two"])
        else:
            cluster.must("DELETE", path)
        return "y"

    asking = [word for word in APPLY if word != "--yes"]
    code, shown = on_terminal(config, *asking, answers=[change, "y"])
    assert code == 0, shown
    assert "the change is now:" in shown
    run = authmap(config, "rollback", "--context", "prod", "--yes")
    assert run.returncode == 0, run.stderr
    assert cluster.source_map()["data"] == before


def test_backup_of_an_older_authmap(cluster: Cluster, tmp_path: Path) -> None:
    """Its header does not record the map after its fix."""
    cluster.create_map(FIXTURE.read_bytes())
    config = cluster.kubeconfig("editor", path=tmp_path / "config")
    assert authmap(config, *APPLY).returncode == 0
    (saved,) = (tmp_path / "state").rglob("*.yaml")
    saved.write_text(re.sub(', "after": "[0-9a-f]+"', "", saved.read_text()))
    run = authmap(config, "rollback", "--context", "prod", "--yes")
    assert run.returncode == 2
    assert "was made by an older authmap, which did not record that" in run.stderr
    run = authmap(config, "rollback", "--context", "prod", "--yes", "--to", saved.name)
    assert run.returncode == 0, run.stderr
