"""Ctrl-C, SIGTERM and a closed terminal at every step of a live write, and what they leave."""

from __future__ import annotations

import os
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

import pytest

from cluster.crash_points import Running, authmap
from cluster.proxy import Proxy, Reply, Request, Trouble
from cluster.run import hung_up, on_terminal, undo_command

if TYPE_CHECKING:
    from collections.abc import Callable
    from subprocess import CompletedProcess

    from cluster.server import Cluster

FIXTURE = Path(__file__).parents[2] / "fixtures" / "aws-auth.yaml"
ASKING = ("fix", "--apply", "--context", "prod", "--fail-on=never")
APPLY = (*ASKING, "--yes")
ROLLBACK = ("rollback", "--context", "prod")
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
DRY_RUN, WRITE, CHECK, RESTORE = 1, 2, 3, 4  # which PATCH of the run it is


@pytest.fixture
def config(cluster: Cluster, tmp_path: Path) -> Path:
    """The kubeconfig of a map editor, on a cluster with a fixable map."""
    cluster.create_map(FIXTURE.read_bytes())
    return cluster.kubeconfig("editor", path=tmp_path / "config")


def backups(config: Path) -> list[Path]:
    return sorted((config.parent / "state").rglob("*.yaml"))


def signalled(
    cluster: Cluster,
    config: Path,
    at: dict[int, list[signal.Signals]],
    trouble: Trouble | None,
    *more: str,
) -> CompletedProcess[str]:
    """Run an apply without a terminal that gets signals during its n-th PATCH.

    Args:
        cluster: The cluster.
        config: The kubeconfig; it is changed.
        at: The signals for each PATCH.
        trouble: What happens to those requests.
        more: Additional options.
    """
    running: list[Running] = []

    def behaviour(request: Request) -> Trouble | None:
        if request.method != "PATCH" or request.nth not in at:
            return None
        for number in at[request.nth]:
            running[0].send(number)
        return trouble

    with Proxy(cluster, behaviour) as proxy:
        cluster.kubeconfig("editor", path=config, url=proxy.url)
        running.append(Running(config, *APPLY, *more))
        return running[0].end()


def signalled_again_and_again(
    cluster: Cluster, config: Path, step: int, number: signal.Signals, pause: float
) -> CompletedProcess[str]:
    """Run an apply without a terminal that gets a signal from its n-th PATCH on, to its end.

    That PATCH has no answer. If it is the restoring write, the fresh login before it is refused.

    Args:
        cluster: The cluster.
        config: The kubeconfig; it is changed.
        step: Number of the PATCH.
        number: The signal.
        pause: Seconds between two signals.
    """
    running: list[Running] = []
    stalled, ended = Event(), Event()

    def behaviour(request: Request) -> Reply | Trouble | None:
        if request.method != "PATCH" or request.nth < min(step, CHECK):
            return None
        if request.nth == step:
            stalled.set()
            return Trouble.STALL
        return Reply.failure(403, "you may not patch it") if step == RESTORE else None

    def send() -> None:
        stalled.wait()
        while not ended.wait(pause):
            running[0].send(number)

    with Proxy(cluster, behaviour) as proxy, ThreadPoolExecutor(1) as pool:
        cluster.kubeconfig("editor", path=config, url=proxy.url)
        running.append(Running(config, *APPLY, "--request-timeout=600"))
        pool.submit(send)
        try:
            return running[0].end()
        finally:
            ended.set()
            stalled.set()  # a run that never came so far leaves nobody waiting


@pytest.mark.parametrize("number", SIGNALS)
def test_before_the_write(cluster: Cluster, config: Path, number: signal.Signals) -> None:
    before = cluster.source_map()
    run = signalled(cluster, config, {DRY_RUN: [number]}, Trouble.STALL)
    assert run.returncode == 2, run
    assert "authmap: nothing was changed; removed the unused backup " in run.stderr
    assert run.stderr.endswith("; nothing was written\n")
    assert (cluster.source_map(), backups(config)) == (before, [])


@pytest.mark.parametrize("number", SIGNALS)
def test_write_without_an_answer(cluster: Cluster, config: Path, number: signal.Signals) -> None:
    """The signal waits until it is known whether the write was made."""
    before = cluster.source_map()
    run = signalled(cluster, config, {WRITE: [number]}, Trouble.CUT)
    assert run.returncode == 4, run
    assert run.stderr.endswith("is unchanged so far, but the request may still be carried out\n")
    assert cluster.source_map() == before


