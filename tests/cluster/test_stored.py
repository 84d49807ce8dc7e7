"""What the API server stores is what was sent, or it is said and taken back."""

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
    """Has other groups stored than those that are sent, as a mutating webhook does in earnest only.

    Args:
        cluster: where they are stored.
        times: in how many writes.
        hidden: whether the answer to the write has what was sent.
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
def test_what_was_stored_instead_is_taken_back(
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
    assert "authmap: something else was stored: the old map is being put back" in run.stderr
    assert run.stderr.endswith(
        "error: context:prod: what the API server stored is not what was sent (a mutating "
        "webhook, perhaps), so the old map was put back\n"
    )
    assert "lost its access" not in run.stderr
    assert cluster.source_map()["data"] == before


def test_what_is_always_stored_otherwise_is_said_to_be_there(
    cluster: Cluster, tmp_path: Path
) -> None:
    cluster.create_map(FIXTURE)
    with Proxy(cluster, Altering(cluster, 2)) as proxy:
        config = cluster.kubeconfig("admin", path=tmp_path / "config", url=proxy.url)
        run = within(config, *APPLY)
    assert run.returncode == 4, run.stderr
    assert "the old map could not be put back: what the API server stored is not" in run.stderr
    assert "; what was stored instead is in place" in run.stderr
    assert "[system:masters]" in cluster.source_map()["data"]["mapRoles"]
