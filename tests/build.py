"""Build the real parts that tests/cluster runs on, those that this machine does not have yet.

    .venv/bin/python tests/build.py

Programs go into `envtest` and a Python with moto into `sts`, both beside this Python's own `lib`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

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


def main() -> None:
    """Build what is missing."""
    missing = [name for name in PACKAGES if binary(name) is None]
    if missing and shutil.which("go") is None:
        sys.exit(f"{', '.join(missing)}: built with Go, which is not here: https://go.dev/dl")
    for name in missing:
        module, package = PACKAGES[name]
        target = BUILT / name
        build = ["go", "build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-o", str(target)]
        run(*build, package, cwd=HERE / module, environment={"CGO_ENABLED": "0"})
    if not STS_PYTHON.exists():
        venv.create(STS_PYTHON.parents[1], with_pip=True)
    requirements = str(HERE / "requirements.txt")
    run(str(STS_PYTHON), "-m", "pip", "install", "--quiet", "-r", requirements)


if __name__ == "__main__":
    main()
