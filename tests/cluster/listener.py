"""A threaded server that ends together with its connections, and a CONNECT proxy."""

from __future__ import annotations

import contextlib
import selectors
import socket
import socketserver
import threading
from typing import Any, Self


class Listener(socketserver.ThreadingTCPServer):
    """A server on loopback that ends with the `with` block, even if connections are waiting."""

    allow_reuse_address = True
    daemon_threads = False  # so that server_close waits for them

    def __init__(self, handler: type[socketserver.BaseRequestHandler]) -> None:
        super().__init__(("127.0.0.1", 0), handler)
        self.port: int = self.server_address[1]
        self.closing = threading.Event()
        self.connections: set[socket.socket] = set()
        self.thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02})

    def process_request(self, request: Any, client_address: Any) -> None:
        self.connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self.connections.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Print nothing: these tests break connections on purpose."""

    def __enter__(self) -> Self:
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        self.shutdown()
        self.thread.join()
        for connection in list(self.connections):
            with contextlib.suppress(OSError):
                socket.socket.shutdown(
                    connection, socket.SHUT_RDWR
                )  # the plain method, also for TLS
        self.server_close()


class ConnectProxy(Listener):
    """An HTTP proxy that connects where the client asks, or always to `target`."""

    def __init__(self, target: tuple[str, int] | None = None) -> None:
        super().__init__(_Connect)
        self.target = target
        self.asked: list[str] = []  # host:port, as clients wrote them
        self.headers: list[str] = []  # of each request
        self.url = f"http://127.0.0.1:{self.port}"


class _Connect(socketserver.StreamRequestHandler):
    server: ConnectProxy

    def handle(self) -> None:
        method, name, _ = self.rfile.readline().decode().split()
        headers = iter(self.rfile.readline, b"\r\n")
        self.server.headers.append(b"".join(headers).decode())
        self.server.asked.append(name)
        if method != "CONNECT":
            self.wfile.write(b"HTTP/1.1 405 Method Not Allowed\r\n\r\n")
            return
        host, _, port = name.rpartition(":")
        with socket.create_connection(self.server.target or (host, int(port))) as far:
            self.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
            copy(self.connection, far)


def copy(near: socket.socket, far: socket.socket) -> None:
    """Copy bytes both ways until one side closes."""
    with selectors.DefaultSelector() as ready:
        ready.register(near, selectors.EVENT_READ, far)
        ready.register(far, selectors.EVENT_READ, near)
        while True:
            for key, _ in ready.select():
                assert isinstance(key.fileobj, socket.socket)
                data = key.fileobj.recv(65536)
                if not data:
                    return
                key.data.sendall(data)
