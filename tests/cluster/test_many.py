"""Commands on several clusters at the same time."""

from __future__ import annotations

import json
from contextlib import ExitStack
from pathlib import Path
from threading import Barrier
from typing import TYPE_CHECKING

import pytest
import trustme

from cluster.proxy import Proxy, Request
from cluster.run import on_terminal, within

if TYPE_CHECKING:
    from cluster.server import Cluster

MAP = (Path(__file__).parents[2] / "fixtures" / "aws-auth.yaml").read_bytes()
UNREACHABLE = {
    "c-03": "cannot be reached: Connection refused",
    "c-10": "cannot be reached: no answer within 8 s (--request-timeout)",
    "c-17": "cannot be reached: its certificate is not trusted: unable to get local",
}


@pytest.fixture
def cluster(cluster: Cluster) -> Cluster:
    cluster.create_map(MAP)
    return cluster


def add(cluster: Cluster, path: Path, name: str, url: str | None = None) -> None:
    cluster.kubeconfig("editor", context=name, path=path, url=url)


def linted(report: str) -> list[str]:
    """The contexts with findings, in the order of a JSON report."""
    paths = [finding["path"] for finding in json.loads(report)["findings"]]
    names = [path.removeprefix("context:").split(" ")[0] for path in paths]
    return list(dict.fromkeys(names))


def test_unreachable_clusters_do_not_stop_the_others(cluster: Cluster, tmp_path: Path) -> None:
    config = tmp_path / "config"
    names = [f"c-{number:02}" for number in range(20)]
    stranger = trustme.CA().issue_cert("127.0.0.1")
    with Proxy(cluster, handshake=False) as mute, Proxy(cluster, certificate=stranger) as other:
        urls = dict(zip(UNREACHABLE, ["https://127.0.0.1:1", mute.url, other.url], strict=True))
        for name in reversed(names):
            add(cluster, config, name, urls.get(name))
        lint = within(config, "lint", "--all-contexts", "-f", "json", "--request-timeout=8")
        preview = within(config, "fix", "--context=c-*", "--request-timeout=8")
    assert (lint.returncode, preview.returncode) == (2, 2)
    alive = [name for name in names if name not in UNREACHABLE]
    assert linted(lint.stdout) == alive
    diffs = [line for line in preview.stdout.splitlines() if line.startswith("--- ")]
    assert [line.split("/")[1] for line in diffs] == alive
    for run in (lint, preview):
        reported = [line for line in run.stderr.splitlines() if ": error: context:" in line]
        assert len(reported) == len(UNREACHABLE)
        for line, (name, said) in zip(reported, UNREACHABLE.items(), strict=True):
            assert f"error: context:{name}: https://127.0.0.1:" in line
            assert said in line
    assert "c-0" not in lint.stderr.replace("c-03", "")


def test_jobs_clusters_at_a_time(cluster: Cluster, tmp_path: Path) -> None:
    """Each first request is answered only once every cluster has received one."""
    together, config = Barrier(4), tmp_path / "config"

    def behaviour(request: Request) -> None:
        if "configmaps" in request.path:
            together.wait(60)

    with ExitStack() as stack:
        for number in range(4):
            proxy = stack.enter_context(Proxy(cluster, behaviour))
            add(cluster, config, f"c-{number}", proxy.url)
        run = within(config, "lint", "--all-contexts", "-f", "json", "--jobs=4")
    assert linted(run.stdout) == ["c-0", "c-1", "c-2", "c-3"]


def test_one_job_reads_clusters_in_sequence(cluster: Cluster, tmp_path: Path) -> None:
    config, asked = tmp_path / "config", []
    with ExitStack() as stack:
        for number in range(3):
            note = lambda _, number=number: asked.append(number)  # noqa: E731
            proxy = stack.enter_context(Proxy(cluster, note))
            add(cluster, config, f"c-{number}", proxy.url)
        within(config, "lint", "--all-contexts", "--jobs=1")
    assert asked == [0, 0, 0, 1, 1, 1, 2, 2, 2]


def test_progress_is_shown_on_terminals_only(cluster: Cluster, tmp_path: Path) -> None:
    config = tmp_path / "config"
    for name in ("one", "two"):
        add(cluster, config, name)
    lint = ("lint", "--all-contexts", "--select=AM101")
    code, shown = on_terminal(config, *lint, answers=[])
    assert code == 1
    assert "clusters \u2501" in shown
    assert "context:two kube-system/aws-auth mapRoles:8:13" in shown
    assert "\u2501" not in within(config, *lint).stderr
    code, shown = on_terminal(config, *lint[:1], "--context=one", answers=[])
    assert "\u2501" not in shown  # not for a single cluster
