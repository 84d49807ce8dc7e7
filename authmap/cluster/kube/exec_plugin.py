"""Credential plugins: programs named in a kubeconfig that print credentials.

https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins
"""

from __future__ import annotations

import base64
import json
import math
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

from authmap.cluster.kube.errors import ClusterError
from authmap.cluster.kube.redaction import masked

if TYPE_CHECKING:
    from authmap.cluster.kube.kubeconfig import KubeconfigItem

_CONFIG = "client.authentication.k8s.io/exec"
"""Name of the cluster extension that is passed to plugins."""

_NOT_SECRET = {
    "AWS_CONFIG_FILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_DEFAULT_REGION",
    "AWS_PROFILE",
    "AWS_REGION",
    "AWS_SHARED_CREDENTIALS_FILE",
    "AWS_STS_REGIONAL_ENDPOINTS",
}
"""Variables whose values are not secret, and help to understand a plugin's errors."""


def credentials(
    user: KubeconfigItem, cluster: KubeconfigItem, limit: float, patience: float
) -> dict[str, str]:
    """Run a user's plugin; the credentials it prints, under the kubeconfig's keys.

    Args:
        user: the user, with an `exec` section.
        cluster: the cluster that the credentials are for.
        limit: seconds the plugin may take if there is no terminal for its questions.
        patience: seconds it may take if there is one.

    Raises:
        ClusterError: the plugin cannot be run, fails, takes too long, or prints something else.
    """
    spec = user.value["exec"]
    try:
        command, version = str(spec["command"]), str(spec["apiVersion"])
        arguments = [str(argument) for argument in spec.get("args") or ()]
        own = {str(each["name"]): str(each["value"]) for each in spec.get("env") or ()}
        on_terminal = all(stream and stream.isatty() for stream in (sys.stdin, sys.stderr))
        asks = on_terminal and spec.get("interactiveMode") != "Never"
        info = {"interactive": asks}
        if spec.get("provideClusterInfo"):
            info["cluster"] = _cluster_info(cluster)
    except (AttributeError, KeyError, TypeError):
        raise ClusterError("the kubeconfig does not say how to run its credential plugin") from None
    limit = patience if asks else limit
    body = {"apiVersion": version, "kind": "ExecCredential", "spec": info}
    name = f"the kubeconfig's credential plugin `{command}`"
    path = str(user.folder / command) if os.sep in command else command
    try:
        done = subprocess.run(  # noqa: S603 (the kubeconfig's command is run, as kubectl does)
            [path, *arguments],
            env=os.environ | own | {"KUBERNETES_EXEC_INFO": json.dumps(body)},
            stdin=None if asks else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=None if asks else subprocess.PIPE,
            timeout=None if math.isinf(limit) else limit,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise ClusterError(f"{name} did not finish within {limit:.3g} s") from None
    except (OSError, ValueError) as error:
        hint = str(spec.get("installHint") or "").strip()
        reason = getattr(error, "strerror", None) or "it cannot be run"
        raise ClusterError(f"{name} cannot be run: {hint or reason}") from None
    if done.returncode:
        secret = {key: value for key, value in own.items() if key not in _NOT_SECRET}
        words = masked((done.stderr or b"").decode(errors="replace"), secret)
        raise ClusterError(f"{name} failed ({done.returncode}): {words or 'no error message'}")
    try:
        return _printed(json.loads(done.stdout))
    except (AttributeError, KeyError, TypeError, ValueError):
        raise ClusterError(f"{name} did not print an ExecCredential") from None


def _printed(credential: Any) -> dict[str, str]:
    """The credentials in an ExecCredential, under the kubeconfig's keys."""
    status = credential["status"]
    found = {"token": status["token"]} if status.get("token") else {}
    if status.get("clientCertificateData"):
        for key, status_key in {
            "client-certificate-data": "clientCertificateData",
            "client-key-data": "clientKeyData",
        }.items():
            found[key] = base64.b64encode(status[status_key].encode()).decode()
    if not found:
        raise KeyError("token")
    return found


def _cluster_info(cluster: KubeconfigItem) -> dict[str, Any]:
    """The cluster information for a plugin that asks for it (`provideClusterInfo`)."""
    ca = cluster.path("certificate-authority")
    info = {key: cluster.value.get(key) for key in ("server", "proxy-url", "tls-server-name")}
    info["insecure-skip-tls-verify"] = cluster.value.get("insecure-skip-tls-verify")
    info["certificate-authority-data"] = cluster.value.get("certificate-authority-data") or (
        base64.b64encode(ca.read_bytes()).decode() if ca and ca.is_file() else None
    )
    for extension in cluster.value.get("extensions") or ():
        if extension.get("name") == _CONFIG:
            info["config"] = extension.get("extension")
    return {key: value for key, value in info.items() if value}
