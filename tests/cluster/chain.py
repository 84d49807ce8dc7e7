"""The whole login chain, as on EKS: STS, aws-iam-authenticator, API server, audit log."""

from __future__ import annotations

import json
import os
import socket
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from cluster.listener import ConnectProxy
from cluster.process import STS_PYTHON, Process, binary, free_port
from cluster.server import Cluster

HOST = "sts.us-east-1.amazonaws.com"
NAME = "prod.example.com"  # what aws-iam-authenticator calls the cluster id
ACCOUNT = "111111111111"


class Chain:
    """A cluster where users log in with sessions of IAM roles, mapped by aws-auth."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.stack = ExitStack()
        self.webhook = folder / "authenticator" / "kubeconfig.yaml"
        self.cluster = Cluster(folder, webhook=self.webhook)

    def start(self) -> None:
        """Start all processes, and wait until they serve."""
        try:
            self._start()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """End all processes."""
        self.stack.close()

    def _start(self) -> None:
        port = free_port()
        pem = self.folder / "sts.pem"
        certificate = self.cluster.ca.issue_cert(HOST)
        certificate.private_key_and_cert_chain_pem.write_to_path(pem)
        script = Path(__file__).with_name("sts.py")
        sts = self._run("sts", [str(STS_PYTHON), str(script), str(port), str(pem)], {})
        sts.wait_until(lambda: listens(port))
        self.proxy = self.stack.enter_context(ConnectProxy(("127.0.0.1", port)))
        state = self.webhook.parent
        state.mkdir()
        own = self.cluster.kubeconfig("authenticator", path=self.folder / "authenticator.json")
        command = [
            str(binary("aws-iam-authenticator")),
            "server",
            f"--cluster-id={NAME}",
            "--backend-mode=EKSConfigMap",
            f"--kubeconfig={own}",
            f"--state-dir={state}",
            f"--generate-kubeconfig={self.webhook}",
            f"--port={free_port()}",
        ]
        self.authenticator = self._run("aws-iam-authenticator", command, self.aws())
        # the API server reads this file once
        self.authenticator.wait_until(self.webhook.exists)
        self.stack.callback(self.cluster.close)
        self.cluster.start()

    def _run(self, name: str, command: list[str], environment: dict[str, str]) -> Process:
        running = Process(name, command, self.folder, os.environ | environment)
        self.stack.callback(running.close)
        return running

    def aws(self) -> dict[str, str]:
        """Environment variables that make this chain's STS the only AWS service."""
        return {
            "HTTPS_PROXY": self.proxy.url,
            "NO_PROXY": "127.0.0.1",
            "SSL_CERT_FILE": str(self.cluster.ca_file),
            "AWS_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
            "AWS_SECRET_ACCESS_KEY": "secret-key-of-nobody",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        }

    def reset(self) -> None:
        """Remove everything of earlier tests from the cluster and the authenticator."""
        resets = self._resets()
        there = self.cluster.source_map() is not None
        self.cluster.reset()
        if there:
            self.authenticator.wait_until(lambda: self._resets() > resets)

    def _resets(self) -> int:
        return self.authenticator.log.read_text().count("Resetting configmap on delete")

    def kubeconfig(
        self,
        role: str = "staff",
        session: str = "alice@example.com",
        *,
        context: str = "prod",
        path: Path | None = None,
        url: str | None = None,
    ) -> Path:
        """A kubeconfig whose exec plugin assumes a role for each login, as `aws eks` sets it up.

        Args:
            role: Name of an IAM role.
            session: Name of the session; each login is a new session of this name.
            context: Name of the context.
            path: The file, by default a new one; an existing file gets one more context.
            url: Other URL for the server, such as a proxy's.
        """
        path = path or self.folder / f"kubeconfig-{context}-{role}-{session}"
        plugin = {
            "apiVersion": "client.authentication.k8s.io/v1beta1",
            "command": str(binary("aws-iam-authenticator")),
            "args": [
                "token",
                f"--cluster-id={NAME}",
                f"--role=arn:aws:iam::{ACCOUNT}:role/{role}",
                f"--session-name={session}",
            ],
            "env": [{"name": name, "value": value} for name, value in self.aws().items()],
            "interactiveMode": "Never",
            "provideClusterInfo": False,
        }
        credentials = {"exec": plugin}
        return self.cluster.kubeconfig(context=context, path=path, url=url, credentials=credentials)

    def whoami(self, role: str = "staff", session: str = "alice@example.com") -> Any:
        """The `userInfo` of a fresh login (from a SelfSubjectReview), or None if it fails."""
        config = self.kubeconfig(role, session, context="whoami")
        done = self.cluster.kubectl("--kubeconfig", str(config), "auth", "whoami", "-o", "json")
        if done.returncode:
            assert b"Unauthorized" in done.stderr or b"must be logged in" in done.stderr, done
            return None
        return json.loads(done.stdout)["status"]["userInfo"]

    def wait_for_login(self, username: str, session: str = "alice@example.com") -> Any:
        """Log role `staff` in until the authenticator has read the map that gives this username."""

        user: Any = None

        def ready() -> bool:
            nonlocal user
            user = self.whoami(session=session)
            return bool(user and user["username"] == username)

        self.authenticator.wait_until(ready)
        return user


def listens(port: int) -> bool:
    """Whether a server listens on the port."""
    try:
        socket.create_connection(("127.0.0.1", port)).close()
    except OSError:
        return False
    return True
