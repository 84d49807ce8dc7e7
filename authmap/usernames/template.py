"""The template of the usernames that fixes write."""

from __future__ import annotations

import re
from functools import lru_cache
from operator import attrgetter
from typing import TYPE_CHECKING

from authmap.authenticator.placeholder import (
    EC2_PRIVATE_DNS_NAME,
    KNOWN,
    SESSION_NAME,
    has_session,
    is_led_by_caller,
    misspelled_placeholders,
    pieces,
    with_placeholders_corrected,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from authmap.authenticator.entry import Entry

DEFAULT_TEMPLATE = "role:{{AccountID}}:{role_name}:{{SessionName}}"

PRESETS = {
    "default": DEFAULT_TEMPLATE,
    # EKS's default: https://docs.aws.amazon.com/eks/latest/userguide/creating-access-entries.html
    "access-entry": "arn:aws:sts::{{AccountID}}:assumed-role/{role_name}/{{SessionName}}",
    "append": "{username}:{{SessionName}}",
}

_FIELD = r"(?<!\{)\{([^{}]*)\}(?!\})"
FIELDS: dict[str, Callable[[Entry], str]] = {
    "account_id": attrgetter("account_id"),
    "role_name": attrgetter("role_name"),
    "username": lambda entry: with_placeholders_corrected(entry.username),
}


class TemplateError(ValueError):
    """A username template that cannot be used; the message says why."""


def template(text: str) -> str:
    """A username template, or the preset of that name, checked.

    Raises:
        TemplateError: the names it gives would not do; the message says why.
    """
    chosen = PRESETS.get(text, text)
    for match in re.finditer(_FIELD, chosen):
        if match[1] not in FIELDS:
            raise TemplateError(
                f"the username template has no field `{{{match[1]}}}`; fields are "
                + ", ".join(f"{{{name}}}" for name in FIELDS)
                + "; what the authenticator fills in stands in double braces: {{SessionName}}"
            )
    rest = re.sub(_FIELD, "x", chosen)
    problem = _problem(rest)
    if problem:
        raise TemplateError(f"the username template `{text}` {problem}")
    return chosen


def _problem(pattern: str) -> str | None:
    """What speaks against a username pattern, said of the template it comes from."""
    if not pattern.isprintable() or pattern != pattern.strip():
        return "holds control characters, or begins or ends in a blank"
    for slip in misspelled_placeholders(pattern):
        remedy = f"write {slip.meant}" if slip.meant else f"it knows {', '.join(KNOWN)}"
        return f"holds `{slip.text}`, which the authenticator does not fill in: {remedy}"
    literal = "".join(piece for piece in pieces(pattern) if piece not in KNOWN)
    if "{" in literal or "}" in literal:
        return "has a brace that belongs to no placeholder and no field"
    if not has_session(pattern):
        return (
            f"has no {SESSION_NAME}: everybody who assumes a role would still share one name "
            f"(presets: {', '.join(PRESETS)})"
        )
    if is_led_by_caller(pattern):
        return (
            "begins with the session name, which whoever calls AssumeRole chooses: they could take "
            "anybody's name; put fixed text in front"
        )
    if EC2_PRIVATE_DNS_NAME in pattern:
        return f"holds {EC2_PRIVATE_DNS_NAME}: nobody but an EC2 instance could log in"
    if pattern.startswith("system:"):
        return "begins with `system:`, which Kubernetes keeps for itself"
    return None


def render(entry: Entry, text: str) -> str:
    """The username that a checked template gives an entry."""
    text = PRESETS.get(text, text)
    found = entry.principal
    if found and text == PRESETS["access-entry"]:
        text = text.replace("arn:aws:", f"arn:{found.partition}:", 1)
    parts = list(_cut(text))
    parts[1::2] = [FIELDS[name](entry) for name in parts[1::2]]
    return "".join(parts)


@lru_cache(maxsize=64)
def _cut(text: str) -> tuple[str, ...]:
    """A template as text, a field's name, text, and so on."""
    return tuple(re.split(_FIELD.replace("[^{}]*", "|".join(FIELDS)), text))
