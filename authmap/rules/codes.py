"""The codes of rules, as people write them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from authmap.model.options import OptionError, Options, near
from authmap.model.rule import Need
from authmap.rules.registry import all_rules

if TYPE_CHECKING:
    from collections.abc import Iterable

    from authmap.model.rule import Rule


def unchecked(options: Options, rules: Iterable[Rule]) -> str | None:
    """Why rules about bindings do not run that are selected, if they do not."""
    if not any(Need.BINDINGS in rule.needs for rule in options.selected(rules)):
        return None
    if options.bindings is None:
        return "no bindings given (--rbac PATH or --context NAME)"
    return options.bindings.missing


def rule_code(text: str, *, whole: bool = False) -> str:
    """The code of a rule that is given by its code or name, or a prefix of codes, in upper case.

    Raises:
        OptionError: it fits no rule.
    """
    code, known = text.strip().upper(), all_rules()
    if code in known:
        return code
    named = next((rule.code for rule in known.values() if rule.name == text.strip().lower()), None)
    if named:
        return named
    if not code:
        raise OptionError("a rule's code is empty: is a comma too many, or a variable not set?")
    if any(each.startswith(code) for each in known):
        if not whole:
            return code
        raise OptionError(f"`{text}` is not a whole code; `authmap rule` lists them all")
    names = [rule.name for rule in known.values()]
    listed = "`authmap rule` lists them all"
    hint = near(text.strip().lower(), names, listed) if "-" in text else near(code, known, listed)
    raise OptionError(f"no rule's code begins with `{text}`; {hint}")
