"""How often authmap obtains credentials: at defined points, and never in between."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cluster.run import on_terminal, within
from cluster.ways_in import EDITOR, plugin, printed, write

if TYPE_CHECKING:
    from cluster.server import Cluster

MAP = (Path(__file__).parents[2] / "fixtures" / "aws-auth.yaml").read_bytes()
APPLY = ("fix", "--apply", "--context=prod", "--fail-on=never")


@pytest.fixture
def kubeconfig(cluster: Cluster, tmp_path: Path) -> Path:
    """A kubeconfig whose plugin counts its runs and prints expired credentials."""
    cluster.create_map(MAP)
    note = f"open({str(tmp_path / 'runs')!r}, 'a').write('x')\n"
    credential = printed(token=EDITOR, expirationTimestamp="2020-01-01T00:00:00Z")
    return write(cluster, tmp_path, plugin(tmp_path, note + credential))


def runs(kubeconfig: Path) -> int:
    return len((kubeconfig.parent / "runs").read_text())


def test_reading_and_writing_use_the_same_login(kubeconfig: Path) -> None:
    """It must not log in again, because only the old login can restore an old map."""
    run = within(kubeconfig, *APPLY, "--yes")
    assert run.returncode == 0, run.stderr
    assert runs(kubeconfig) == 2  # that session, and the fresh login


def test_after_the_question_it_logs_in_again(kubeconfig: Path) -> None:
    """However long the answer took, the login must last until the change is confirmed."""
    code, shown = on_terminal(kubeconfig, *APPLY, answers=["y"])
    assert code == 0, shown
    assert runs(kubeconfig) == 3


TROUBLES = {
    "fails": ("sys.exit('STS: throttled')", "failed (1): STS: throttled"),
    "hangs": ("time.sleep(1000)", "did not finish within"),
    "prints something": ("sys.exit(print('?'))", "did not print an ExecCredential"),
}


def troubled(cluster: Cluster, folder: Path, first: int, last: int, trouble: str) -> Path:
    """A kubeconfig whose plugin fails in its runs number `first` to `last`."""
    cluster.create_map(MAP)
    note = f"runs = {str(folder / 'runs')!r}\nopen(runs, 'a').write('x')\n"
    when = f"if {first} <= os.path.getsize(runs) <= {last}: {TROUBLES[trouble][0]}\n"
    user = plugin(folder, note + when + printed(token=EDITOR), interactiveMode="IfAvailable")
    return write(cluster, folder, user)


@pytest.mark.parametrize("trouble", TROUBLES)
def test_failing_plugin_is_run_again(cluster: Cluster, tmp_path: Path, trouble: str) -> None:
    """A failing plugin does not mean that the map refuses the login."""
    config = troubled(cluster, tmp_path, 2, 3, trouble)
    old = cluster.source_map()["data"]
    seconds = 2 if trouble == "hangs" else 60
    run = within(config, *APPLY, "--yes", f"--request-timeout={seconds}")
    assert run.returncode == 0, run.stderr
    assert runs(config) == 4
    assert "a fresh login can still change the map" in run.stderr
    assert cluster.source_map()["data"] != old


@pytest.mark.parametrize("trouble", TROUBLES)
def test_plugin_that_keeps_failing_counts_as_no_answer(
    cluster: Cluster, tmp_path: Path, trouble: str
) -> None:
    """Also at a terminal: the user is not expected to notice that the login hangs."""
    config = troubled(cluster, tmp_path, 3, 99, trouble)
    old = cluster.source_map()["data"]
    code, shown = on_terminal(config, *APPLY, "--verify-timeout=4", answers=["y"])
    assert code == 3, shown
    assert "a fresh login got no answer (the kubeconfig's credential plugin `./plugin` " in shown
    # an interactive plugin prints its errors on the terminal itself
    assert TROUBLES[trouble][1] in shown or "STS: throttled" in shown
    assert "lost its access" not in shown
    assert "the old map was restored" in shown
    assert cluster.source_map()["data"] == old
