"""Linter and patcher for the EKS aws-auth ConfigMap.

Reads the map as the authenticator does, and fixes it without touching any other byte. Everything
here is pure: over bytes, with no printing, no files and no network.

Start with `lint` and `fix`; `load` returns the maps in a file, and a map resolves callers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from authmap.version import __version__

if TYPE_CHECKING:
    from authmap.access.compare import AccessChange, Comparison, Effect, compare
    from authmap.access.grant import Access, Grant
    from authmap.access.principal import Principal
    from authmap.api import UnreadableError, fix, fix_data, lint, lint_data, load, load_bindings
    from authmap.authenticator.arn import ArnError
    from authmap.authenticator.entry import Entry
    from authmap.authenticator.resolve import Identity, LoginError
    from authmap.authenticator.section import Section
    from authmap.config.options import Options
    from authmap.fixing.results import DataFixResult, FixResult
    from authmap.linting.results import Report
    from authmap.model.auth_map import AuthMap
    from authmap.model.bindings import Bindings
    from authmap.model.finding import Finding, Fix
    from authmap.model.reserved_entries import ReservedEntry
    from authmap.model.rule import Rule
    from authmap.model.severity import Severity

__all__ = [
    "Access",
    "AccessChange",
    "ArnError",
    "AuthMap",
    "Bindings",
    "Comparison",
    "DataFixResult",
    "Effect",
    "Entry",
    "Finding",
    "Fix",
    "FixResult",
    "Grant",
    "Identity",
    "LoginError",
    "Options",
    "Principal",
    "Report",
    "ReservedEntry",
    "Rule",
    "Section",
    "Severity",
    "UnreadableError",
    "__version__",
    "compare",
    "fix",
    "fix_data",
    "lint",
    "lint_data",
    "load",
    "load_bindings",
]

_HOMES = {
    "Access": "access.grant",
    "AccessChange": "access.compare",
    "ArnError": "authenticator.arn",
    "AuthMap": "model.auth_map",
    "Bindings": "model.bindings",
    "Comparison": "access.compare",
    "DataFixResult": "fixing.results",
    "Effect": "access.compare",
    "Entry": "authenticator.entry",
    "Finding": "model.finding",
    "Fix": "model.finding",
    "FixResult": "fixing.results",
    "Grant": "access.grant",
    "Identity": "authenticator.resolve",
    "LoginError": "authenticator.resolve",
    "Options": "config.options",
    "Principal": "access.principal",
    "Report": "linting.results",
    "ReservedEntry": "model.reserved_entries",
    "Rule": "model.rule",
    "Section": "authenticator.section",
    "Severity": "model.severity",
    "UnreadableError": "api",
    "compare": "access.compare",
    "fix": "api",
    "fix_data": "api",
    "lint": "api",
    "lint_data": "api",
    "load": "api",
    "load_bindings": "api",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used: the command line starts without most of them."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
