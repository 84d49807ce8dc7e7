"""The rules. Each module in this package is one rule; putting it here is all there is to do."""

from __future__ import annotations

import os
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

from authmap.model.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from authmap.model.auth_map import AuthMap
    from authmap.model.finding import Finding
    from authmap.model.options import Options
    from authmap.model.severity import Severity

    Check = Callable[[AuthMap, Options], Iterator[Finding]]


def rule(
    code: str, name: str, severity: Severity, *, default: bool = True, last: bool = False
) -> Callable[[Check], Rule]:
    """Make a rule of the function below."""
    return lambda check: Rule(code, name, severity, check, default=default, last=last)


@cache
def all_rules() -> dict[str, Rule]:
    """Every rule by its code, in the order of the codes."""
    found = []
    for file in os.listdir(os.path.dirname(__file__)):  # noqa: PTH120, PTH208 - names are enough
        if not file.endswith(".py") or file.startswith("_"):
            continue
        members = vars(import_module(f"{__package__}.{file[:-3]}")).values()
        found += [member for member in members if isinstance(member, Rule)]
    return {each.code: each for each in sorted(found, key=lambda each: each.code)}
