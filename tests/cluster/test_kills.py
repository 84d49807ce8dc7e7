"""Whenever authmap is killed, the map is the old or the new one, and the old one is backed up."""

from __future__ import annotations

import shutil
import signal
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from authmap.cluster.change import backup
from cluster.crash_points import authmap
from cluster.proxy import Proxy, Reply, Request

if TYPE_CHECKING:
    from collections.abc import Iterator
    from subprocess import CompletedProcess

    from cluster.server import Cluster

FIXTURE = Path(__file__).parents[2] / "fixtures" / "aws-auth.yaml"
APPLY = ("fix", "--apply", "--yes", "--context", "prod", "--fail-on=never")
ROLLBACK = ("rollback", "--yes", "--context", "prod")


@pytest.fixture
def config(cluster: Cluster, tmp_path: Path) -> Path:
    """The kubeconfig of a map editor, on a cluster with a fixable map."""
    cluster.create_map(FIXTURE.read_bytes())
    return cluster.kubeconfig("editor", path=tmp_path / "config")


@pytest.fixture
def fixed(cluster: Cluster, config: Path) -> dict[str, str]:
    """The data of the fixed map; the cluster's map is fixed too."""
    assert authmap(config, *APPLY).returncode == 0
    data: dict[str, str] = cluster.source_map()["data"]
    return data


def killed_at_every_crash_point(
    cluster: Cluster, config: Path, command: tuple[str, ...], fixed: dict[str, str]
) -> Iterator[CompletedProcess[str]]:
    """Run a command again and again, killed at each crash point in turn, and once to its end.

    Check the map and the backups after each run.

    Yields:
        The completed run, with the map and the backups as it left them.
    """
    state = config.parent / "state"
    backups = str(state / "authmap" / "backups")
    before = cluster.source_map()["data"]
    shutil.copytree(state, config.parent / "kept", dirs_exist_ok=True)
    for point in count():
        shutil.rmtree(state)
        shutil.copytree(config.parent / "kept", state)
        cluster.set_data(before)
        run = authmap(config, *command, kill_at=point)
        where = f"at crash point {point}, after\n{run.stderr}"
        held = [backup.load(path).data for path in backup.listed("prod", backups)]
        assert cluster.source_map()["data"] in (before, fixed, unfixed(fixed)), where
        assert cluster.source_map()["data"] == before or before in held, where
        assert all(data in (fixed, unfixed(fixed)) for data in held), where
        assert len(held) == len(list(Path(backups).rglob("*.yaml"))), where
        yield run
        if run.returncode != -signal.SIGKILL:
            assert point > 10
            return


def unfixed(fixed: dict[str, str]) -> dict[str, str]:
    """The data of the fixture's map."""
    new, old = "username: role:{{AccountID}}:staff:{{SessionName}}", "username: staff"
    return fixed | {"mapRoles": fixed["mapRoles"].replace(new, old)}


def test_apply(cluster: Cluster, config: Path, fixed: dict[str, str]) -> None:
    cluster.set_data(unfixed(fixed))
    shutil.rmtree(config.parent / "state" / "authmap")
    for run in killed_at_every_crash_point(cluster, config, APPLY, fixed):
        assert run.returncode in {-signal.SIGKILL, 0}, run
        again = authmap(config, *APPLY, "--no-verify")
        assert again.returncode == 0, again
        assert cluster.source_map()["data"] == fixed


def test_rollback(cluster: Cluster, config: Path, fixed: dict[str, str]) -> None:
    for run in killed_at_every_crash_point(cluster, config, ROLLBACK, fixed):
        assert run.returncode in {-signal.SIGKILL, 0}, run
        if cluster.source_map()["data"] == fixed:
            again = authmap(config, *ROLLBACK, "--no-verify")
            assert again.returncode == 0, again
        assert cluster.source_map()["data"] == unfixed(fixed)


def test_restore_after_a_lost_login(cluster: Cluster, config: Path, fixed: dict[str, str]) -> None:
    lost = False

    def behaviour(request: Request) -> Reply | None:
        """Refuse fresh logins after the write."""
        nonlocal lost
        if request.method == "PATCH":
            if lost and "dryRun" in request.path:
                return Reply.failure(403, "you may not patch it")
            lost = "dryRun" not in request.path
        elif "bindings" in request.path:
            lost = False
        return None

    cluster.set_data(unfixed(fixed))
    shutil.rmtree(config.parent / "state" / "authmap")
    with Proxy(cluster, behaviour) as proxy:
        cluster.kubeconfig("editor", path=config, url=proxy.url)
        for run in killed_at_every_crash_point(cluster, config, APPLY, fixed):
            assert run.returncode in {-signal.SIGKILL, 3}, run
    assert "you may not patch it), so the old map was restored" in run.stderr
    assert cluster.source_map()["data"] == unfixed(fixed)
