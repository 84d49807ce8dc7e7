"""Templates of other tools: what Helm, Jinja, Terraform or a person still has to fill in."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from authmap.authenticator.placeholder import KNOWN, NORMAL, is_placeholder, normalised

if TYPE_CHECKING:
    from collections.abc import Iterable


@cache
def _template() -> re.Pattern[str]:
    return re.compile(
        rf"[$%]\{{[^}}]{{0,999}}\}}|\$\([\w.]+\)|\$[A-Z][A-Z0-9_]+\b|{_BRACED}|<%(?:[^<%\n]|<(?!%)|%(?!>))*%>"
        r"|<<?[A-Za-z][\w .:-]{0,99}>?>"
    )


_BRACED = (
    r"\{\{(?:[^{}\n]|[{}](?![{}])|\{\{\w+\}\})*\}\}"  # a placeholder in it is handed on
    r"|\{%(?:[^{%\n]|\{(?!%)|%(?!\}))*%\}|(?<!\$)\{#[^}\n]*#\}"
)
"""Templates of tools that take two braces for their own; none begins inside of another."""


def templates(value: str) -> list[re.Match[str]]:
    """What in a value still has to be rendered by another tool: Helm, Terraform, a person.

    Placeholders of the authenticator are left out, and so is what is one but for its delimiters
    or its spelling (`<<SessionName>>`, `{{ sessionName }}`): rules of their own see to those.
    """
    return list(_templates(value))


@lru_cache(maxsize=32768)
def _templates(value: str) -> tuple[re.Match[str], ...]:
    if not may_hold_template(value) or not any(mark in value for mark in "}>)$"):
        return ()
    if value.startswith("arn:"):  # nothing is filled in there, however it is spelt
        return tuple(m for m in _template().finditer(value) if m[0] not in KNOWN)
    return tuple(m for m in _template().finditer(value) if not is_placeholder(m[0]))


def in_braces(text: str) -> list[re.Match[str]]:
    """What a tool that takes two braces for its own may take for it; nothing where all is ours.

    That is Helm or Jinja; the authenticator's placeholders are templates of theirs, too. What does
    not end on its line is its first two braces.
    """
    rest = _without_known(text)
    if not ("{{" in rest or "{%" in rest or "{#" in rest):
        return []
    return list(re.finditer(rf"{_BRACED}|(?<!\$)\{{#|\{{\{{", text))


def braced_template(found: Iterable[re.Match[str]]) -> int | None:
    """Where the first template stands of what is in braces."""
    closed = (m for m in found if m[0] not in ("{{", "{#"))
    return next((match.start() for match in closed if not is_placeholder(match[0])), None)


def braced_words(found: Iterable[re.Match[str]]) -> list[int]:
    """Where braces stand that may be a misspelt placeholder in a username.

    Anywhere else they are a template: `{{env}}`, or two braces that end on another line.
    """
    return [m.start() for m in found if "_" in m[0] or normalised(m[0]) not in NORMAL]


def may_hold_template(text: str) -> bool:
    """A cheap test that passes over text in which no template can be."""
    rest = _without_known(text)
    return "{" in rest or "<" in rest or "$" in rest


def _without_known(text: str) -> str:
    for known in KNOWN if "{{" in text else ():
        text = text.replace(known, "")
    return text
