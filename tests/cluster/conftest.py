"""The running cluster, for the tests here."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import need
import pytest

from cluster.chain import Chain
from cluster.process import STS_PYTHON, binary
from cluster.server import Cluster

if TYPE_CHECKING:
    from collections.abc import Iterator

HOW = "`.venv/bin/python tests/build.py` builds it (needs Go; ten minutes the first time)"


def need_binaries(*names: str) -> None:
    """Skip, or fail where it is required, unless these programs are there."""
    missing = [name for name in names if binary(name) is None]
    if missing:
        need.unavailable("cluster", f"there is no {', no '.join(missing)}: {HOW}")


@pytest.fixture(scope="session")
def api_server() -> Iterator[Cluster]:
    """The server pair of the session."""
    need_binaries("etcd", "kube-apiserver", "kubectl")
    with tempfile.TemporaryDirectory(prefix="authmap-cluster-") as folder:
        cluster = Cluster(Path(folder))
        cluster.start()
        try:
            yield cluster
        finally:
            cluster.close()


@pytest.fixture
def cluster(api_server: Cluster) -> Cluster:
    """The cluster with nothing of an earlier test in it."""
    api_server.reset()
    return api_server


@pytest.fixture(scope="session")
def login_chain() -> Iterator[Chain]:
    """The whole chain of the session."""
    need_binaries("etcd", "kube-apiserver", "kubectl", "aws-iam-authenticator")
    if not STS_PYTHON.exists():
        need.unavailable("cluster", f"there is no Python with moto at {STS_PYTHON}: {HOW}")
    with tempfile.TemporaryDirectory(prefix="authmap-chain-") as folder:
        chain = Chain(Path(folder))
        chain.start()
        try:
            yield chain
        finally:
            chain.close()


@pytest.fixture
def chain(login_chain: Chain) -> Chain:
    """The chain with nothing of an earlier test in it."""
    login_chain.reset()
    return login_chain
