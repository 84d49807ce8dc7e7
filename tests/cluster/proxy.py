"""A proxy in front of the API server that makes requests fail.

A test passes a function that decides what happens to each request:

    def behaviour(request: Request) -> Reply | Trouble | None:
        if request.method == "PATCH" and request.nth == 1:
            cluster.set_data({...})  # somebody else was faster
        return None  # the request goes on to the API server

    with Proxy(cluster, behaviour) as proxy:
        config = cluster.kubeconfig("editor", url=proxy.url)
"""

from __future__ import annotations

import json
import ssl
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum, auto
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any

from cluster.listener import Listener

if TYPE_CHECKING:
    import socket

    import trustme

    from cluster.server import Cluster


class Trouble(Enum):
    """A failure without a proper answer."""

    STALL = auto()  # no answer until the proxy ends
    CUT = auto()  # the connection ends before the request is passed on
    LOSE = auto()  # the request is passed on, and the connection ends before the answer
    TEAR = auto()  # the connection ends in the middle of the answer
    DRIP = auto()  # the answer comes byte by byte, until the proxy ends


@dataclass(frozen=True)
class Reply:
    """An answer that replaces the API server's."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    @classmethod
    def failure(cls, status: int, message: str, **headers: str) -> Reply:
        """A failure as the API server reports it; `Retry_After="1"` sets a header."""
        body = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": status}
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        named["Content-Type"] = "application/json"
        return cls(status, named, json.dumps(body | {"message": message}).encode())


@dataclass(frozen=True)
class Request:
    """A client's request."""

    method: str
    path: str  # with the query
    headers: dict[str, str]
    body: bytes
    nth: int  # counted from 1 among requests with this method and path (without the query)


Behaviour = Callable[[Request], Reply | Trouble | None]


class Proxy(Listener):
    """An HTTPS proxy with its own certificate; it runs while the `with` block lasts.

    It passes answers on only once they are complete, so watches do not work through it.
    """

    def __init__(
        self,
        cluster: Cluster,
        behaviour: Behaviour = lambda _: None,
        *,
        certificate: trustme.LeafCert | None = None,
        handshake: bool = True,
    ) -> None:
        """Listen.

        Args:
            cluster: The cluster that requests go on to.
            behaviour: Decides what happens to each request; called for one request at a time.
            certificate: The proxy's certificate; by default a valid one.
            handshake: Whether to answer TLS handshakes.
        """
        super().__init__(_Handler)
        self.cluster = cluster
        self.behaviour = behaviour
        self.handshake = handshake
        self.url = f"https://127.0.0.1:{self.port}"
        self.requests: list[Request] = []
        self.error: Exception | None = None
        self.seen: Counter[tuple[str, str]] = Counter()
        self.lock = threading.Lock()
        self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        (certificate or cluster.ca.issue_cert("127.0.0.1")).configure_cert(self.tls)

    def get_request(self) -> tuple[socket.socket, Any]:
        connection, address = super().get_request()
        # the handshake happens at the first read, in the connection's own thread
        tls = self.tls.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
        return tls, address

    def judge(
        self, method: str, path: str, headers: dict[str, str], body: bytes
    ) -> Reply | Trouble | None:
        """Record a request and decide what happens to it."""
        with self.lock:
            key = (method, path.partition("?")[0])
            self.seen[key] += 1
            request = Request(method, path, headers, body, self.seen[key])
            self.requests.append(request)
            try:
                return self.behaviour(request)
            except Exception as error:  # an error in the test: raise it there
                self.error = error
                return Trouble.CUT

    def __exit__(self, *_: object) -> None:
        super().__exit__()
        if self.error:
            raise self.error


class _Handler(BaseHTTPRequestHandler):
    server: Proxy
    protocol_version = "HTTP/1.1"

    def handle(self) -> None:
        if not self.server.handshake:
            self.server.closing.wait()
            return
        super().handle()

    def answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        verdict = self.server.judge(self.command, self.path, dict(self.headers), body)
        self.close_connection = isinstance(verdict, Trouble)
        if verdict is Trouble.STALL:
            self.server.closing.wait()
        if verdict in (Trouble.STALL, Trouble.CUT):
            return
        reply = verdict if isinstance(verdict, Reply) else self.pass_on(body)
        if verdict is Trouble.LOSE:
            return
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        if verdict is Trouble.DRIP:
            for byte in reply.body:
                self.wfile.write(bytes([byte]))
                if self.server.closing.wait(0.05):
                    return
        half = len(reply.body) // 2
        self.wfile.write(reply.body[:half] if verdict is Trouble.TEAR else reply.body)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer  # noqa: N815

    def pass_on(self, body: bytes) -> Reply:
        cluster = self.server.cluster
        url, headers = cluster.url + self.path, dict(self.headers)
        answer = cluster.pool.request(
            self.command, url, body=body, headers=headers, decode_content=False
        )
        own = {"content-length", "transfer-encoding", "connection"}
        kept = {name: value for name, value in answer.headers.items() if name.lower() not in own}
        return Reply(answer.status, kept, answer.data)

    def log_message(self, output_format: str, *arguments: Any) -> None:
        """Write nothing."""
