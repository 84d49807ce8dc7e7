"""Run the examples of `--help` that need a cluster, in the order in which users would."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from test_help import EXAMPLES, PROGRAM, needs_cluster

from cluster.process import binary
from cluster.run import environment

if TYPE_CHECKING:
    from cluster.server import Cluster

FIXTURE = Path(__file__).parents[2] / "fixtures" / "aws-auth.yaml"


def test_examples(cluster: Cluster, tmp_path: Path) -> None:
    applied = cluster.kubectl("apply", "-f", str(FIXTURE))
    assert applied.returncode == 0, applied.stderr
    kubeconfig = cluster.kubeconfig("editor", path=tmp_path / "config")
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "authmap").write_text(PROGRAM)
    (programs / "authmap").chmod(0o755)
    kubectl = binary("kubectl")
    assert kubectl
    (programs / "kubectl").symlink_to(kubectl)
    variables = environment(kubeconfig)
    variables["PATH"] = f"{programs}:{variables['PATH']}"

    shutil.copy(FIXTURE, tmp_path)
    tried = [example for example in EXAMPLES if needs_cluster(example)]
    assert len(tried) >= 7
    changed = 0
    for example in tried:
        writes = "--apply" in example or ("rollback" in example and "--list" not in example)
        before = cluster.source_map()["data"]
        done = subprocess.run(
            ["bash", "-o", "pipefail", "-c", f"{example} --yes" if writes else example],
            cwd=tmp_path,
            env=variables,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode in (0, 1), (example, done.stderr)
        assert "error: " not in done.stderr, (example, done.stderr)
        assert (cluster.source_map()["data"] != before) is writes, example
        changed += writes
    assert changed == 2
    assert "role:{{AccountID}}:staff:{{SessionName}}" in (tmp_path / "fixed.yaml").read_text()
