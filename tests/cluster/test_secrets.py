"""No secret of a kubeconfig appears in what authmap prints, saves or leaves on disk.

Not even with `--debug`.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cluster.run import within
from cluster.ways_in import (
    BAD,
    EDITOR,
    ENV,
    GOOD,
    HIDDEN,
    certificate,
    encoded,
    plugin,
    printed,
    put,
    write,
)

if TYPE_CHECKING:
    from cluster.server import Cluster
    from cluster.ways_in import Case

MAP = (Path(__file__).parents[2] / "fixtures" / "aws-auth.yaml").read_bytes()
LINT = ("lint", "--context=prod")
APPLY = ("fix", "--apply", "--yes", "--context=prod", "--fail-on=never")
BACK = ("rollback", "--yes", "--context=prod")
WAYS: dict[str, Case] = {
    **GOOD,
    **{name: case for name, (case, _) in BAD.items()},
    "password": lambda c, f: write(c, f, {"username": HIDDEN, "password": HIDDEN}),
    "plugin with secrets": lambda c, f: write(c, f, plugin(f, printed(token=EDITOR), env=ENV)),
    "plugin that hangs": lambda c, f: write(c, f, plugin(f, "time.sleep(60)", env=ENV)),
    "proxy": lambda c, f: write(c, f, server={"proxy-url": f"http://me:{HIDDEN}@127.0.0.1:1"}),
    "refused": lambda c, f: write(c, f, {"token": "secret-token-of-nobody"}),
    "unreachable": lambda c, f: write(c, f, server={"server": "https://127.0.0.1:1"}),
    "malformed key": lambda c, f: write(
        c,
        put(f, key=f"-----BEGIN PRIVATE KEY-----\n{HIDDEN}"),
        certificate(c) | {"client-key": "key"},
    ),
}
IN = {*GOOD, "plugin with secrets"}


def contents(folder: Path) -> str:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return "".join(path.read_text(errors="replace") for path in files)


@pytest.mark.parametrize("way", WAYS)
def test_no_secret_is_shown_or_saved(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    given, state, scratch = (tmp_path / name for name in ("given", "state", "scratch"))
    for folder in (given, scratch):
        folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    cluster.create_map(MAP)
    config = WAYS[way](cluster, given)
    output, hasty = "", ["--request-timeout=0.5"] if way == "plugin that hangs" else []
    for command in (LINT, APPLY, BACK):
        run = within(config, *command, "--debug", *hasty, home=state)
        assert (run.returncode == 2) == (way not in IN), run.stderr
        assert way not in IN or "authmap: debug: " in run.stderr
        output += run.stdout + run.stderr
    output += contents(state) + contents(scratch)
    assert not list(scratch.iterdir())
    assert ("# authmap backup" in output) == (way in IN)
    key = Path(certificate(cluster)["client-key"])
    lines, inline = key.read_text().splitlines(), encoded(key)
    for secret in (HIDDEN, "secret-token", "PRIVATE KEY", lines[1], inline[:40], inline[-40:]):
        assert secret not in output
