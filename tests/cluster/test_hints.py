"""No message of a live command suggests an option that this command refuses."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from typer.main import get_command_from_info
from typer.models import CommandInfo

from cluster.run import within

if TYPE_CHECKING:
    from subprocess import CompletedProcess

    from cluster.server import Cluster

FIXTURE = Path(__file__).parents[2] / "fixtures" / "aws-auth.yaml"
ROLE = "arn:aws:iam::111111111111:role/"
CARL = f"- {{rolearn: {ROLE}carl, username: carl, groups: [x]}}\n"
PATHS = f"- {{rolearn: {ROLE}a/dora, username: 'dora:{{{{SessionName}}}}', groups: [x]}}\n"
NO_GROUPS = f"- {{rolearn: {ROLE}emil, username: emil}}\n"
NODE = (
    f"- rolearn: {ROLE}n\n  username: system:node:{{{{EC2PrivateDNSName}}}}\n"
    "  groups: [system:bootstrappers, system:nodes{}]\n"
)
FIX = ("fix", "--fail-on=never")
APPLY = (*FIX, "--apply", "--yes")
UNBOUND = "role may not list bindings"


def options(command: str) -> set[str]:
    """The long options of a command."""
    callback = getattr(import_module(f"authmap.cli.{command}"), command)
    info = CommandInfo(name=command, callback=callback)
    made = get_command_from_info(info, pretty_exceptions_short=True, rich_markup_mode=None)
    return {option for parameter in made.params for option in parameter.opts}


def hints(run: CompletedProcess[str]) -> set[str]:
    """The options in the messages of a run, without those of commands that they quote."""
    text = run.stderr if run.args[0] in ("fix", "rollback") else run.stderr + run.stdout
    lines = [line for line in text.splitlines() if not line.startswith("    ")]
    text = re.sub(r"`(?:aws|kubectl|authmap)\b[^`]*`", "", "\n".join(lines))
    return set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", text))


@pytest.fixture
def kubeconfig(cluster: Cluster, tmp_path: Path) -> Path:
    cluster.create_map(FIXTURE.read_bytes())
    return cluster.kubeconfig("editor", path=tmp_path / "config")


def blind(cluster: Cluster, tmp_path: Path) -> Path:
    """A kubeconfig of a user who may edit the map, but not list bindings."""
    from cluster.users import EDIT_MAP

    cluster.role("blind", [EDIT_MAP], namespace="kube-system")
    cluster.bind("blind", role="blind", kind="Role", users=["user-01"], namespace="kube-system")
    return cluster.kubeconfig("user-01", path=tmp_path / "blind")


@pytest.mark.parametrize(
    ("roles", "arguments", "expected"),
    [
        (CARL, FIX, set()),  # not --rename: the guards would refuse it
        (CARL, APPLY, set()),
        (PATHS, FIX, {"--unsafe-fixes"}),
        (PATHS, APPLY, {"--unsafe-fixes"}),
        (NO_GROUPS, FIX, set()),
        (CARL, (*FIX, "--rename=nobody"), {"--rename"}),
        (CARL + CARL.replace("carl,", "c,", 1), (*FIX, "--username-template=x"), set()),
        (CARL, ("show",), set()),
        (PATHS.replace("a/", ""), ("resolve", f"{ROLE}dora"), {"--session-name"}),
        (CARL, ("resolve", "arn:aws:iam::aws:role/x"), set()),
    ],
)
def test_hints(
    cluster: Cluster,
    kubeconfig: Path,
    roles: str,
    arguments: tuple[str, ...],
    expected: set[str],
) -> None:
    cluster.bind("carl", role="view", users=["carl"])
    cluster.set_data({"mapRoles": roles})
    run = within(kubeconfig, *arguments, "--context=prod")
    assert hints(run) >= expected, run.stderr
    assert hints(run) <= options(arguments[0])


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (FIX, set()),
        (APPLY, {"--accept-lockout-risk"}),
        (("resolve", f"{ROLE}staff", "--session-name=x"), set()),
    ],
)
def test_hints_without_bindings(
    cluster: Cluster,
    kubeconfig: Path,
    tmp_path: Path,
    arguments: tuple[str, ...],
    expected: set[str],
) -> None:
    assert kubeconfig.exists()
    run = within(blind(cluster, tmp_path), *arguments, "--context=prod")
    assert "may not list" in run.stderr + run.stdout
    assert hints(run) >= expected
    assert hints(run) <= options(arguments[0])


def test_hints_of_a_write(cluster: Cluster, kubeconfig: Path) -> None:
    run = within(kubeconfig, *APPLY[:-1], "--context=prod")
    assert hints(run) >= {"--yes"}
    assert hints(run) <= options("fix")
    argo = {"metadata": {"annotations": {"argocd.argoproj.io/tracking-id": "x"}}}
    path = "/api/v1/namespaces/kube-system/configmaps/aws-auth"
    cluster.must("PATCH", path, argo, content_type="application/merge-patch+json")
    run = within(kubeconfig, *APPLY, "--context=prod")
    assert hints(run) >= {"--override-owner"}
    assert hints(run) <= options("fix")


def test_hints_of_a_rollback(cluster: Cluster, kubeconfig: Path) -> None:
    """It changes the entry of a node, which a fix would leave alone."""
    back = ("rollback", "--yes", "--context=prod")
    assert hints(within(kubeconfig, *back)) == set()  # there is no backup
    cluster.set_data({"mapRoles": CARL + NODE.format("")})
    assert within(kubeconfig, *APPLY, "--context=prod").returncode == 0
    cluster.set_data(cluster.source_map()["data"] | {"mapRoles": CARL + NODE.format(", more")})
    assert hints(within(kubeconfig, *back)) == {"--to"}  # the fix is no longer in effect
    (saved,) = (kubeconfig.parent / "state").rglob("*.yaml")
    run = within(kubeconfig, *back, f"--to={saved}", "--accept-access-gain")
    assert "belongs to a node and would change" in run.stderr
    assert hints(run) == {"--accept-lockout-risk"}
    run = within(kubeconfig, *back, "--to=x")
    assert hints(run) == {"--list"}
    assert {"--accept-lockout-risk", "--list", "--to"} <= options("rollback")


def test_refused_options_are_not_ignored(kubeconfig: Path) -> None:
    run = within(kubeconfig, "resolve", f"{ROLE}staff", "--context=prod", "--rbac=x")
    assert run.returncode == 2
    assert "--context uses the bindings of the cluster: leave out --rbac" in run.stderr
