"""Linter and patcher for the EKS aws-auth ConfigMap.

Reads the map as the authenticator does and mends it byte for byte. Everything here is pure: over
bytes, with no printing, no files and no network.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from authmap.version import __version__

if TYPE_CHECKING:
    from authmap.arn import ArnError
    from authmap.authenticator import Entry
    from authmap.finding import Finding, Fix, Severity
    from authmap.model import AuthMap
    from authmap.options import Options
    from authmap.resolve import Identity, LoginError
    from authmap.workflow import FixResult, Report, fix, lint, load

__all__ = [
    "ArnError",
    "AuthMap",
    "Entry",
    "Finding",
    "Fix",
    "FixResult",
    "Identity",
    "LoginError",
    "Options",
    "Report",
    "Severity",
    "__version__",
    "fix",
    "lint",
    "load",
]

_HOMES = {
    "ArnError": "arn",
    "Entry": "authenticator",
    "load": "workflow",
    "Finding": "finding",
    "Fix": "finding",
    "Severity": "finding",
    "AuthMap": "model",
    "Options": "options",
    "Identity": "resolve",
    "LoginError": "resolve",
    "FixResult": "workflow",
    "Report": "workflow",
    "fix": "workflow",
    "lint": "workflow",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used: the command line starts without most of them."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value