@pytest.mark.parametrize(
    ("step", "said"),
    [
        (
            WRITE,
            "waiting for the answer to the write; Ctrl-C again does not wait\n"
            "authmap: to look at the map:",
        ),
        (RESTORE, "restoring the old map; Ctrl-C again stops that\nauthmap: to look at the map:"),
    ],
)
def test_second_interrupt_does_not_wait(
    cluster: Cluster, config: Path, step: int, said: str
) -> None:
    before = cluster.source_map()["data"]
    # two signals that come too close are one
    run = signalled_again_and_again(cluster, config, step, signal.SIGINT, 0.1)
    assert run.returncode == 4, run
    assert said in run.stderr
    assert "interrupted before the answer to the write; it is not known whether" in run.stderr or (
        step == RESTORE
        and "interrupted while the old map was being restored: it is not known" in run.stderr
    )
    assert (cluster.source_map()["data"] == before) == (step == WRITE)
    (saved,) = backups(config)
    assert str(saved) in undo_command(run.stderr)


@pytest.mark.parametrize("step", [WRITE, CHECK])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_after_the_write_the_old_map_is_restored(
    cluster: Cluster, config: Path, step: int, number: signal.Signals
) -> None:
    """Without a terminal Ctrl-C is like SIGTERM: CI kills ten seconds later."""
    before = cluster.source_map()["data"]
    stalls = Trouble.STALL if step == CHECK else None
    run = signalled(cluster, config, {step: [number]}, stalls, "--request-timeout=600")
    assert run.returncode == 3, run
    assert "before a fresh login confirmed the change, so the old map was restored" in run.stderr
    assert cluster.source_map()["data"] == before


