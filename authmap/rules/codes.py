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


def find_code(word: str) -> str | None:
    """The code of the rule that a word names by code or name, or None if it names no rule."""
    rules = all_rules()
    if word.upper() in rules:
        return word.upper()
    return next((rule.code for rule in rules.values() if rule.name == word.lower()), None)


def rule_code(text: str, *, whole: bool = False) -> str:
    """Convert a rule's code, its name, or a prefix of codes to an upper-case code or prefix.

    Args:
        text: the code, name or prefix.
        whole: whether a prefix is not allowed.

    Raises:
        OptionError: no rule matches, or only a prefix was given although `whole` is set.
    """
    code, known = text.strip().upper(), all_rules()
    found = find_code(text.strip())
    if found:
        return found
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
