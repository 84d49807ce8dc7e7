"""Time of a lint of twenty contexts, three of them unreachable, against the slowest context alone.

Run `python benchmarks/clusters.py` on a machine where the tests in `tests/cluster/` run. It exits
with 1 if all contexts together take more than 1.5 times as long as the slowest one.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import trustme

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from cluster.proxy import Proxy  # noqa: E402
from cluster.run import environment  # noqa: E402
from cluster.server import Cluster  # noqa: E402

RUNS = 3
BOUND = 1.5
TIMEOUT = "--request-timeout=5"
MAP = ROOT / "fixtures" / "aws-auth.yaml"


def seconds(config: Path, *contexts: str) -> float:
    """The median wall time of a lint, in seconds."""
    command = [sys.executable, "-m", "authmap", "lint", TIMEOUT, *contexts]
    taken = []
    for _ in range(RUNS):
        started = time.perf_counter()
        subprocess.run(command, env=environment(config), capture_output=True, check=False)
        taken.append(time.perf_counter() - started)
    return statistics.median(taken)


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        cluster = Cluster(folder)
        cluster.start()
        stranger = trustme.CA().issue_cert("127.0.0.1")
        try:
            cluster.create_map(MAP.read_bytes())
            with (
                Proxy(cluster, handshake=False) as mute,
                Proxy(cluster, certificate=stranger) as other,
            ):
                dead = {"c-03": "https://127.0.0.1:1", "c-10": mute.url, "c-17": other.url}
                names = [f"c-{number:02}" for number in range(20)]
                config = folder / "config"
                for each in names:
                    cluster.kubeconfig("editor", context=each, path=config, url=dead.get(each))
                alone = {each: seconds(config, f"--context={each}") for each in ("c-00", *dead)}
                together = seconds(config, "--all-contexts")
        finally:
            cluster.close()
    for each, taken in alone.items():
        print(f"{each} alone {taken:8.2f} s")
    ratio = together / max(alone.values())
    print(f"all twenty {together:8.2f} s = {ratio:.2f} x the slowest (bound {BOUND})")
    sys.exit(int(ratio > BOUND))


if __name__ == "__main__":
    main()
