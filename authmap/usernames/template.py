"""The template for the usernames that fixes write."""

from __future__ import annotations

import re
from difflib import get_close_matches
from functools import lru_cache
from operator import attrgetter
from typing import TYPE_CHECKING

from authmap.authenticator.arn import SSO_PREFIX
from authmap.authenticator.placeholder import (
    ACCOUNT_ID,
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

DEFAULT_TEMPLATE = "role:{{AccountID}}:{short_role}:{{SessionName}}"

PRESETS = {
    "default": DEFAULT_TEMPLATE,
    # EKS's default: https://docs.aws.amazon.com/eks/latest/userguide/creating-access-entries.html
    "access-entry": "arn:aws:sts::{{AccountID}}:assumed-role/{role_name}/{{SessionName}}",
    "append": "{username}:{{SessionName}}",
    "sso": "sso:{{AccountID}}:{short_role}:{{SessionNameRaw}}",
}

RESERVED = ("system:", "eks:", "aws:", "amazon:", "iam:")
"""Prefixes that EKS reserves.

Source: https://docs.aws.amazon.com/eks/latest/userguide/creating-access-entries.html.
"""

_FIELD = r"(?<!\{)\{([^{}]*)\}(?!\})"
_SSO_ROLE = re.compile(rf"{SSO_PREFIX}(.+)_[0-9a-f]{{16}}")


def short_role(entry: Entry) -> str:
    """The permission set of an Identity Center role, otherwise the role's name.

    The role's name ends in a hash that changes when somebody creates the permission set again.
    """
    if entry.sso:
        return entry.sso.permission_set
    found = _SSO_ROLE.fullmatch(entry.role_name)
    return found[1] if found else entry.role_name


FIELDS: dict[str, Callable[[Entry], str]] = {
    "account_id": attrgetter("account_id"),
    "role_name": attrgetter("role_name"),
    "short_role": short_role,
    "username": lambda entry: with_placeholders_corrected(entry.username),
}


class TemplateError(ValueError):
    """A username template cannot be used; the message says why."""


def template(text: str) -> str:
    """Check a username template.

    Args:
        text: the template, or the name of a preset.

    Returns:
        The template.

    Raises:
        TemplateError: the template cannot be used; the message says why.
    """
    chosen = PRESETS.get(text, text)
    for match in re.finditer(_FIELD, chosen):
        if match[1] not in FIELDS:
            raise TemplateError(
                f"username templates have no field `{{{match[1]}}}`; {_near_field(match[1])}"
                + "; the authenticator's placeholders have double braces: {{SessionName}}"
            )
    rest = re.sub(_FIELD, "x", chosen)
    problem = _problem(rest)
    preset = get_close_matches(text, PRESETS, 1, 0.7) if problem else []
    if preset:
        raise TemplateError(f"`{text}` is not a preset: did you mean `{preset[0]}`?")
    if problem:
        raise TemplateError(f"the username template `{text}` {problem}")
    return chosen


def _near_field(word: str) -> str:
    close = get_close_matches(word, FIELDS, 1, 0.5)
    if close:
        return f"did you mean {{{close[0]}}}?"
    return "the fields are " + ", ".join(f"{{{name}}}" for name in FIELDS)


def _problem(pattern: str) -> str | None:
    """What is wrong with a template's username pattern, worded to follow the template's name."""
    if not pattern.isprintable() or pattern != pattern.strip():
        return "contains control characters, or begins or ends with a space"
    for slip in misspelled_placeholders(pattern):
        remedy = f"write {slip.meant}" if slip.meant else f"use one of {', '.join(KNOWN)}"
        return f"contains `{slip.text}`, which the authenticator does not fill in: {remedy}"
    literal = "".join(piece for piece in pieces(pattern) if piece not in KNOWN)
    if "{" in literal or "}" in literal:
        return "has a brace that is not part of a placeholder or field"
    if not has_session(pattern):
        return (
            f"has no {SESSION_NAME}: everyone who assumes a role would still share one username "
            f"(presets: {', '.join(PRESETS)})"
        )
    if is_led_by_caller(pattern):
        return (
            "begins with the session name, which the caller of AssumeRole chooses: a caller could "
            "take any username; begin with fixed text"
        )
    if EC2_PRIVATE_DNS_NAME in pattern:
        return f"contains {EC2_PRIVATE_DNS_NAME}: only an EC2 instance could log in"
    if pattern.startswith(RESERVED):
        return f"begins with `{pattern.split(':')[0]}:`, a prefix that Kubernetes or EKS reserves"
    return None


def tells_account(entry: Entry, username: str) -> bool:
    """Whether a username contains the account of an entry's callers."""
    found = entry.account_id
    return ACCOUNT_ID in username or (found != "" and found in username)


def render(entry: Entry, text: str) -> str:
    """The username that a template, checked by `template`, gives an entry."""
    text = PRESETS.get(text, text)
    found = entry.principal
    if found and text == PRESETS["access-entry"]:
        text = text.replace("arn:aws:", f"arn:{found.partition}:", 1)
    parts = list(_cut(text))
    parts[1::2] = [FIELDS[name](entry) for name in parts[1::2]]
    return "".join(parts)


def render_in_full(entry: Entry, text: str) -> str:
    """Like `render`, with the full name of the role in place of the short one."""
    return render(entry, PRESETS.get(text, text).replace("{short_role}", "{role_name}"))


@lru_cache(maxsize=64)
def _cut(text: str) -> tuple[str, ...]:
    """Split a template into text, a field's name, text, and so on."""
    return tuple(re.split(_FIELD.replace("[^{}]*", "|".join(FIELDS)), text))
