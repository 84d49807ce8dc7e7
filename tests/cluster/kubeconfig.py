"""Write kubeconfig files as JSON, which is also YAML."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path


def add_context(
    path: Path, context: str, server: dict[str, str], credentials: dict[str, Any]
) -> None:
    """Add a context to a file, with a cluster and a user of the same name."""
    config: dict[str, Any] = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [],
        "users": [],
        "contexts": [],
        "current-context": context,
    }
    if path.exists():
        config = json.loads(path.read_text())
    entries: dict[str, dict[str, Any]] = {
        "clusters": {"cluster": server},
        "users": {"user": credentials},
        "contexts": {"context": {"cluster": context, "user": context}},
    }
    for kind, entry in entries.items():
        config[kind] = [one for one in config[kind] if one["name"] != context]
        config[kind].append({"name": context} | entry)
    path.write_text(json.dumps(config, indent=1))
    path.chmod(0o600)
