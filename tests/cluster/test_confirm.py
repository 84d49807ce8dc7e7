"""What confirms a change: our own fresh login, and nothing else."""

from __future__ import annotations

import re
import shlex
import signal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from authmap.cluster.change import confirm, restore
from authmap.cluster.change.plan import Plan
from cluster.chain import NAME
from cluster.crash_points import authmap
from cluster.process import binary
from cluster.proxy import Proxy, Request
from cluster.run import undo_command, within
from cluster.ways_in import EDITOR, plugin, printed, write

if TYPE_CHECKING:
    from cluster.chain import Chain
    from cluster.server import Cluster

MAP = (Path(__file__).parents[2] / "fixtures" / "aws-auth.yaml").read_bytes()
APPLY = ("fix", "--apply", "--yes", "--context", "prod", "--fail-on=never")
ADMIN = "secret-token-of-admin"
STAFF = """\
kind: ConfigMap
apiVersion: v1
metadata: {name: aws-auth, namespace: kube-system}
data:
  mapRoles: |
    - rolearn: arn:aws:iam::111111111111:role/staff
      username: staff
      groups: [system:masters]
"""


def first_then(folder: Path, first: str, then: str) -> dict[str, object]:
    """A user whose plugin does one thing at its first run, and another at all later ones."""
    runs = f"runs = {str(folder / 'runs')!r}\nopen(runs, 'a').write('x')\n"
    body = f"if os.path.getsize(runs) == 1:\n    {first}\nelse:\n    {then}"
    return plugin(folder, runs + body)


def test_fresh_login_of_somebody_else(cluster: Cluster, tmp_path: Path) -> None:
    cluster.create_map(MAP)
    user = first_then(tmp_path, printed(token=EDITOR), printed(token=ADMIN))
    run = within(write(cluster, tmp_path, user), *APPLY)
    assert run.returncode == 0, run.stderr
    assert "not confirmed: the fresh login is `admin`, and not yours, `editor`" in run.stderr
    assert "can still change the map" not in run.stderr


def test_fresh_login_that_is_refused_to_somebody_else(cluster: Cluster, tmp_path: Path) -> None:
    """It says nothing about our own access, so the change stays."""
    cluster.create_map(MAP)
    before = cluster.source_map()["data"]
    nobody = printed(token=EDITOR.replace("editor", "nobody"))
    user = first_then(tmp_path, printed(token=EDITOR), nobody)
    run = within(write(cluster, tmp_path, user), *APPLY)
    assert run.returncode == 0, run.stderr
    assert "not confirmed: the fresh login is `nobody`, and not yours, `editor`" in run.stderr
    assert cluster.source_map()["data"] != before


@pytest.mark.parametrize("other", ["role", "token"])
def test_cached_credentials_of_an_administrator(chain: Chain, tmp_path: Path, other: str) -> None:
    """Of another role, whose ARN differs, or without an ARN."""
    entry = STAFF.replace("role/staff", "role/admin").partition("mapRoles: |\n")[2]
    chain.cluster.create_map((STAFF + entry.replace("staff", "admin")).encode())
    chain.wait_for_login("staff")
    then = printed(token=ADMIN)
    if other == "role":
        then = f"os.execv({str(binary('aws-iam-authenticator'))!r}, {_token('admin')!r})"
    first = f"os.execv({str(binary('aws-iam-authenticator'))!r}, {_token('staff')!r})"
    user = first_then(tmp_path, first, then)
    user["exec"]["env"] = [  # type: ignore[index]
        {"name": name, "value": value} for name, value in chain.aws().items()
    ]
    run = authmap(write(chain.cluster, tmp_path, user), *APPLY)
    assert run.returncode == 0, run.stderr
    named = "`admin`"
    if other == "role":
        named = "`role:111111111111:admin:me` (arn:aws:sts::111111111111:assumed-role/admin/me)"
    staff = "`staff` (arn:aws:sts::111111111111:assumed-role/staff/me)"
    assert f"not confirmed: the fresh login is {named}, and not yours, {staff}" in run.stderr


def _token(role: str) -> list[str]:
    """The arguments with which aws-iam-authenticator logs in as a role."""
    arn = f"arn:aws:iam::111111111111:role/{role}"
    return ["x", "token", f"--cluster-id={NAME}", f"--role={arn}", "--session-name=me"]


