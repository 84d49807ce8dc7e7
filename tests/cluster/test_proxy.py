"""Tests of the failing proxy: it fails in the requested way."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import trustme

from cluster.listener import ConnectProxy
from cluster.proxy import Proxy, Reply, Request, Trouble
from cluster.server import AWS_AUTH

if TYPE_CHECKING:
    from cluster.server import Cluster

FIXTURE = (Path(__file__).parents[2] / "fixtures" / "aws-auth.yaml").read_bytes()
MAP = "configmaps/aws-auth"


def kubectl(cluster: Cluster, url: str, *arguments: str) -> tuple[int, str]:
    config = cluster.kubeconfig(url=url, path=cluster.folder / f"proxied-{url.rpartition(':')[2]}")
    done = cluster.kubectl("--kubeconfig", str(config), "-n", "kube-system", *arguments)
    return done.returncode, (done.stdout + done.stderr).decode()


def test_requests_pass(cluster: Cluster) -> None:
    cluster.create_map(FIXTURE)
    with Proxy(cluster) as proxy:
        code, text = kubectl(cluster, proxy.url, "get", MAP, "-o", "name")
    assert (code, text.strip()) == (0, "configmap/aws-auth")
    assert proxy.requests[-1].path == AWS_AUTH
    assert proxy.requests[-1].headers["Authorization"] == "Bearer secret-token-of-admin"


def test_concurrent_write(cluster: Cluster) -> None:
    cluster.create_map(FIXTURE)

    def behaviour(request: Request) -> None:
        if request.method == "PATCH" and request.nth == 1:
            cluster.set_data({"mapRoles": "[]"})

    with Proxy(cluster, behaviour) as proxy:
        version = cluster.source_map()["metadata"]["resourceVersion"]
        patch = f'{{"metadata": {{"resourceVersion": "{version}"}}, "data": {{"mapUsers": ""}}}}'
        code, text = kubectl(cluster, proxy.url, "patch", MAP, "--type=merge", "-p", patch)
    assert code == 1
    assert "the object has been modified" in text
    assert cluster.source_map()["data"] == {"mapRoles": "[]"}


def test_lost_answer(cluster: Cluster) -> None:
    cluster.create_map(FIXTURE)

    def behaviour(request: Request) -> Trouble | None:
        return Trouble.LOSE if request.method == "DELETE" else None

    with Proxy(cluster, behaviour) as proxy:
        code, text = kubectl(cluster, proxy.url, "delete", MAP)
    assert (code, "EOF" in text) == (1, True), text
    assert cluster.source_map() is None


def test_the_server_is_busy_once(cluster: Cluster) -> None:
    cluster.create_map(FIXTURE)

    def behaviour(request: Request) -> Reply | None:
        busy = Reply.failure(429, "too many requests", Retry_After="1")
        return busy if request.nth == 1 else None

    with Proxy(cluster, behaviour) as proxy:
        code, text = kubectl(cluster, proxy.url, "get", "--raw", AWS_AUTH)
    assert (code, [request.nth for request in proxy.requests]) == (0, [1, 2]), text


@pytest.mark.parametrize(
    ("behaviour", "said"),
    [
        (lambda _: Reply.failure(503, "upgrading"), "upgrading"),
        (lambda _: Trouble.CUT, "EOF"),
        (lambda _: Trouble.STALL, "exceeded"),
    ],
)
def test_no_usable_answer(cluster: Cluster, behaviour: object, said: str) -> None:
    assert callable(behaviour)
    with Proxy(cluster, behaviour) as proxy:
        asked = ["get", "--raw", AWS_AUTH, "--request-timeout=1s"]
        code, text = kubectl(cluster, proxy.url, *asked)
    assert (code, said in text) == (1, True), text


def test_untrusted_certificate(cluster: Cluster) -> None:
    for certificate, said in {
        cluster.ca.issue_cert("other.example.com"): "doesn't contain any IP SANs",
        trustme.CA().issue_cert("127.0.0.1"): "certificate signed by unknown authority",
    }.items():
        with Proxy(cluster, certificate=certificate) as proxy:
            _, text = kubectl(cluster, proxy.url, "get", "--raw", AWS_AUTH)
        assert said in text


def test_no_handshake(cluster: Cluster) -> None:
    with Proxy(cluster, handshake=False) as proxy:
        asked = ["get", "--raw", AWS_AUTH, "--request-timeout=1s"]
        _, text = kubectl(cluster, proxy.url, *asked)
    assert "exceeded" in text


def test_error_in_the_behaviour_is_raised_in_the_test(cluster: Cluster) -> None:
    def behaviour(_: Request) -> None:
        raise LookupError("a mistake in the test")

    with pytest.raises(LookupError, match="a mistake"), Proxy(cluster, behaviour) as proxy:
        kubectl(cluster, proxy.url, "get", "--raw", AWS_AUTH)


def test_connect_proxy_connects_where_it_is_asked(cluster: Cluster) -> None:
    with ConnectProxy() as proxy:
        with socket.create_connection(("127.0.0.1", proxy.port)) as client:
            client.sendall(f"CONNECT 127.0.0.1:{cluster.port} HTTP/1.1\r\n\r\n".encode())
            assert client.recv(100).startswith(b"HTTP/1.1 200")
        assert proxy.asked == [f"127.0.0.1:{cluster.port}"]
