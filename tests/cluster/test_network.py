"""Network failures: messages say where, why, and in which state the map is."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import trustme

from cluster import process
from cluster.listener import ConnectProxy
from cluster.proxy import Proxy, Reply, Request, Trouble
from cluster.run import environment, undo_command, within

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from subprocess import CompletedProcess

    from cluster.server import Cluster

Verdict = Reply | Trouble | None
MAP = (Path(__file__).parents[2] / "fixtures" / "aws-auth.yaml").read_bytes()
LINT = ("lint", "--context", "prod", "--request-timeout=60")
HASTY = ("lint", "--context", "prod", "--request-timeout=1")  # for servers that never answer
APPLY = ("fix", "--apply", "--yes", "--context", "prod", "--verify-timeout=30", "--fail-on=never")
BACK = ("rollback", "--yes", "--context", "prod", "--verify-timeout=30")


@pytest.fixture
def cluster(cluster: Cluster) -> Cluster:
    cluster.create_map(MAP)
    return cluster


def config(cluster: Cluster, folder: Path, url: str, user: str = "editor") -> Path:
    return cluster.kubeconfig(user, path=folder / "config", url=url)


def html(status: int, **headers: str) -> Reply:
    return Reply(status, headers, b"<html>please log in</html>")


NO_ANSWER: dict[str, tuple[Callable[[Request], Verdict], str]] = {
    "stalls": (lambda _: Trouble.STALL, "no answer within 1 s (--request-timeout)"),
    "cuts": (lambda _: Trouble.CUT, "Remote end closed connection without response"),
    "cuts in the answer": (lambda _: Trouble.TEAR, "broke in the middle of the answer"),
    "drips": (lambda _: Trouble.DRIP, "no answer within 1 s (--request-timeout)"),
    "refuses the token": (lambda _: Reply.failure(401, "no"), "your credentials (401)"),
    "is busy": (lambda _: Reply.failure(429, "", Retry_After="3600"), "asks to retry after 3600 s"),
    "is busy for ever": (lambda _: Reply.failure(429, "x", Retry_After="0"), "too busy"),
    "is upgraded": (lambda _: Reply.failure(503, "upgrading", Retry_After="1"), "upgrading"),
    "fails": (lambda _: html(502), "(502)"),
    "leads to a login page": (lambda _: html(302, Location="https://sso.test/"), "(302)"),
    "is a login page": (lambda _: html(200), "without a JSON object"),
    "answers half an object": (lambda _: Reply(200, {}, b'{"data": {'), "without a JSON object"),
    "answers a list": (lambda _: Reply(200, {}, b"[]"), "without a JSON object"),
    "answers too deep": (lambda _: Reply(200, {}, b"[" * 100_000), "without a JSON object"),
    "answers nothing": (lambda _: Reply(200, {}, b"{}"), "something other than a ConfigMap"),
    "answers numbers": (
        lambda _: Reply(200, {}, b'{"metadata": {"resourceVersion": "1"}, "data": {"a": 1}}'),
        "something other than a ConfigMap",
    ),
}


@pytest.mark.parametrize("trouble", NO_ANSWER)
def test_server_failure(cluster: Cluster, tmp_path: Path, trouble: str) -> None:
    behaviour, said = NO_ANSWER[trouble]
    lint = HASTY if "--request-timeout" in said else LINT
    with Proxy(cluster, behaviour) as proxy:
        run = within(config(cluster, tmp_path, proxy.url), *lint)
    assert run.returncode == 2
    assert run.stderr.startswith(f"authmap: error: context:prod: {proxy.url} ")
    assert said in run.stderr
    assert run.stderr.count("\n") == 1


ODD: tuple[Any, ...] = (None, 5, "x", [1], {"a": 1}, {"a": [1]})
PLACES = {
    "configmaps/aws-auth": "metadata metadata.annotations metadata.labels metadata.managedFields "
    "metadata.uid metadata.resourceVersion data",
    "clusterrolebindings": "metadata metadata.continue items",
    "selfsubjectreviews": "status status.userInfo status.userInfo.groups status.userInfo.extra",
    "subjectaccessreviews": "status status.allowed",
    "namespaces/kube-system": "metadata metadata.uid",
}
COMMANDS = (
    ("lint", "--all-contexts", "-f", "concise"),
    ("fix", "--apply", "--dry-run", "--yes", "--context=odd"),
)


@pytest.mark.parametrize(
    ("asked", "place"), [(asked, place) for asked in PLACES for place in PLACES[asked].split()]
)
def test_odd_answers_do_not_stop_the_others(
    cluster: Cluster, tmp_path: Path, asked: str, place: str
) -> None:
    *way, last = place.split(".")
    odd = [*ODD]

    def behaviour(request: Request) -> Verdict:
        if not request.path.partition("?")[0].endswith(asked):
            return None
        body = json.loads(request.body) if request.body else None
        kind = request.headers.get("Content-Type", "")
        real = cluster.raw(request.method, request.path, body, content_type=kind)
        if real.status >= 300:
            return None
        inside = real.body
        for key in way:
            inside = inside[key]
        inside[last] = odd[0]
        return Reply(200, {}, json.dumps(real.body).encode())

    path = config(cluster, tmp_path, cluster.url)
    with Proxy(cluster, behaviour) as proxy:
        cluster.kubeconfig("editor", context="odd", path=path, url=proxy.url)
        while odd:
            lint, apply = (within(path, *command) for command in COMMANDS)
            assert "a bug" not in lint.stderr + apply.stderr, odd[0]
            assert "context:prod kube-system/aws-auth mapRoles:8:13: error[AM101]" in lint.stdout
            if lint.returncode == 2:
                assert lint.stderr.startswith("authmap: error: context:odd: ")
            del odd[0]


def test_endless_pages(cluster: Cluster, tmp_path: Path) -> None:
    more = b'{"metadata": {"continue": "x"}, "items": []}'
    endless = lambda r: Reply(200, {}, more) if "bindings" in r.path else None  # noqa: E731
    with Proxy(cluster, endless) as proxy:
        run = within(config(cluster, tmp_path, proxy.url), *LINT)
    assert run.returncode == 2
    assert "clusterrolebindings with endless pages" in run.stderr
    assert len(proxy.requests) == 3


def test_no_server(cluster: Cluster, tmp_path: Path) -> None:
    for url, said in {
        "https://127.0.0.1:1": "cannot be reached: Connection refused",
        "https://nowhere.invalid": "cannot be reached: its name cannot be resolved",
    }.items():
        run = within(config(cluster, tmp_path, url), *LINT)
        assert (run.returncode, said in run.stderr) == (2, True), run.stderr
    with Proxy(cluster, handshake=False) as proxy:
        run = within(config(cluster, tmp_path, proxy.url), *HASTY)
    assert (run.returncode, "no answer within 1 s" in run.stderr) == (2, True), run.stderr


def test_invalid_certificates(cluster: Cluster, tmp_path: Path) -> None:
    for certificate, said in {
        cluster.ca.issue_cert("other.test"): "certificate is not valid for '127.0.0.1'",
        trustme.CA().issue_cert("127.0.0.1"): "its certificate is not trusted: unable to get",
    }.items():
        with Proxy(cluster, certificate=certificate) as proxy:
            run = within(config(cluster, tmp_path, proxy.url), *LINT)
        assert (run.returncode, said in run.stderr) == (2, True), run.stderr
        assert proxy.requests == []


def test_server_without_tls(cluster: Cluster, tmp_path: Path) -> None:
    with ConnectProxy() as server:
        run = within(config(cluster, tmp_path, server.url.replace("http:", "https:")), *LINT)
    assert (run.returncode, "the TLS handshake failed: " in run.stderr) == (2, True), run.stderr


def test_busy_server_is_retried_when_it_says(cluster: Cluster, tmp_path: Path) -> None:
    def behaviour(request: Request) -> Verdict:
        first = request.nth == 1 and "configmaps" in request.path
        return Reply.failure(429, "too many requests", Retry_After="1") if first else None

    old = cluster.source_map()["data"]
    with Proxy(cluster, behaviour) as proxy:
        run = within(config(cluster, tmp_path, proxy.url), *APPLY)
    assert run.returncode == 0, run.stderr
    assert cluster.source_map()["data"] != old
    written = [each.path for each in proxy.requests if each.method == "PATCH"]
    assert (
        len(written) == 4
    )  # the dry run twice (the first was refused), the write, the fresh login's dry run


class Nth:
    """A behaviour that makes the n-th request of a run fail."""

    def __init__(self, number: int, verdict: Verdict) -> None:
        self.left = number
        self.verdict = verdict

    def __call__(self, _: Request) -> Verdict:
        self.left -= 1
        return None if self.left else self.verdict


def run_through(
    cluster: Cluster, folder: Path, verdict: Verdict, command: tuple[str, ...], user: str = "editor"
) -> Iterator[tuple[CompletedProcess[str], list[Request]]]:
    """Run a command repeatedly; its first request fails, then its second, and so on."""
    for number in range(1, 30):
        with Proxy(cluster, Nth(number, verdict)) as proxy:
            run = within(config(cluster, folder, proxy.url, user), *command)
        for word in ("Traceback", "a bug", "secret-token"):
            assert word not in run.stderr
        yield run, proxy.requests
        if len(proxy.requests) < number:
            return
    raise AssertionError("it never ends")


ONE: dict[str, Verdict] = {
    "cut": Trouble.CUT,
    "lost": Trouble.LOSE,
    "refused": Reply.failure(401, "Unauthorized"),
}
UNTOUCHED = "; nothing was written\n"
LATE = "; the object is unchanged so far, but the request may still be carried out\n"


@pytest.mark.parametrize("trouble", ONE)
def test_apply_survives_any_one_failure(cluster: Cluster, tmp_path: Path, trouble: str) -> None:
    """Exit code and message report the resulting state, whichever request fails."""
    old, codes = cluster.source_map()["data"], []
    backups = tmp_path / "state/authmap/backups/prod"
    for run, _ in run_through(cluster, tmp_path, ONE[trouble], APPLY):
        left = cluster.source_map()["data"]
        codes.append(run.returncode)
        assert (left == old) == (run.returncode != 0), run.stderr
        if run.returncode in {2, 4}:
            assert run.stderr.endswith(UNTOUCHED if run.returncode == 2 else LATE), run.stderr
            assert "error: context:prod: https://127.0.0.1:" in run.stderr
        if run.returncode == 3:
            assert run.stderr.endswith("so the old map was restored\n"), run.stderr
        saved = list(backups.iterdir()) if backups.exists() else []
        assert len(saved) == (not run.stderr.endswith("; nothing was written\n"))
        for each in saved:
            assert "username: staff" in each.read_text()
            each.unlink()
        if left != old:
            cluster.set_data(old)
    assert codes[:6] == [2] * 6  # up to the dry run
    assert codes[-1] == 0
    # a fresh login without an answer is tried again; one that is refused is final
    assert (3 in codes) == (trouble == "refused")


def writes(request: Request) -> bool:
    return (
        request.method in {"PATCH", "POST"}
        and "configmaps" in request.path
        and ("dryRun" not in request.path)
    )


@pytest.mark.parametrize("made", [True, False])
def test_when_nothing_answers_from_the_write_on(
    cluster: Cluster, tmp_path: Path, made: bool
) -> None:
    old = cluster.source_map()["data"]
    over: list[Request] = []

    def behaviour(request: Request) -> Verdict:
        if not over and not writes(request):
            return None
        over.append(request)
        return Trouble.LOSE if made and len(over) == 1 else Trouble.CUT

    with Proxy(cluster, behaviour) as proxy:
        run = within(config(cluster, tmp_path, proxy.url), *APPLY)
    assert run.returncode == 4
    assert "cannot tell whether the change was made, because the object cannot be" in run.stderr
    assert "authmap: to look at the map:\n    kubectl --context prod get " in run.stderr
    assert (cluster.source_map()["data"] != old) == made


def test_when_nothing_answers_after_the_write(cluster: Cluster, tmp_path: Path) -> None:
    old = cluster.source_map()["data"]
    over: list[Request] = []

    def behaviour(request: Request) -> Verdict:
        over.extend([request] if over or writes(request) else [])
        return Trouble.CUT if len(over) > 1 else None

    with Proxy(cluster, behaviour) as proxy:
        way = config(cluster, tmp_path, proxy.url, "admin")
        run = within(way, *APPLY, "--verify-timeout=2")
    assert run.returncode == 4
    assert cluster.source_map()["data"] != old
    assert "a fresh login got no answer" in run.stderr
    assert "the old map could not be restored" in run.stderr
    assert run.stderr.endswith("one of the commands above, as somebody who still has access\n")
    assert "it is not known whether the old map or the new one is in place" in run.stderr
    look, _, theirs = re.findall(r"^    (.*)$", run.stderr, re.MULTILINE)
    new = cluster.source_map()["data"]
    config(cluster, tmp_path, cluster.url, "admin")
    assert within(way, *undo_command(run.stderr), "--yes").returncode == 0
    assert cluster.source_map()["data"] == old
    cluster.set_data(new)
    program = process.binary("kubectl")
    assert program
    shown = [str(program), *shlex.split(look)[1:], "--output=json"]
    seen = subprocess.run(shown, env=environment(way), capture_output=True, check=True)
    assert json.loads(seen.stdout)["data"] == new
    command = theirs.replace("| kubectl ", f"| {program} ")
    subprocess.run(["sh", "-c", command], env=environment(way), check=True)
    assert cluster.source_map()["data"] == old
    cluster.delete_map()
    command = command.replace(" replace ", " create ")
    subprocess.run(["sh", "-c", command], env=environment(way), check=True)
    assert cluster.source_map()["data"] == old


@pytest.mark.parametrize("gone", [True, False])
def test_rollback_survives_any_one_failure(cluster: Cluster, tmp_path: Path, gone: bool) -> None:
    """If the map was deleted, a lost answer leaves open whether it was created."""
    old = cluster.source_map()["data"]
    assert within(config(cluster, tmp_path, cluster.url, "admin"), *APPLY).returncode == 0
    new = cluster.source_map()["data"]
    codes = []
    if gone:
        cluster.delete_map()
    command = (*BACK, "--accept-access-gain") if gone else BACK
    for run, _ in run_through(cluster, tmp_path, Trouble.LOSE, command, "admin"):
        codes.append(run.returncode)
        left = (cluster.source_map() or {}).get("data")
        if run.returncode == 0:
            assert left == old, run.stderr
        elif gone and run.returncode == 4:
            assert "cannot tell whether aws-auth was created" in run.stderr
        else:
            assert left == (None if gone else new), run.stderr
            assert run.stderr.endswith((UNTOUCHED, LATE, "so the old map was restored\n"))
        if gone:
            cluster.delete_map()
        else:
            cluster.set_data(new)
    assert codes[:4] == [2] * 4
    assert codes[-1] == 0
