"""Manifests of an aws-auth map, and authmap run on them as its users run it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
A1, A2 = "111111111111", "222222222222"
NODES = f"""\
    - rolearn: arn:aws:iam::{A1}:role/nodes
      username: system:node:{{{{EC2PrivateDNSName}}}}
      groups: [system:bootstrappers, system:nodes]
"""
FARGATE = f"""\
    - rolearn: arn:aws:iam::{A1}:role/fargate
      username: system:node:{{{{SessionName}}}}
      groups: [system:bootstrappers, system:nodes, system:node-proxier]
"""


def role(name: str, username: str, *groups: str, account: str = A1) -> str:
    return (
        f"    - rolearn: arn:aws:iam::{account}:role/{name}\n      username: {username}\n"
        f"      groups: [{', '.join(groups)}]\n"
    )


ADMIN = role("admin", "admin:{{SessionName}}", "system:masters")
STAFF = role("staff", "staff:{{SessionName}}", "devs")


def manifest(*entries: str, more: str = "") -> str:
    head = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: aws-auth, namespace: kube-system}\n"
    section = "".join(entries) or "    []\n"
    return f"{head}data:\n  mapRoles: |\n{section}{more}"


def authmap(
    *arguments: str, cwd: Path, stdin: str = "", **variables: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "authmap", *arguments],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT), "NO_COLOR": "1", **variables},
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
    )
