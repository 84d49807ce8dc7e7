"""Kubeconfigs that work (GOOD), and kubeconfigs that fail (BAD)."""

from __future__ import annotations

import base64
import json
import os
import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cluster.server import Cluster

EDITOR = "secret-token-of-editor"
HIDDEN = "very-secret"
UNREADABLE = "/proc/self/mem"  # also for root
Case = Callable[["Cluster", Path], Path]


AS = {"as": "editor", "as-groups": ["test:editors", "b"], "as-user-extra": {"a/b": ["1", "2"]}}
ENV = [{"name": "KEY", "value": HIDDEN}]
UNVERIFIED = {"insecure-skip-tls-verify": True}
BOMB = "a: &a [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{new}: &{new} [{','.join([f'*{old}'] * 10)}]\n" for old, new in pairwise("abcdefghi")
)


def write(
    cluster: Cluster, folder: Path, user: Any = None, server: Any = None, **lists: Any
) -> Path:
    """A kubeconfig with one context; fields of `server` that are None are left out."""
    server = {"server": cluster.url, "certificate-authority": str(cluster.ca_file)} | (server or {})
    config = {
        "contexts": [{"name": "prod", "context": {"cluster": "there", "user": "me"}}],
        "clusters": [{"name": "there", "cluster": {k: v for k, v in server.items() if v}}],
        "users": [{"name": "me", "user": {"token": EDITOR} if user is None else user}],
    }
    path = folder / "config"
    path.write_text(json.dumps(config | lists))
    return path


def reworded(path: Path, old: str, new: str) -> Path:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    return path


def put(folder: Path, **files: str | bytes) -> Path:
    for name, content in files.items():
        data = content.encode() if isinstance(content, str) else content
        (folder / name).write_bytes(data)
    return folder


def authority(data: str | None) -> dict[str, str | None]:
    return {"certificate-authority": None, "certificate-authority-data": data}


def encoded(path: str | Path) -> str:
    return base64.b64encode(Path(path).read_bytes()).decode()


def certificate(cluster: Cluster) -> dict[str, str]:
    return cluster.client_certificate("somebody", "test:editors")


def inline(cluster: Cluster) -> dict[str, str]:
    return {f"{key}-data": encoded(path) for key, path in certificate(cluster).items()}


def plugin(folder: Path, script: str, **more: Any) -> dict[str, Any]:
    """A user entry whose plugin is a Python program with this body."""
    path = put(folder, plugin=f"#!{sys.executable}\nimport json, os, sys, time\n{script}\n")
    (path / "plugin").chmod(0o755)
    version = "client.authentication.k8s.io/v1"
    spec = {"apiVersion": version, "command": "./plugin", "interactiveMode": "Never"}
    return {"exec": spec | more}


def printed(**status: str) -> str:
    """The body of a plugin that prints an ExecCredential with this status."""
    credential = {"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential"}
    return f"print({json.dumps(credential | {'status': status})!r})"


def plugin_of_certificate(cluster: Cluster, folder: Path) -> dict[str, Any]:
    made = certificate(cluster)
    pem, key = (Path(made[f"client-{kind}"]).read_text() for kind in ("certificate", "key"))
    return plugin(folder, printed(clientCertificateData=pem, clientKeyData=key))


ASKS_INFO = """
info = json.loads(os.environ["KUBERNETES_EXEC_INFO"])
told = info["spec"]["cluster"]
right = told["server"].startswith("https://127") and told["certificate-authority-data"]
token = os.environ["TOKEN"] if right and told["config"]["audience"] == "x" else "wrong"
status = {"token": token, "expirationTimestamp": "2020-01-01T00:00:00Z"}
print(json.dumps({"apiVersion": info["apiVersion"], "kind": "ExecCredential", "status": status}))
"""


def plugin_with_cluster_info(cluster: Cluster, folder: Path) -> Path:
    env = [{"name": "TOKEN", "value": EDITOR}]
    user = plugin(folder, ASKS_INFO, provideClusterInfo=True, env=env)
    extension = {"name": "client.authentication.k8s.io/exec", "extension": {"audience": "x"}}
    return write(cluster, folder, user, {"extensions": [extension]})


