"""Speed and memory of lint and fix, measured together with the tools they are compared to.

Run `python benchmarks/core.py` in an environment with authmap's `dev` extra installed. It prints
medians and ratios. Compare the ratios between machines, not the times.
"""

from __future__ import annotations

import compileall
import io
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from ruamel.yaml import YAML

import authmap
from authmap.linting.run import Run
from authmap.render import text

if TYPE_CHECKING:
    from collections.abc import Callable

RUNS = int(os.environ.get("AUTHMAP_BENCH_RUNS", "11"))
BIN = Path(sys.executable).parent

ENTRY = """\
    - rolearn: arn:aws:iam::111111111111:role/staff-{0}
      username: staff-{0}
      groups:
        - developers-{0}
"""
HEAD = """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: aws-auth
  namespace: kube-system
data:
  mapRoles: |
"""


def manifest(entries: int) -> bytes:
    return (HEAD + "".join(ENTRY.format(number) for number in range(entries))).encode()


def medians(
    *jobs: Callable[[], object],
    runs: int = RUNS,
    clock: Callable[[], float] = time.perf_counter,
) -> list[float]:
    """The median time of each job in seconds. Jobs take turns, so a slow moment affects all."""
    for job in jobs:
        job()
    taken: list[list[float]] = [[] for _ in jobs]
    for _ in range(runs):
        for job, times in zip(jobs, taken, strict=True):
            start = clock()
            job()
            times.append(clock() - start)
    return [statistics.median(times) for times in taken]


def process(*command: str | Path) -> Callable[[], object]:
    return lambda: subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def show(what: str, first: float, second: float, bound: str) -> None:
    print(f"{what:64} {first:8.3f} s / {second:8.3f} s = {first / second:5.2f}  ({bound})")


def cold_start(folder: Path) -> None:
    small = folder / "aws-auth.yaml"
    small.write_bytes(manifest(2))
    compileall.compile_dir(Path(authmap.__file__).parent, quiet=1)  # as an installer does
    lint, floor, yamllint = medians(
        process(BIN / "authmap", "lint", small),
        process(sys.executable, "-c", "import typer, _ruamel_yaml"),
        process(BIN / "yamllint", "-d", "relaxed", small),
        runs=RUNS * 2,
    )
    show("cold lint of a small manifest / import of typer and _ruamel_yaml", lint, floor, "<= 1.2")
    show("cold lint of a small manifest / yamllint", lint, yamllint, "")


def large_map(folder: Path) -> None:
    data, twice = manifest(5000), manifest(10000)
    inner = "\n".join(line[4:] for line in data.decode().splitlines()[7:])
    (before,), (after,) = authmap.load(data), authmap.load(authmap.fix(data).output)
    lint, compose, fix, compared, ten = medians(
        lambda: authmap.lint(data),
        lambda: YAML(typ="safe").compose(io.StringIO(inner)),
        lambda: authmap.fix(data),
        lambda: authmap.compare(before, after),
        lambda: authmap.lint(twice),
        runs=max(3, RUNS // 2),
        clock=time.process_time,  # processor time, so that other processes do not count
    )
    print(f"5,000 entries, {len(data):,} bytes, {len(authmap.lint(data).findings):,} findings")
    show("lint of 5,000 entries / ruamel.yaml's C compose of their text", lint, compose, "<= 1.0")
    show("fix of 5,000 usernames / lint of them", fix, lint, "<= 2.0")
    show("comparison of 5,000 renamed entries / lint of them", compared, lint, "<= 2.0")
    show("lint of 10,000 entries / of 5,000", ten, lint, "<= 2.2")
    found = authmap.lint(data)
    run = Run(found.findings, [], [], 1, found.maps)
    rendered, again = medians(lambda: text.render(run), lambda: authmap.lint(data), runs=3)
    show("rendering those findings as text / lint", rendered, again, "")
    large = folder / "large.yaml"
    large.write_bytes(data)
    whole, composed = medians(
        process(BIN / "authmap", "lint", large),
        process(
            sys.executable,
            "-c",
            "import sys\nfrom ruamel.yaml import YAML\n"
            "data = YAML(typ='safe', pure=False).load(open(sys.argv[1]))['data']['mapRoles']\n"
            "YAML(typ='safe').compose(data)",
            large,
        ),
        runs=5,
    )
    show("whole process: lint and print / load, then compose", whole, composed, "")
    peak = int(
        subprocess.run(
            [
                sys.executable,
                "-c",
                "import resource, subprocess, sys\n"
                "subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL)\n"
                "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)",
                BIN / "authmap",
                "lint",
                large,
            ],
            capture_output=True,
            check=True,
            text=True,
        ).stdout
    )
    print(f"{'peak memory of that lint':64} {peak / 1024:8.1f} MiB  (<= 150 MB)")


def tree(folder: Path) -> None:
    other = Path(__file__).parent / "deployment.yaml"
    root = folder / "tree"
    for number in range(1000):
        file = root / f"team-{number // 50}" / f"{number}.yaml"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(manifest(8) if number % 50 == 0 else other.read_bytes())
    lint, yamllint = medians(
        process(BIN / "authmap", "lint", root),
        process(BIN / "yamllint", "-d", "relaxed", root),
        runs=3,
    )
    show("1,000 manifests, 20 of them aws-auth: yamllint / authmap", yamllint, lint, ">= 3")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        for part in (cold_start, large_map, tree):
            part(Path(name))
