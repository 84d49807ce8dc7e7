"""The registry of rules; finds every module of this package that defines a rule."""

from __future__ import annotations

import os
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple

from authmap.model.rule import About, Fixes, Need, Rule

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from authmap.model.finding import Finding
    from authmap.model.options import RunOptions
    from authmap.model.severity import Severity

    Check = Callable[[Any, RunOptions], Iterator[Finding]]


class CheckedRule(NamedTuple):
    """A rule, and the function that checks it.

    Attributes:
        rule: the rule's metadata.
        check: yields the findings in one content of the kind that the rule needs.
    """

    rule: Rule
    check: Check


def rule(
    code: str,
    name: str,
    severity: Severity,
    *,
    needs: Need = Need.MAP,
    about: About = About.OTHER,
    fixes: Fixes = Fixes.NONE,
    default: bool = True,
) -> Callable[[Check], CheckedRule]:
    """Decorator that turns a check function into a rule.

    Args:
        code: stable code, such as ``AM101``.
        name: kebab-case name, such as ``missing-session-name``.
        severity: default severity of its findings; the configuration can override it.
        needs: what it needs in order to run; the function is called with each content of a kind
            that it includes.
        about: its topic, where other parts of authmap depend on it.
        fixes: which fixes it has, for its page.
        default: whether it runs without being selected.
    """

    def made(check: Check) -> CheckedRule:
        found = Rule(code, name, severity, check.__module__, needs, about, fixes, default)
        return CheckedRule(found, check)

    return made


@cache
def checked_rules() -> tuple[CheckedRule, ...]:
    """All rules with their checks, sorted by code."""
    found: list[CheckedRule] = []
    for file in os.listdir(os.path.dirname(__file__)):  # noqa: PTH120, PTH208 - names are enough
        if not file.endswith(".py") or file.startswith("_"):
            continue
        members = vars(import_module(f"{__package__}.{file[:-3]}")).values()
        found += [member for member in members if isinstance(member, CheckedRule)]
    return tuple(sorted(found, key=lambda each: each.rule.code))


@cache
def all_rules() -> dict[str, Rule]:
    """All rules by code, sorted by code."""
    return {each.rule.code: each.rule for each in checked_rules()}
