"""Rule codes and names as users write them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from authmap.model.options import OptionError, RunOptions, near
from authmap.model.rule import Need
from authmap.rules.registry import all_rules

if TYPE_CHECKING:
    from collections.abc import Iterable

    from authmap.model.rule import Rule


def unchecked(options: RunOptions, rules: Iterable[Rule]) -> str | None:
    """Why the selected rules that need bindings are skipped; None if none is skipped."""
    if not any(Need.BINDINGS in rule.needs for rule in options.selected(rules)):
        return None
    if options.bindings is None:
        return "no bindings given (--rbac PATH or --context NAME)"
    return options.bindings.missing


def rule_code(text: str, *, whole: bool = False) -> str:
    """Convert a rule's code, its name, or a prefix of codes to an upper-case code or prefix.

    Args:
        text: the code, name or prefix.
        whole: whether a prefix is not allowed.

    Raises:
        OptionError: no rule matches, or only a prefix was given although `whole` is set.
    """
    code, known = text.strip().upper(), all_rules()
    if code in known:
        return code
    named = next((rule.code for rule in known.values() if rule.name == text.strip().lower()), None)
    if named:
        return named
    if not code:
        raise OptionError("a rule code is empty: is there an extra comma or an unset variable?")
    if any(each.startswith(code) for each in known):
        if not whole:
            return code
        raise OptionError(f"`{text}` is not a complete rule code; `authmap rule` lists them all")
    names = [rule.name for rule in known.values()]
    listed = "`authmap rule` lists them all"
    hint = near(text.strip().lower(), names, listed) if "-" in text else near(code, known, listed)
    raise OptionError(f"no rule matches `{text}`; {hint}")
