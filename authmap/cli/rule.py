"""`authmap rule`."""

from __future__ import annotations

from typing import Annotated

import typer

from authmap.cli import console
from authmap.rules.codes import rule_code


def rule(
    code: Annotated[
        str | None, typer.Argument(metavar="[CODE]", help="Rule code or name, such as AM101.")
    ] = None,
) -> None:
    """Print the documentation of a rule, or list all rules.

    Try:

        authmap rule

        authmap rule AM101
    """
    from authmap.rules.registry import all_rules

    rules = all_rules()
    if code is None:
        for each in rules.values():
            off = "" if each.default else " (off by default)"
            console.out(f"{each.code} {each.severity!s:7} {each.name}{off}\n")
        return
    console.out(rules[rule_code(code, whole=True)].page)
