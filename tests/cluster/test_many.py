"""Commands on several clusters at the same time."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from threading import Barrier
from typing import TYPE_CHECKING

import pytest
import trustme

from cluster.process import wait_until
from cluster.proxy import Proxy, Request, Trouble
from cluster.run import environment, on_terminal, within
from cluster.test_process import alive
from cluster.ways_in import EDITOR, UNREADABLE, plugin, printed, write

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


def test_an_unreadable_authority_does_not_stop_the_others(cluster: Cluster, tmp_path: Path) -> None:
    user = plugin(tmp_path, printed(token=EDITOR), provideClusterInfo=True)
    config = write(cluster, tmp_path, user, {"certificate-authority": UNREADABLE})
    add(cluster, config, "other")
    run = within(config, "lint", "--all-contexts", "-f", "json")
    assert run.returncode == 2
    assert linted(run.stdout) == ["other"]
    assert (
        f"error: context:prod: the kubeconfig's certificate-authority {UNREADABLE} " in run.stderr
    )


# no test waits for that long: whatever waits for an answer fails
FOREVER = "--request-timeout=100000"


def started(
    config: Path, *arguments: str, stdout: int = subprocess.DEVNULL
) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "authmap", *arguments, FOREVER],
        env=environment(config),
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("command", [("lint",), ("fix",)])
def test_ctrl_c_does_not_wait_for_hanging_clusters(
    cluster: Cluster, tmp_path: Path, command: tuple[str]
) -> None:
    config = tmp_path / "config"
    with ExitStack() as stack:
        proxies = []
        for number in range(3):
            proxy = stack.enter_context(Proxy(cluster, lambda _: Trouble.STALL))
            add(cluster, config, f"c-{number}", proxy.url)
            proxies.append(proxy)
        add(cluster, config, "c-3")  # more clusters than jobs
        running = started(config, *command, "--context=c-*", "--jobs=3")
        wait_until(lambda: all(proxy.requests for proxy in proxies), "all clusters to be asked")
        running.send_signal(signal.SIGINT)
        _, said = running.communicate(timeout=120)
    assert (running.returncode, said) == (130, "authmap: interrupted\n")


def test_ctrl_c_stops_plugins_too(cluster: Cluster, tmp_path: Path) -> None:
    note = tmp_path / "pid"
    script = f"open({str(note)!r}, 'w').write(f'{{os.getpid()}}.')\ntime.sleep(100000)"
    config = write(cluster, tmp_path, plugin(tmp_path, script))
    running = started(config, "lint", "--context=prod")
    wait_until(lambda: note.exists() and note.read_text().endswith("."), "the plugin to run")
    running.send_signal(signal.SIGINT)
    _, said = running.communicate(timeout=120)
    assert (running.returncode, said) == (130, "authmap: interrupted\n")
    wait_until(lambda: not alive(int(note.read_text()[:-1])), "the plugin to end")


def test_an_error_does_not_wait_for_hanging_clusters(cluster: Cluster, tmp_path: Path) -> None:
    config = tmp_path / "config"
    add(cluster, config, "a")
    with Proxy(cluster, lambda _: Trouble.STALL) as proxy, Path("/dev/full").open("w") as full:
        add(cluster, config, "b", proxy.url)
        running = started(config, "fix", "--context=*", stdout=full.fileno())
        _, said = running.communicate(timeout=120)
    assert running.returncode == 2
    assert said.endswith("authmap: error: [Errno 28] No space left on device\n")
