"""Finds templates that Helm, Jinja, Terraform or a person still has to fill in."""

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
    r"\{\{(?:[^{}\n]|[{}](?![{}])|\{\{\w+\}\})*\}\}"  # may contain a placeholder
    r"|\{%(?:[^{%\n]|\{(?!%)|%(?!\}))*%\}|(?<!\$)\{#[^}\n]*#\}"
)
"""Matches templates of tools that use double braces; none begins inside another."""


def templates(value: str) -> list[re.Match[str]]:
    """Find the templates in a value that another tool or a person still has to fill in.

    Leaves out the authenticator's placeholders, and placeholders that are only misspelled or have
    the wrong delimiters (`<<SessionName>>`, `{{ sessionName }}`): separate rules report those.
    """
    return list(_templates(value))


@lru_cache(maxsize=32768)
def _templates(value: str) -> tuple[re.Match[str], ...]:
    if not may_hold_template(value) or not any(mark in value for mark in "}>)$"):
        return ()
    if value.startswith("arn:"):  # ARNs have no placeholders, not even misspelled ones
        return tuple(m for m in _template().finditer(value) if m[0] not in KNOWN)
    return tuple(m for m in _template().finditer(value) if not is_placeholder(m[0]))


def in_braces(text: str) -> list[re.Match[str]]:
    """Find everything that Helm or Jinja would read as a template.

    To them, the authenticator's placeholders are templates too. A template that does not end on its
    line is matched by its first two braces.

    Returns:
        The matches; none if the text contains only known placeholders.
    """
    rest = _without_known(text)
    if not ("{{" in rest or "{%" in rest or "{#" in rest):
        return []
    return list(re.finditer(rf"{_BRACED}|(?<!\$)\{{#|\{{\{{", text))


def braced_template(found: Iterable[re.Match[str]]) -> int | None:
    """Offset of the first match of `in_braces` that is a template, not a placeholder, or None."""
    closed = (m for m in found if m[0] not in ("{{", "{#"))
    return next((match.start() for match in closed if not is_placeholder(match[0])), None)


def braced_words(found: Iterable[re.Match[str]]) -> list[int]:
    """Offsets of the matches of `in_braces` that are templates unless they are in a username.

    In a username they may be misspelled placeholders. Examples are `{{env}}`, and two braces that
    close on another line.
    """
    return [m.start() for m in found if "_" in m[0] or normalised(m[0]) not in NORMAL]


def may_hold_template(text: str) -> bool:
    """A cheap test: False for text that cannot contain a template."""
    rest = _without_known(text)
    return "{" in rest or "<" in rest or "$" in rest


def _without_known(text: str) -> str:
    for known in KNOWN if "{{" in text else ():
        text = text.replace(known, "")
    return text
