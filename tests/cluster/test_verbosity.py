"""`--verbose` and `--debug` on live clusters, and what is summed up without them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cluster.proxy import Proxy, Request, Trouble
from cluster.run import on_terminal, within
from cluster.ways_in import EDITOR, plugin, printed, write

if TYPE_CHECKING:
    from cluster.server import Cluster

MAP = (Path(__file__).parents[2] / "fixtures" / "aws-auth.yaml").read_bytes()
LINT = ("lint", "--context=prod", "--select=AM001")
APPLY = ("fix", "--apply", "--context=prod", "--fail-on=never")
ARN = "arn:aws:iam::111111111111:role/staff"
MANY = 900
DEBUG = re.compile(r"authmap: debug: context:prod: (.*), \d+ ms")


@pytest.fixture
def cluster(cluster: Cluster) -> Cluster:
    cluster.create_map(MAP)
    return cluster


def path(request: Request) -> str:
    return f"{request.method} {request.path.partition('?')[0]}"


@pytest.mark.parametrize(
    "command",
    [
        ("lint",),
        ("fix",),
        ("fix", "--apply", "--yes"),
        ("show",),
        ("resolve", ARN, "--session-name=x"),
    ],
)
def test_debug_lists_the_requests(
    cluster: Cluster, tmp_path: Path, command: tuple[str, ...]
) -> None:
    with Proxy(cluster) as proxy:
        config = write(cluster, tmp_path, server={"server": proxy.url})
        mark = cluster.mark()
        run = within(config, *command, "--context=prod", "--debug")
        assert run.returncode in (0, 1), run.stderr
        codes = [event["responseStatus"]["code"] for event in cluster.audit(mark)]
        asked = [path(request) for request in proxy.requests]
    expected = [f"{each}: {code}" for each, code in zip(asked, codes, strict=True)]
    assert DEBUG.findall(run.stderr) == expected
    assert len(expected) >= 3


def test_debug_of_a_rollback(cluster: Cluster, tmp_path: Path) -> None:
    config = write(cluster, tmp_path)
    assert within(config, *APPLY, "--yes").returncode == 0
    run = within(config, "rollback", "--context=prod", "--yes", "--debug")
    assert run.returncode == 0, run.stderr
    assert "PATCH /api/v1/namespaces/kube-system/configmaps/aws-auth: 200" in DEBUG.findall(
        run.stderr
    )


def test_debug_of_a_request_without_an_answer(cluster: Cluster, tmp_path: Path) -> None:
    with Proxy(cluster, lambda _: Trouble.CUT) as proxy:
        run = within(write(cluster, tmp_path, server={"server": proxy.url}), *LINT, "--debug")
        [request] = proxy.requests
    assert run.returncode == 2
    assert DEBUG.findall(run.stderr) == [f"{path(request)}: no answer"]


@pytest.mark.parametrize(
    ("script", "ended"),
    [
        (printed(token=EDITOR), "exit code 0"),
        ("sys.exit(3)", "exit code 3"),
        ("time.sleep(600)", "did not end by itself"),
    ],
)
def test_debug_lists_the_runs_of_plugins(
    cluster: Cluster, tmp_path: Path, script: str, ended: str
) -> None:
    limit = ["--request-timeout=0.2"] if "sleep" in script else []
    config = write(cluster, tmp_path, plugin(tmp_path, script))
    run = within(config, *LINT, "--debug", *limit)
    assert DEBUG.findall(run.stderr)[0] == f"credential plugin `./plugin`: {ended}"


def test_verbose_names_the_kubeconfig_the_server_and_the_settings(
    cluster: Cluster, tmp_path: Path
) -> None:
    config = write(cluster, tmp_path)
    file = tmp_path / "authmap.toml"
    file.write_text('\nusername-template = "sso"\n')
    run = within(config, *LINT, "-v", "--config", str(file))
    assert run.returncode == 0
    assert run.stderr == (
        f"authmap: configuration file: {file}\n"
        'authmap: setting: select = ["AM001"] (command line)\n'
        f'authmap: setting: username-template = "sso" ({file}:2)\n'
        f"authmap: context:prod: using {cluster.url} (kubeconfig {config})\n"
    )
    assert within(config, *LINT).stderr == ""


def test_no_progress_bar_among_the_lines(cluster: Cluster, tmp_path: Path) -> None:
    config = tmp_path / "config"
    for name in ("one", "two"):
        cluster.kubeconfig("editor", context=name, path=config)
    _, shown = on_terminal(config, "lint", "--all-contexts", "--debug", answers=[])
    assert "\u2501" not in shown
    assert shown.count("authmap: debug: context:two: GET /") == 3


def test_many_findings_are_summed_up(cluster: Cluster, tmp_path: Path) -> None:
    entries = "".join(
        f"- {{rolearn: {ARN}{number}, username: staff{number}, groups: [staff]}}\n"
        for number in range(MANY)
    )
    cluster.set_data({"mapRoles": entries})
    config = write(cluster, tmp_path)
    first = "context:prod kube-system/aws-auth mapRoles:1:"
    runs = []
    for command in (("fix", "--context=prod"), (*APPLY, "--yes")):
        run = within(config, *command)
        [line] = [line for line in run.stderr.splitlines() if "AM101" in line]
        assert line.startswith(f"authmap: would fix AM101 in {MANY} places, first at {first}")
        assert line.endswith("; -v lists them")
        assert run.stdout.count("\n+- {rolearn: ") == MANY  # the diff is complete
        assert len(run.stderr) < 3000
        runs.append(run)
    assert runs[0].stdout == runs[1].stdout
    cluster.set_data({"mapRoles": entries})
    run = within(config, "fix", "--context=prod", "-v")
    assert run.stderr.count(": would fix AM101: ") == MANY


def test_the_file_that_sets_the_usernames_is_named_before_the_question(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = write(cluster, tmp_path)
    folder = tmp_path / "team" / "prod"
    folder.mkdir(parents=True)
    (folder.parent / ".git").mkdir()
    (folder.parent / "authmap.toml").write_text("username-template = 'append'\n")
    monkeypatch.chdir(folder)
    code, shown = on_terminal(config, *APPLY, answers=["n"])
    assert code == 2
    before, _, _ = shown.partition("[y/N]: ")
    said = "authmap: usernames follow `username-template` in ../authmap.toml:1\n"
    assert said in before
    assert said in within(config, "fix", "--context=prod").stderr
    for other in ("--no-config", "--username-template=sso"):
        assert "usernames follow" not in within(config, "fix", "--context=prod", other).stderr
    assert "usernames follow" not in within(config, "fix", "--context=prod", "--select=AM2").stderr
