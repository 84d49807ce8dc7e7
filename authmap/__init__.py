"""Linter and patcher for the EKS aws-auth ConfigMap.

Reads the map as the authenticator does and mends it byte for byte. Everything here is pure: over
bytes, with no printing, no files and no network.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from authmap.version import __version__

if TYPE_CHECKING:
    from authmap.api import fix, lint, load
    from authmap.authenticator.arn import ArnError
    from authmap.authenticator.entry import Entry
    from authmap.authenticator.resolve import Identity, LoginError
    from authmap.fixing.results import FixResult
    from authmap.linting.results import Report
    from authmap.model.auth_map import AuthMap
    from authmap.model.finding import Finding, Fix
    from authmap.model.options import Options
    from authmap.model.severity import Severity

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
    "ArnError": "authenticator.arn",
    "Entry": "authenticator.entry",
    "load": "api",
    "Finding": "model.finding",
    "Fix": "model.finding",
    "Severity": "model.severity",
    "AuthMap": "model.auth_map",
    "Options": "model.options",
    "Identity": "authenticator.resolve",
    "LoginError": "authenticator.resolve",
    "FixResult": "fixing.results",
    "Report": "linting.results",
    "fix": "api",
    "lint": "api",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used: the command line starts without most of them."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value