def test_etcd_stops_during_the_check(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The restoring write has no answer: it may still be carried out later, or not."""
    monkeypatch.setattr(restore, "PATIENCE", 1.0)
    cluster.create_map(MAP)
    old = cluster.source_map()["data"]

    def behaviour(request: Request) -> None:
        if request.method == "PATCH" and request.nth == 3:
            cluster.etcd.process.send_signal(signal.SIGSTOP)

    with Proxy(cluster, behaviour) as proxy:
        config = cluster.kubeconfig("editor", path=tmp_path / "config", url=proxy.url)
        try:
            run = within(config, *APPLY, "--verify-timeout=1", "--request-timeout=5")
        finally:
            cluster.etcd.process.send_signal(signal.SIGCONT)
    assert run.returncode == 4, run.stderr
    assert "it is not known whether the old map or the new one is in place" in run.stderr
    assert "the new map is in place" not in run.stderr
    look = run.stderr.partition("authmap: to look at the map:\n    ")[2].partition("\n")[0]
    assert shlex.split(look)[:6] == ["kubectl", "--context", "prod", "get", "-n", "kube-system"]
    assert undo_command(run.stderr)[:3] == ["rollback", "--context", "prod"]
    assert cluster.source_map()["data"]["mapUsers"] == old["mapUsers"]  # it serves again


def test_what_the_check_waits_for_is_reported(
    chain: Chain, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At 3 a.m., nobody waits a minute for a program that says nothing."""
    monkeypatch.setattr(confirm, "REPORT", 0.0)
    chain.cluster.create_map(STAFF.encode())
    chain.wait_for_login("staff")
    program = str(binary("aws-iam-authenticator"))
    runs = f"runs = {str(tmp_path / 'runs')!r}\nopen(runs, 'a').write('x')\n"
    fails = "if os.path.getsize(runs) == 2:\n    sys.exit('STS: throttled')\n"
    user = plugin(tmp_path, f"{runs}{fails}os.execv({program!r}, {_token('staff')!r})")
    user["exec"]["env"] = [{"name": name, "value": value} for name, value in chain.aws().items()]
    run = within(write(chain.cluster, tmp_path, user), *APPLY)
    assert run.returncode == 0, run.stderr
    said = run.stderr.partition("authmap: written; checking with a fresh login for up to 60 s\n")[2]
    assert re.match(
        r"authmap: still checking \(\d+ of 60 s\): the last fresh login failed: .*throttled", said
    )


def test_kubeconfig_that_names_another_server_meanwhile(cluster: Cluster, tmp_path: Path) -> None:
    """The other server gets no request, and so nothing it says can undo or confirm the change."""
    cluster.create_map(MAP)
    before = cluster.source_map()["data"]
    with Proxy(cluster) as other:

        def behaviour(request: Request) -> None:
            if request.method == "PATCH" and request.nth == 2:
                write(cluster, tmp_path, {"token": EDITOR}, {"server": other.url})

        with Proxy(cluster, behaviour) as proxy:
            config = write(cluster, tmp_path, {"token": EDITOR}, {"server": proxy.url})
            run = within(config, *APPLY)
        assert other.requests == []
    assert run.returncode == 0, run.stderr
    assert "not confirmed: the kubeconfig now names another server" in run.stderr
    assert cluster.source_map()["data"] != before


@pytest.mark.parametrize("step", ["check", "restore"])
def test_bug_after_the_write(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """A change that nothing has confirmed does not stay."""

    def fail(*_: object) -> None:
        raise ZeroDivisionError("x")

    monkeypatch.setattr(confirm, "_fresh_login", fail)
    if step == "restore":
        monkeypatch.setattr(Plan, "undone", fail)
    cluster.create_map(MAP)
    before = cluster.source_map()["data"]
    run = within(cluster.kubeconfig("editor", path=tmp_path / "config"), *APPLY)
    assert run.returncode == (3 if step == "check" else 4), run.stderr
    assert "a bug in authmap (ZeroDivisionError: x)" in run.stderr or (
        step == "check" and "(a bug in authmap: ZeroDivisionError: x)" in run.stderr
    )
    assert (cluster.source_map()["data"] == before) == (step == "check")
    if step == "restore":
        assert undo_command(run.stderr)
