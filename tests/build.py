"""Build what the heavier tests run on, as far as this machine does not have it yet.

    .venv/bin/python tests/build.py [judges|authenticator|cluster]...

Everything goes into folders beside this Python's own `lib`: programs that judge into `judges`, the
filter around the real authenticator and the programs of a cluster into `envtest`, a Python with
moto into `sts`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import judge
import oracle
from cluster.process import BUILT, STS_PYTHON, binary

HERE = Path(__file__).parent / "cluster" / "envtest"
PACKAGES = {
    "etcd": ("etcd", "go.etcd.io/etcd/server/v3"),
    "kube-apiserver": ("kubernetes", "k8s.io/kubernetes/cmd/kube-apiserver"),
    "kubectl": ("kubernetes", "k8s.io/kubernetes/cmd/kubectl"),
    "aws-iam-authenticator": (
        "authenticator",
        "sigs.k8s.io/aws-iam-authenticator/cmd/aws-iam-authenticator",
    ),
}


def run(*command: str, cwd: Path = HERE, environment: dict[str, str] | None = None) -> None:
    """Run a command, or end with its exit code."""
    print("+", *command, flush=True)
    done = subprocess.run(
        command, cwd=cwd, env=environment and os.environ | environment, check=False
    )
    if done.returncode:
        sys.exit(done.returncode)


def need_go(what: str) -> None:
    """End where Go is not installed."""
    if shutil.which("go") is None:
        sys.exit(f"{what}: needs Go, which is not installed: https://go.dev/dl")


def install(environment: Path, requirements: Path) -> None:
    """Install requirements into a virtual environment."""
    python = environment / "bin" / "python"
    if not python.exists():
        venv.create(environment, with_pip=True)
    run(str(python), "-m", "pip", "install", "--quiet", "-r", str(requirements))


def judges() -> None:
    """The programs that judge what authmap writes."""
    install(judge.ENVIRONMENT, judge.REQUIREMENTS)


def authenticator() -> None:
    """The filter around the real authenticator's packages."""
    need_go("the real authenticator")
    run(*oracle.build_command(oracle.BUILT), cwd=oracle.MODULE)


def cluster() -> None:
    """A kube-apiserver, etcd, kubectl, aws-iam-authenticator, and a Python with moto."""
    missing = [name for name in PACKAGES if binary(name) is None]
    if missing:
        need_go(", ".join(missing))
    for name in missing:
        module, package = PACKAGES[name]
        target = BUILT / name
        build = ["go", "build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-o", str(target)]
        run(*build, package, cwd=HERE / module, environment={"CGO_ENABLED": "0"})
    install(STS_PYTHON.parents[1], HERE / "requirements.txt")


PARTS = {part.__name__: part for part in (judges, authenticator, cluster)}

if __name__ == "__main__":
    for name in sys.argv[1:] or PARTS:
        PARTS[name]()
