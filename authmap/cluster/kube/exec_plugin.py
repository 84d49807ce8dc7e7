"""Credential plugins: programs that a kubeconfig names, and that print who we are.

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
"""Name of the cluster's extension that is meant for plugins."""

_HARMLESS = {
    "AWS_CONFIG_FILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_DEFAULT_REGION",
    "AWS_PROFILE",
    "AWS_REGION",
    "AWS_SHARED_CREDENTIALS_FILE",
    "AWS_STS_REGIONAL_ENDPOINTS",
}
"""Variables whose values are no secret, and are what their errors are about."""


def credentials(
    user: KubeconfigItem, cluster: KubeconfigItem, limit: float, patience: float
) -> dict[str, str]:
    """Run the plugin of a user; credentials as a kubeconfig holds them.

    Args:
        user: with `exec`.
        cluster: which the credentials are for.
        limit: how long it may take, in seconds, where nobody is there to answer its questions.
        patience: how long where somebody is.

    Raises:
        ClusterError: it cannot be run, fails, takes too long, or prints something else.
    """
    spec = user.value["exec"]
    try:
        command, version = str(spec["command"]), str(spec["apiVersion"])
        arguments = [str(argument) for argument in spec.get("args") or ()]
        own = {str(each["name"]): str(each["value"]) for each in spec.get("env") or ()}
        seen = all(stream and stream.isatty() for stream in (sys.stdin, sys.stderr))
        asks = seen and spec.get("interactiveMode") != "Never"
        info = {"interactive": asks}
        if spec.get("provideClusterInfo"):
            info["cluster"] = _told(cluster)
    except (AttributeError, KeyError, TypeError):
        raise ClusterError("the kubeconfig does not say how to run its plugin") from None
    limit = patience if asks else limit
    body = {"apiVersion": version, "kind": "ExecCredential", "spec": info}
    name = f"`{command}`, which the kubeconfig logs in with,"
    path = str(user.folder / command) if os.sep in command else command
    try:
        done = subprocess.run(  # noqa: S603 (what the kubeconfig says is run, as by kubectl)
            [path, *arguments],
            env=os.environ | own | {"KUBERNETES_EXEC_INFO": json.dumps(body)},
            stdin=None if asks else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=None if asks else subprocess.PIPE,
            timeout=None if math.isinf(limit) else limit,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise ClusterError(f"{name} has not come to an end within {limit:.3g} s") from None
    except (OSError, ValueError) as error:
        hint = str(spec.get("installHint") or "").strip()
        reason = getattr(error, "strerror", None) or "it cannot be run"
        raise ClusterError(f"{name} cannot be run: {hint or reason}") from None
    if done.returncode:
        secret = {key: value for key, value in own.items() if key not in _HARMLESS}
        words = masked((done.stderr or b"").decode(errors="replace"), secret)
        raise ClusterError(f"{name} failed ({done.returncode}): {words or 'it does not say why'}")
    try:
        return _printed(json.loads(done.stdout))
    except (AttributeError, KeyError, TypeError, ValueError):
        raise ClusterError(f"{name} does not print an ExecCredential") from None


def _printed(credential: Any) -> dict[str, str]:
    """The user that a plugin printed."""
    status = credential["status"]
    found = {"token": status["token"]} if status.get("token") else {}
    if status.get("clientCertificateData"):
        for ours, theirs in {
            "client-certificate-data": "clientCertificateData",
            "client-key-data": "clientKeyData",
        }.items():
            found[ours] = base64.b64encode(status[theirs].encode()).decode()
    if not found:
        raise KeyError("token")
    return found


def _told(cluster: KubeconfigItem) -> dict[str, Any]:
    """What a plugin is told about the cluster, where it asks."""
    ca = cluster.path("certificate-authority")
    told = {key: cluster.value.get(key) for key in ("server", "proxy-url", "tls-server-name")}
    told["insecure-skip-tls-verify"] = cluster.value.get("insecure-skip-tls-verify")
    told["certificate-authority-data"] = cluster.value.get("certificate-authority-data") or (
        base64.b64encode(ca.read_bytes()).decode() if ca and ca.is_file() else None
    )
    for extension in cluster.value.get("extensions") or ():
        if extension.get("name") == _CONFIG:
            told["config"] = extension.get("extension")
    return {key: value for key, value in told.items() if value}
