"""An etcd and a kube-apiserver on loopback, with RBAC, token users and an audit log."""

from __future__ import annotations

import json
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import trustme
import urllib3

from cluster import process
from cluster.users import USERS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

RBAC = "/apis/rbac.authorization.k8s.io/v1"

AUDIT_POLICY = {
    "apiVersion": "audit.k8s.io/v1",
    "kind": "Policy",
    "rules": [
        {"level": "None", "users": ["system:apiserver", "authenticator"]},
        {"level": "None", "nonResourceURLs": ["/readyz"]},
        {"level": "Metadata"},
    ],
}


@dataclass(frozen=True)
class Answer:
    """An answer of the API server."""

    status: int
    headers: Mapping[str, str]
    body: Any


class ApiServer:
    """An etcd process, a kube-apiserver process, and requests to the latter."""

    def __init__(self, folder: Path, *, webhook: Path | None = None) -> None:
        """Choose ports and write the files; `start` starts the processes.

        Args:
            folder: Folder for all files.
            webhook: Kubeconfig of the service that answers TokenReviews (aws-iam-authenticator).
        """
        self.folder = folder
        self.webhook = webhook
        self.users = {user.name: user for user in USERS}
        self.port = process.free_port()
        self.url = f"https://127.0.0.1:{self.port}"
        self.ca_file = folder / "ca.pem"
        self.ca = trustme.CA()
        self.ca.cert_pem.write_to_path(self.ca_file)
        self.audit_log = folder / "audit.log"
        self.marked = 0
        self.stack = ExitStack()
        self.pool = urllib3.PoolManager(ca_certs=str(self.ca_file), maxsize=16, retries=False)
        self.stack.callback(self.pool.clear)

    def start(self) -> None:
        """Start both processes, wait until they serve, and create what the users need."""
        try:
            self._start()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """End both processes."""
        self.stack.close()

    def _start(self) -> None:
        client, peer = (f"http://127.0.0.1:{process.free_port()}" for _ in range(2))
        self.etcd = self._run(
            "etcd",
            f"--data-dir={self.folder / 'etcd'}",
            f"--listen-client-urls={client}",
            f"--advertise-client-urls={client}",
            f"--listen-peer-urls={peer}",
            "--unsafe-no-fsync",
        )
        key = self.folder / "server.pem"
        self.ca.issue_cert("127.0.0.1", "localhost").private_key_and_cert_chain_pem.write_to_path(
            key
        )
        tokens = self.folder / "tokens.csv"
        tokens.write_text(
            "".join(f'{u.token},{u.name},{u.name},"{",".join(u.groups)}"\n' for u in USERS)
        )
        policy = self.folder / "audit-policy.yaml"
        policy.write_text(json.dumps(AUDIT_POLICY))
        webhook = [] if self.webhook is None else [
            f"--authentication-token-webhook-config-file={self.webhook}",
            "--authentication-token-webhook-cache-ttl=7m",  # as on EKS
        ]  # fmt: skip
        server = self._run(
            "kube-apiserver",
            f"--etcd-servers={client}",
            "--bind-address=127.0.0.1",
            f"--secure-port={self.port}",
            f"--tls-cert-file={key}",
            f"--tls-private-key-file={key}",
            "--service-account-issuer=https://kubernetes.default.svc",
            f"--service-account-key-file={key}",
            f"--service-account-signing-key-file={key}",
            "--service-cluster-ip-range=10.0.0.0/24",
            "--authorization-mode=RBAC",
            f"--token-auth-file={tokens}",
            "--disable-admission-plugins=ServiceAccount",
            f"--client-ca-file={self.ca_file}",
            f"--audit-policy-file={policy}",
            f"--audit-log-path={self.audit_log}",
            *webhook,
        )
        server.wait_until(self._ready)

    def _run(self, name: str, *flags: str) -> process.Process:
        path = process.binary(name)
        assert path, f"{name} is missing"
        running = process.Process(name, [str(path), *flags], self.folder)
        self.stack.callback(running.close)
        return running

    def _ready(self) -> bool:
        try:
            paths = ["/readyz", "/api/v1/namespaces/kube-system", f"{RBAC}/clusterroles/view"]
            return all(self.raw("GET", path).status == 200 for path in paths)
        except urllib3.exceptions.HTTPError:
            return False

    def raw(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        user: str = "admin",
        content_type: str = "application/json",
    ) -> Answer:
        """Send one request.

        Args:
            method: HTTP method, such as `PATCH`.
            path: Path from the first slash on, with the query.
            body: Bytes to send unchanged, or a value to send as JSON.
            user: Name of one of `users`.
            content_type: Content type of the body.
        """
        headers = {
            "Authorization": f"Bearer {self.users[user].token}",
            "Content-Type": content_type,
            "Accept": "application/json",
        }
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        answer = self.pool.request(method, self.url + path, body=data, headers=headers)
        try:
            content: Any = json.loads(answer.data)
        except ValueError:
            content = answer.data.decode()
        return Answer(answer.status, dict(answer.headers), content)

    def must(self, method: str, path: str, body: Any = None, **options: str) -> Any:
        """Send a request that must succeed; the body of its answer."""
        answer = self.raw(method, path, body, **options)
        assert answer.status < 300, f"{method} {path}: {answer.status} {answer.body}"
        return answer.body

    def audit(self, since: int = 0) -> list[Any]:
        """The finished requests in the audit log, once every request that arrived is finished.

        Args:
            since: Position in the log, from `mark`.
        """
        done: list[Any] = []

        def complete() -> bool:
            with self.audit_log.open("rb") as log:
                log.seek(since)
                events = [json.loads(line) for line in log if line.endswith(b"\n")]
            done[:] = [event for event in events if event["stage"] in {"ResponseComplete", "Panic"}]
            # a watch never ends
            started = [event for event in events if event["stage"] == "ResponseStarted"]
            over = {event["auditID"] for event in started + done}
            return all(event["auditID"] in over for event in events)

        process.wait_until(complete, "the end of every request in the audit log")
        return done

    def mark(self) -> int:
        """The current end of the audit log, for `audit`."""
        self.audit(self.marked)
        self.marked = self.audit_log.stat().st_size
        return self.marked
