"""Fixtures: the running cluster, and the login chain."""

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
    """Skip, or fail where they are required, if these programs are missing."""
    missing = [name for name in names if binary(name) is None]
    if missing:
        need.unavailable("cluster", f"there is no {', no '.join(missing)}: {HOW}")


@pytest.fixture(scope="session")
def api_server() -> Iterator[Cluster]:
    """The API server of the test session."""
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
    """The cluster, without anything of earlier tests."""
    api_server.reset()
    return api_server


@pytest.fixture(scope="session")
def login_chain() -> Iterator[Chain]:
    """The login chain of the test session."""
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
    """The chain, without anything of earlier tests."""
    login_chain.reset()
    return login_chain
