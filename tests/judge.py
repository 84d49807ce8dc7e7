"""The programs that judge what authmap writes: in an environment of their own, beside this one."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import need

REQUIREMENTS = Path(__file__).parent / "judges" / "requirements.txt"

ENVIRONMENT = Path(sys.prefix) / "judges"
"""Where build.py installs them."""


def program(name: str) -> str:
    """The path of a judge; the test is skipped where it is not installed."""
    found = shutil.which(name, path=str(ENVIRONMENT / "bin")) or shutil.which(name)
    if found is None:
        need.unavailable(name, f"{name} is not installed: `python tests/build.py judges` does it")
    return found
