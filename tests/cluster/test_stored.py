"""If the API server stores something other than what was sent, it is reported and undone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cluster.proxy import Proxy, Reply, Request
from cluster.run import within

if TYPE_CHECKING:
    from cluster.server import Cluster

FIXTURE = (Path(__file__).parents[2] / "fixtures" / "aws-auth.yaml").read_bytes()
APPLY = ("fix", "--apply", "--yes", "--context", "prod", "--fail-on=never")
BACK = ("rollback", "--yes", "--context", "prod")
OLD, NEW = b"[deployers]", b"[system:masters]"


class Altering:
    """Alters the groups in writes but not in dry runs, as a mutating webhook may.

    Args:
        cluster: the cluster.
        times: number of writes to alter.
        hidden: whether the answer to the write shows what was sent instead of what was stored.
    """

    def __init__(self, cluster: Cluster, times: int, *, hidden: bool = False) -> None:
        self.cluster = cluster
        self.left = times
        self.hidden = hidden

    def __call__(self, request: Request) -> Reply | None:
        if request.method != "PATCH" or "dryRun" in request.path or not self.left:
            return None
        self.left -= 1
        sent = [each for each in json.loads(request.body) if each["op"] != "test"]
        for each in sent:
            each["value"] = each["value"].replace(OLD.decode(), NEW.decode())
        kind = "application/json-patch+json"
        stored = self.cluster.must("PATCH", request.path, sent, content_type=kind)
        shown = json.dumps(stored).encode()
        return Reply(200, {}, shown.replace(NEW, OLD) if self.hidden else shown)


@pytest.mark.parametrize("hidden", [False, True], ids=["answered", "read back"])
@pytest.mark.parametrize("more", [(), ("--no-verify",)])
@pytest.mark.parametrize("command", [APPLY, BACK], ids=["apply", "rollback"])
def test_altered_write_is_undone(
    cluster: Cluster, tmp_path: Path, command: tuple[str, ...], more: tuple[str, ...], hidden: bool
) -> None:
    cluster.create_map(FIXTURE)
    config = cluster.kubeconfig("admin", path=tmp_path / "config")
    if command == BACK:
        assert within(config, *APPLY).returncode == 0
    before = cluster.source_map()["data"]
    with Proxy(cluster, Altering(cluster, 1, hidden=hidden)) as proxy:
        config = cluster.kubeconfig("admin", path=tmp_path / "config", url=proxy.url)
        run = within(config, *command, *more)
    assert run.returncode == 3, run.stderr
    assert "authmap: something else was stored: restoring the old map" in run.stderr
    assert run.stderr.endswith(
        "error: context:prod: the API server stored something other than what was sent (a "
        "mutating webhook, perhaps), so the old map was restored\n"
    )
    assert "lost its access" not in run.stderr
    assert cluster.source_map()["data"] == before


def test_write_that_is_always_altered_is_reported(cluster: Cluster, tmp_path: Path) -> None:
    cluster.create_map(FIXTURE)
    with Proxy(cluster, Altering(cluster, 2)) as proxy:
        config = cluster.kubeconfig("admin", path=tmp_path / "config", url=proxy.url)
        run = within(config, *APPLY)
    assert run.returncode == 4, run.stderr
    assert "the old map could not be restored: the API server stored something other" in run.stderr
    assert "; what was stored instead is in place" in run.stderr
    assert "[system:masters]" in cluster.source_map()["data"]["mapRoles"]
