"""The real authenticator, built from tests/authenticator/, asked over a pipe."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

MODULE = Path(__file__).parent / "authenticator"


BUILT = Path(sys.prefix) / "envtest" / "authenticator"
"""Where build.py puts the filter."""


def build_command(target: Path) -> list[str]:
    """The command that builds the filter, to be run in its module."""
    flags = ["-buildvcs=false", "-ldflags=-checklinkname=0 -s -w"]
    return ["go", "build", *flags, "-o", str(target), "."]


@cache
def binary() -> Path | None:
    """The filter: a ready one, or built now (three minutes with an empty build cache)."""
    ready = os.environ.get("AUTHMAP_AUTHENTICATOR")
    if ready:
        return Path(ready)
    newest = max(path.stat().st_mtime for path in MODULE.iterdir())
    if BUILT.exists() and BUILT.stat().st_mtime > newest:
        return BUILT
    if shutil.which("go") is None:
        return None
    folder = Path(tempfile.mkdtemp(prefix="authmap-authenticator-"))
    subprocess.run(build_command(folder / "authenticator"), cwd=MODULE, check=True)
    return folder / "authenticator"


class Oracle:
    """A running filter."""

    def __init__(self, path: Path) -> None:
        self.process = subprocess.Popen([path], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, data: dict[str, str], callers: list[dict[str, str]]) -> Any:
        """What the authenticator makes of a ConfigMap's data, and of callers."""
        assert self.process.stdin
        assert self.process.stdout
        question = json.dumps({"data": data, "callers": callers})
        self.process.stdin.write(question.encode() + b"\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def close(self) -> None:
        """End the process."""
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()
