"""Credential plugins: programs named in a kubeconfig that print credentials.

https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins
"""

from __future__ import annotations

import atexit
import base64
import json
import math
import os
import re
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

from authmap.cluster.kube.errors import ClusterError
from authmap.cluster.kube.redaction import masked

if TYPE_CHECKING:
    from authmap.cluster.kube.kubeconfig import (
        ConnectionOptions,
        KubeconfigContext,
        KubeconfigItem,
    )

TIMEOUTS = 3
"""A plugin may take this many request timeouts, because it sends requests of its own."""

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

_SECRET = re.compile("SECRET|TOKEN|PASSWORD|CREDENTIAL")
"""Names of inherited variables whose values are secret."""

_MODES = ("Never", "IfAvailable", "Always")
"""The values of `interactiveMode`."""

_RUNNING: set[subprocess.Popen[bytes]] = set()
"""The plugins that run now; a thread that waits for one may end with the program."""


def asking(user: KubeconfigItem) -> str:
    """The command of a user's plugin if it may ask on the terminal, else "".

    As in kubectl, only standard input has to be a terminal: `isInteractive` in
    k8s.io/client-go/plugin/pkg/client/auth/exec/exec.go. Without `interactiveMode`, it asks if it
    can; from `client.authentication.k8s.io/v1` on, `interactiveMode` is required.

    Raises:
        ClusterError: `interactiveMode` is missing or unknown, or there is no terminal.
    """
    spec = user.value.get("exec")
    if not spec:
        return ""
    command, mode = str(spec.get("command")), spec.get("interactiveMode")
    name = _name(command)
    if not mode and spec.get("apiVersion") == "client.authentication.k8s.io/v1":
        raise ClusterError(
            f"{name} has no `interactiveMode`, so kubectl does not run it either: add "
            "`interactiveMode: IfAvailable`"
        )
    if mode and mode not in _MODES:
        raise ClusterError(f"{name} has an unknown `interactiveMode`: use {', '.join(_MODES)}")
    on_terminal = sys.stdin is not None and sys.stdin.isatty()
    if mode == "Always" and not on_terminal:
        raise ClusterError(
            f"{name} needs a terminal (`interactiveMode: Always`), and standard input is not one: "
            "run authmap on a terminal"
        )
    return command if on_terminal and mode != "Never" else ""


def _name(command: str) -> str:
    return f"the kubeconfig's credential plugin `{command}`"


def credentials(
    context: str, kube_context: KubeconfigContext, access: ConnectionOptions
) -> dict[str, str]:
    """Run a user's plugin; the credentials it prints, under the kubeconfig's keys.

    Args:
        context: name of the context.
        kube_context: the user, with an `exec` section, and the cluster.
        access: says how long the plugin may take, with a terminal for its questions and without.

    Raises:
        ClusterError: the plugin cannot be run, fails, takes too long, or prints something else.
    """
    user = kube_context.user
    spec = user.value["exec"]
    asks = bool(asking(user))
    try:
        command, version = str(spec["command"]), str(spec["apiVersion"])
        arguments = [str(argument) for argument in spec.get("args") or ()]
        own = {str(each["name"]): str(each["value"]) for each in spec.get("env") or ()}
        info: dict[str, Any] = {"interactive": asks}
        if spec.get("provideClusterInfo"):
            info["cluster"] = _cluster_info(kube_context.cluster)
    except (AttributeError, KeyError, TypeError):
        raise ClusterError("the kubeconfig does not say how to run its credential plugin") from None
    limit = access.patience if asks else min(access.timeout * TIMEOUTS, access.patience)
    body = {"apiVersion": version, "kind": "ExecCredential", "spec": info}
    name = _name(command)
    path = str(user.folder / command) if os.sep in command else command
    start, code = time.monotonic(), None
    try:
        code, printed, words = _run(
            [path, *arguments],
            os.environ | own | {"KUBERNETES_EXEC_INFO": json.dumps(body)},
            None if math.isinf(limit) else limit,
            asks=asks,
        )
    except subprocess.TimeoutExpired:
        raise ClusterError(f"{name} did not finish within {limit:.3g} s") from None
    except (OSError, ValueError) as error:
        hint = str(spec.get("installHint") or "").strip()
        reason = getattr(error, "strerror", None) or "it cannot be run"
        raise ClusterError(f"{name} cannot be run: {hint or reason}") from None
    finally:
        access.observer.plugin_ended(context, command, code, time.monotonic() - start)
    if code:
        inherited = {key: value for key, value in os.environ.items() if _SECRET.search(key)}
        secret = {k: v for k, v in (inherited | own).items() if k not in _NOT_SECRET}
        shown = masked((words or b"").decode(errors="replace"), secret)
        raise ClusterError(f"{name} failed ({code}): {shown or 'no error message'}")
    try:
        return _printed(json.loads(printed))
    except (AttributeError, KeyError, TypeError, ValueError):
        raise ClusterError(f"{name} did not print an ExecCredential") from None


def _run(
    command: list[str], variables: dict[str, str], limit: float | None, *, asks: bool
) -> tuple[int, bytes, bytes | None]:
    """Run a program; its exit code, output, and messages unless they went to the terminal.

    Args:
        command: the program and its arguments.
        variables: its environment.
        limit: seconds that it may take; None for as long as it likes.
        asks: whether it may ask on the terminal.

    Raises:
        TimeoutExpired: it took longer.
        OSError: it cannot be run.
    """
    shows = asks and sys.stderr is not None and sys.stderr.isatty()
    with subprocess.Popen(  # noqa: S603 (the kubeconfig's command is run, as kubectl does)
        command,
        env=variables,
        stdin=None if asks else subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=None if shows else subprocess.PIPE,
    ) as running:
        _RUNNING.add(running)
        try:
            printed, words = running.communicate(timeout=limit)
        except BaseException:
            running.kill()
            raise
        finally:
            _RUNNING.discard(running)
    return running.returncode, printed, words


@atexit.register
def _stop() -> None:
    """Stop the plugins whose threads end with the program."""
    for running in list(_RUNNING):
        running.kill()


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
    info = {key: cluster.value.get(key) for key in ("server", "proxy-url", "tls-server-name")}
    info["insecure-skip-tls-verify"] = cluster.value.get("insecure-skip-tls-verify")
    info["certificate-authority-data"] = cluster.value.get(
        "certificate-authority-data"
    ) or _authority(cluster)
    for extension in cluster.value.get("extensions") or ():
        if extension.get("name") == _CONFIG:
            info["config"] = extension.get("extension")
    return {key: value for key, value in info.items() if value}


def _authority(cluster: KubeconfigItem) -> str | None:
    """The content of the cluster's CA file, in Base64; None if it names none that exists.

    Raises:
        ClusterError: the file cannot be read.
    """
    file = cluster.path("certificate-authority")
    try:
        return base64.b64encode(file.read_bytes()).decode() if file and file.is_file() else None
    except OSError as error:
        raise ClusterError(
            f"the kubeconfig's certificate-authority {file} cannot be read: {error.strerror}"
        ) from None
