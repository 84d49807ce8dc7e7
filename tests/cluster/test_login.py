"""How often we log in: credentials are obtained when it says so, and not in between."""

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
    """With a plugin that notes that it was run, and whose credentials have expired already."""
    cluster.create_map(MAP)
    note = f"open({str(tmp_path / 'runs')!r}, 'a').write('x')\n"
    credential = printed(token=EDITOR, expirationTimestamp="2020-01-01T00:00:00Z")
    return write(cluster, tmp_path, plugin(tmp_path, note + credential))


def runs(kubeconfig: Path) -> int:
    return len((kubeconfig.parent / "runs").read_text())


def test_the_session_that_wrote_stays_the_one_that_read(kubeconfig: Path) -> None:
    """It must not become a fresh login before it puts an old map back."""
    run = within(kubeconfig, *APPLY, "--yes")
    assert run.returncode == 0, run.stderr
    assert runs(kubeconfig) == 2  # that session, and the fresh login


def test_after_the_question_it_logs_in_again(kubeconfig: Path) -> None:
    """However long the answer took, the login lasts until the change is confirmed."""
    code, shown = on_terminal(kubeconfig, *APPLY, answers=["y"])
    assert code == 0, shown
    assert runs(kubeconfig) == 3


TROUBLES = {
    "fails": ("sys.exit('STS: throttled')", "failed (1): STS: throttled"),
    "hangs": ("time.sleep(1000)", "has not come to an end within"),
    "prints something": ("sys.exit(print('?'))", "does not print an ExecCredential"),
}


def troubled(cluster: Cluster, folder: Path, first: int, last: int, trouble: str) -> Path:
    """A kubeconfig whose plugin has a trouble from one of its runs to another."""
    cluster.create_map(MAP)
    note = f"runs = {str(folder / 'runs')!r}\nopen(runs, 'a').write('x')\n"
    when = f"if {first} <= os.path.getsize(runs) <= {last}: {TROUBLES[trouble][0]}\n"
    user = plugin(folder, note + when + printed(token=EDITOR), interactiveMode="IfAvailable")
    return write(cluster, folder, user)


@pytest.mark.parametrize("trouble", TROUBLES)
def test_a_plugin_in_trouble_is_asked_again(cluster: Cluster, tmp_path: Path, trouble: str) -> None:
    """It has refused nobody: the map has nothing to do with it."""
    config = troubled(cluster, tmp_path, 2, 3, trouble)
    old = cluster.source_map()["data"]
    seconds = 2 if trouble == "hangs" else 60
    run = within(config, *APPLY, "--yes", f"--request-timeout={seconds}")
    assert run.returncode == 0, run.stderr
    assert runs(config) == 4
    assert "a fresh login may still change the map" in run.stderr
    assert cluster.source_map()["data"] != old


@pytest.mark.parametrize("trouble", TROUBLES)
def test_a_plugin_that_stays_in_trouble_got_no_answer(
    cluster: Cluster, tmp_path: Path, trouble: str
) -> None:
    """Somebody at the terminal changes nothing: that the login hangs is not for them to notice."""
    config = troubled(cluster, tmp_path, 3, 99, trouble)
    old = cluster.source_map()["data"]
    code, shown = on_terminal(config, *APPLY, "--verify-timeout=4", answers=["y"])
    assert code == 3, shown
    assert "a fresh login got no answer (`./plugin`, which the kubeconfig logs in with" in shown
    # what an interactive plugin says on standard error is on the terminal already
    assert TROUBLES[trouble][1] in shown or "STS: throttled" in shown
    assert "lost its access" not in shown
    assert "the old map was put back" in shown
    assert cluster.source_map()["data"] == old