@pytest.mark.parametrize("other", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_two_signals_at_once(
    cluster: Cluster, config: Path, number: signal.Signals, other: signal.Signals
) -> None:
    """Supervisors forward a signal that the process has already got."""
    before = cluster.source_map()["data"]
    both = {CHECK: [number, other]}
    run = signalled(cluster, config, both, Trouble.STALL, "--request-timeout=600")
    assert (run.returncode, cluster.source_map()["data"]) == (3, before), run


def test_many_signals(cluster: Cluster, config: Path) -> None:
    """However many there are, the exit code says what the cluster has."""
    before = cluster.source_map()["data"]
    run = signalled_again_and_again(cluster, config, CHECK, signal.SIGTERM, 0.0005)
    assert (run.returncode, cluster.source_map()["data"]) == (3, before), run


@pytest.mark.parametrize("step", [WRITE, CHECK])
def test_hangup_after_the_write_stops_nothing(cluster: Cluster, config: Path, step: int) -> None:
    before = cluster.source_map()["data"]
    run = signalled(cluster, config, {step: [signal.SIGHUP] * 2}, None)
    assert run.returncode == 0, run
    assert "a fresh login can still change the map" in run.stderr
    assert cluster.source_map()["data"] != before


@pytest.mark.parametrize("lost", [False, True])
def test_terminal_is_closed_during_the_check(cluster: Cluster, config: Path, lost: bool) -> None:
    """The check goes on to its end, where nothing can be printed any more, and acts on it."""
    before = cluster.source_map()["data"]
    closed = Event()

    def behaviour(request: Request) -> Reply | None:
        if request.method == "PATCH" and request.nth == CHECK:
            closed.wait()
        if request.method == "PATCH" and request.nth >= CHECK and "dryRun" in request.path and lost:
            return Reply.failure(403, "you may not patch it")
        return None

    with Proxy(cluster, behaviour) as proxy:
        cluster.kubeconfig("editor", path=config, url=proxy.url)
        code = hung_up(config, *APPLY, once="written; checking", then=closed.set)
        patches = [each for each in proxy.requests if each.method == "PATCH"]
    assert code == (3 if lost else 0)
    assert len(patches) == (RESTORE if lost else CHECK)
    assert (cluster.source_map()["data"] == before) == lost


@pytest.mark.parametrize(
    ("answer", "code", "said"),
    [
        ("n", 130, "the new map stays, although no fresh login has confirmed it"),
        (signal.SIGINT, 130, "the new map stays, although no fresh login has confirmed it"),
        ("y", 3, "so the old map was restored"),
        ("", 3, "so the old map was restored"),
        (signal.SIGTERM, 3, "so the old map was restored"),
    ],
)
def test_interrupt_at_a_terminal_asks(
    cluster: Cluster, config: Path, answer: str | signal.Signals, code: int, said: str
) -> None:
    before = cluster.source_map()["data"]
    send: list[Callable[[signal.Signals], None]] = []

    def behaviour(request: Request) -> Trouble | None:
        if (request.method, request.nth) != ("PATCH", CHECK):
            return None
        send[0](signal.SIGINT)
        return Trouble.STALL

    with Proxy(cluster, behaviour) as proxy:
        cluster.kubeconfig("editor", path=config, url=proxy.url)
        got, shown = on_terminal(
            config,
            *APPLY,
            "--request-timeout=600",
            answers=[answer],
            started=lambda process: send.append(process.send_signal),
        )
    assert got == code, shown
    assert "restore the old one? (Ctrl-C again keeps the new one) [Y/n]: " in shown
    assert said in shown
    assert (cluster.source_map()["data"] == before) == (code == 3)
    if code == 130:
        (saved,) = backups(config)
        assert str(saved) in undo_command(shown)


def test_terminal_is_closed_at_that_question(cluster: Cluster, config: Path) -> None:
    before = cluster.source_map()["data"]
    terminals: list[int] = []

    def behaviour(request: Request) -> Trouble | None:
        if (request.method, request.nth) != ("PATCH", CHECK):
            return None
        os.write(terminals[0], b"\x03")  # the terminal sends Ctrl-C to whoever runs on it
        return Trouble.STALL

    with Proxy(cluster, behaviour) as proxy:
        cluster.kubeconfig("editor", path=config, url=proxy.url)
        arguments = (*APPLY, "--request-timeout=600")
        code = hung_up(config, *arguments, once="[Y/n]: ", opened=terminals.append)
    assert code == 3
    assert cluster.source_map()["data"] == before


@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.parametrize("command", [ASKING, ROLLBACK], ids=["apply", "rollback"])
def test_at_the_question(
    cluster: Cluster, config: Path, command: tuple[str, ...], number: signal.Signals
) -> None:
    if command == ROLLBACK:
        assert authmap(config, *APPLY).returncode == 0
    before = cluster.source_map()["data"]
    kept = backups(config)
    code, shown = on_terminal(config, *command, answers=[number])
    assert code == 2, shown
    assert "authmap: nothing was changed; removed the unused backup " in shown
    assert shown.rstrip().endswith("; nothing was written")
    assert (cluster.source_map()["data"], backups(config)) == (before, kept)


@pytest.mark.parametrize("number", SIGNALS)
def test_while_the_old_map_is_restored(
    cluster: Cluster, config: Path, number: signal.Signals
) -> None:
    """The signals want what is being done anyway; a first Ctrl-C says how to stop it."""
    before = cluster.source_map()["data"]
    running: list[Running] = []

    def behaviour(request: Request) -> Reply | None:
        if request.method != "PATCH" or request.nth < CHECK:
            return None
        if "dryRun" in request.path:
            return Reply.failure(403, "you may not patch it")
        running[0].send(number)
        return None

    with Proxy(cluster, behaviour) as proxy:
        cluster.kubeconfig("editor", path=config, url=proxy.url)
        running.append(Running(config, *APPLY))
        run = running[0].end()
    assert (run.returncode, cluster.source_map()["data"]) == (3, before), run
    asked = "authmap: restoring the old map; Ctrl-C again stops that" in run.stderr
    assert asked == (number is signal.SIGINT)


def test_rollback_that_is_stopped(cluster: Cluster, config: Path) -> None:
    """The map before a rollback is the old map, too."""
    config = cluster.kubeconfig("admin", path=config)
    assert authmap(config, *APPLY).returncode == 0
    fixed = cluster.source_map()["data"]
    running: list[Running] = []

    def behaviour(request: Request) -> Trouble | None:
        if (request.method, request.nth) != ("PATCH", CHECK):
            return None
        running[0].send(signal.SIGTERM)
        return Trouble.STALL

    saved = f"--to={backups(config)[0]}"
    with Proxy(cluster, behaviour) as proxy:
        cluster.kubeconfig("admin", path=config, url=proxy.url)
        running.append(Running(config, *ROLLBACK, "--yes", "--request-timeout=600", saved))
        run = running[0].end()
    assert run.returncode == 3, run
    assert cluster.source_map()["data"] == fixed


@pytest.mark.parametrize(
    ("step", "answers", "code", "said"),
    [
        ("create", True, 130, "stopped by SIGTERM: aws-auth was created, but not read back\n"),
        ("read", True, 130, "stopped by SIGTERM: aws-auth was created, but not read back\n"),
        (
            "create",
            False,
            4,
            "cannot tell whether aws-auth was created: look at the object first\n",
        ),
    ],
)
def test_deleted_map_is_created(
    cluster: Cluster, config: Path, step: str, answers: bool, code: int, said: str
) -> None:
    """There is no old map to restore, and without a map nobody may have access."""
    config = cluster.kubeconfig("admin", path=config)
    assert authmap(config, *APPLY).returncode == 0
    cluster.delete_map()
    running: list[Running] = []

    def behaviour(request: Request) -> Trouble | None:
        creates = request.method == "POST" and "dryRun" not in request.path
        reads = request.method == "GET" and request.nth == 2  # the first one finds no map
        if "configmaps" not in request.path or not (creates if step == "create" else reads):
            return None
        running[0].send(signal.SIGTERM)
        return None if answers else Trouble.CUT

    with Proxy(cluster, behaviour) as proxy:
        cluster.kubeconfig("admin", path=config, url=proxy.url)
        running.append(Running(config, *ROLLBACK, "--yes", "--accept-access-gain"))
        run = running[0].end()
    assert (run.returncode, run.stderr.endswith(said)) == (code, True), run
    assert "authmap: to delete aws-auth in context `prod` again:\n    kubectl " in run.stderr
    assert bool(cluster.source_map()) == answers