def split(cluster: Cluster, folder: Path) -> Path:
    """A kubeconfig split into files in separate folders, with paths relative to them."""
    for name in ("clusters", "users", "contexts"):
        (folder / name).mkdir()
    lists = json.loads(write(cluster, folder).read_text())
    put(folder / "clusters", **{"ca.pem": cluster.ca_file.read_bytes()})
    lists["clusters"][0]["cluster"]["certificate-authority"] = "ca.pem"
    for key, path in certificate(cluster).items():
        put(folder / "users", **{key: Path(path).read_bytes()})
    lists["users"][0]["user"] = {key: key for key in ("client-certificate", "client-key")}
    paths = []
    for name in ("clusters", "users", "contexts"):
        paths.append(folder / name / "config")
        paths[-1].write_text(json.dumps({name: lists[name]}))
    put(folder, empty="", comment="# nothing here\n")
    paths += [folder / "empty", folder / "comment", folder / "missing"]
    return Path(os.pathsep.join(map(str, paths)))


def first_item_wins(cluster: Cluster, folder: Path) -> Path:
    for name in ("one", "two"):
        (folder / name).mkdir()
    one = write(cluster, folder / "one")
    two = write(cluster, folder / "two", {"token": "wrong"}, {"server": "https://127.0.0.1:1"})
    return Path(f"{one}{os.pathsep}{two}")


def plugin_of_an_old_version(_: Cluster, folder: Path, **more: Any) -> dict[str, Any]:
    """A user whose plugin needs no `interactiveMode`."""
    version = "client.authentication.k8s.io/v1beta1"
    script = printed(token=EDITOR).replace("io/v1", "io/v1beta1")
    return plugin(folder, script, apiVersion=version, interactiveMode=None, **more)


GOOD: dict[str, Case] = {
    "token": write,
    "token file": lambda c, f: write(c, put(f, token=f"{EDITOR}\n"), {"tokenFile": "token"}),
    "certificate": lambda c, f: write(c, f, certificate(c)),
    "certificate inline": lambda c, f: write(c, f, inline(c)),
    "plugin": lambda c, f: write(c, f, plugin(f, printed(token=EDITOR))),
    "plugin's certificate": lambda c, f: write(c, f, plugin_of_certificate(c, f)),
    "plugin with cluster information": plugin_with_cluster_info,
    "plugin that may ask": lambda c, f: write(
        c, f, plugin(f, printed(token=EDITOR), interactiveMode="IfAvailable")
    ),
    "plugin of an old version": lambda c, f: write(c, f, plugin_of_an_old_version(c, f)),
    "scheme in capitals": lambda c, f: write(c, f, server={"server": c.url.upper()}),
    "authority inline": lambda c, f: write(c, f, server=authority(encoded(c.ca_file))),
    "server name": lambda c, f: write(c, f, server={"tls-server-name": "localhost"}),
    "no verification": lambda c, f: write(c, f, server=authority(None) | UNVERIFIED),
    "no verification in YAML 1.1": lambda c, f: reworded(
        write(c, f, server=authority(None) | UNVERIFIED), ": true", ": on"
    ),
    "several files": split,
    "two items of one name": first_item_wins,
    "impersonation": lambda c, f: write(c, f, {"token": "secret-token-of-admin"} | AS),
}
BAD: dict[str, tuple[Case, str]] = {
    "no such user": (lambda c, f: write(c, f, users=[]), "names the user `me`, which does not"),
    "no such cluster": (
        lambda c, f: write(c, f, clusters=[]),
        "the cluster `there`, which doe",
    ),
    "no server": (lambda c, f: write(c, f, server={"server": None}), "no server"),
    "no scheme": (lambda c, f: write(c, f, server={"server": "127.0.0.1:1"}), "with https://"),
    "no TLS": (lambda c, f: write(c, f, server={"server": c.url.replace("s:", ":")}), "(400)"),
    "other's name": (lambda c, f: write(c, f, server={"tls-server-name": "x.test"}), "'x.test'"),
    "no authority": (lambda c, f: write(c, f, server=authority(None)), "is not trusted"),
    "bad authority": (lambda c, f: write(c, f, server=authority("eA==")), "authority cannot be"),
    "no file": (lambda c, f: write(c, f, {"client-certificate": "no", "client-key": "no"}), "/no"),
    "other's key": (
        lambda c, f: write(c, f, certificate(c) | {"client-key": str(c.folder / "server.pem")}),
        "client-key cannot be used: KEY_VALUES_MISMATCH",
    ),
    "bad token": (lambda c, f: write(c, f, {"token": HIDDEN}), "credentials (401)"),
    "split token": (lambda c, f: write(c, f, {"token": f"{HIDDEN}\r\nX: y"}), "cannot be sent"),
    "no token file": (lambda c, f: write(c, f, {"tokenFile": "no"}), "/no: No such file"),
    "group without user": (lambda c, f: write(c, f, {"as-groups": ["x"]}), "requires a user"),
    "removed auth provider": (
        lambda c, f: write(c, f, {"auth-provider": {"name": "gcp"}}),
        "provider `gcp`",
    ),
    "no plugin": (
        lambda c, f: write(c, f, plugin(f, "", command="no-such-plugin", installHint="get it")),
        "the kubeconfig's credential plugin `no-such-plugin` cannot be run: get it",
    ),
    "plugin that fails": (
        lambda c, f: write(c, f, plugin(f, "sys.exit('no ' + os.environ['KEY'])", env=ENV)),
        "failed (1): no $KEY",
    ),
    "plugin that prints something": (
        lambda c, f: write(c, f, plugin(f, f"print('{HIDDEN}')")),
        "did not print an ExecCredential",
    ),
    "plugin that prints nothing of use": (
        lambda c, f: write(c, f, plugin(f, printed(other=HIDDEN))),
        "did not print an ExecCredential",
    ),
    "plugin that needs a terminal": (
        lambda c, f: write(c, f, plugin(f, printed(token=EDITOR), interactiveMode="Always")),
        "plugin `./plugin` needs a terminal (`interactiveMode: Always`), and standard input",
    ),
    "plugin without a mode": (
        lambda c, f: write(c, f, plugin(f, printed(token=EDITOR), interactiveMode=None)),
        "plugin `./plugin` has no `interactiveMode`",
    ),
    "plugin with an unknown mode": (
        lambda c, f: write(c, f, plugin(f, printed(token=EDITOR), interactiveMode="never")),
        "has an unknown `interactiveMode`: use Never, IfAvailable, Always",
    ),
    "authority that cannot be read": (
        lambda c, f: write(c, f, server={"certificate-authority": UNREADABLE}),
        "authority cannot be",
    ),
    "authority that cannot be read, for a plugin": (
        lambda c, f: write(
            c,
            f,
            plugin(f, printed(token=EDITOR), provideClusterInfo=True),
            {"certificate-authority": UNREADABLE},
        ),
        f"certificate-authority {UNREADABLE} cannot be read",
    ),
    "not YAML": (lambda _, f: put(f, config=f"a: b\n c: {HIDDEN}\n") / "config", "config:2:"),
    "no mapping": (lambda _, f: put(f, config=f"[{HIDDEN}]") / "config", "not a kubeconfig"),
    "no name": (lambda _, f: put(f, config='{"contexts": [{}]}') / "config", "not a kubeconfig"),
    "not text": (lambda _, f: put(f, config=b"\xff\xfe\x00") / "config", "not a kubeconfig"),
    "deep": (
        lambda _, f: put(f, config="[" * 100_000) / "config",
        "1:10001: the kubeconfig is not",
    ),
    "large": (
        lambda _, f: put(f, config="#" * (1 << 24 | 1)) / "config",
        "too large for a kubeconfig",
    ),
    "bomb": (lambda _, f: put(f, config=BOMB) / "config", "kubectl cannot read it"),
    "tag": (lambda _, f: put(f, config=f"a: !!int {HIDDEN}") / "config", "config:1:10: the kube"),
    "verification in YAML 1.1": (
        lambda c, f: reworded(write(c, f, server=authority(None) | UNVERIFIED), ": true", ": no"),
        "is not trusted",
    ),
    "invalid port": (lambda c, f: write(c, f, server={"server": "https://h:x"}), "no server"),
    "proxy that is a number": (lambda c, f: write(c, f, server={"proxy-url": 5}), "is not text"),
    "proxy's port": (lambda c, f: write(c, f, server={"proxy-url": "http://h:x"}), "proxy's URL"),
    "proxy's host": (lambda c, f: write(c, f, server={"proxy-url": "http://h b"}), "proxy's URL"),
    "verification as text": (
        lambda c, f: write(c, f, server=authority(None) | {"insecure-skip-tls-verify": "false"}),
        "`insecure-skip-tls-verify` is not true or false",
    ),
    "groups as text": (lambda c, f: write(c, f, AS | {"as-groups": "x"}), "as-groups` is not a l"),
    "extra as text": (
        lambda c, f: write(c, f, AS | {"as-user-extra": {"a": "b"}}),
        "`as-user-extra.a` is not a list",
    ),
    "arguments of a plugin": (
        lambda c, f: write(c, f, plugin(f, "", args=[1])),
        "`exec.args[0]` is not text",
    ),
    "missing": (lambda _, f: f / "missing", "missing does not exist"),
    "no file in KUBECONFIG": (lambda *_: Path(os.pathsep), "KUBECONFIG is set but names no file"),
}
