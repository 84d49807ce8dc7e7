"""Placeholders in usernames and groups, and misspelled ones that the authenticator ignores.

Source: `renderTemplate` in pkg/server/server.go of kubernetes-sigs/aws-iam-authenticator. It
replaces exact spellings only; any other text in braces stays in the name unchanged.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import NamedTuple

SESSION_NAME = "{{SessionName}}"
SESSION_NAME_RAW = "{{SessionNameRaw}}"
ACCOUNT_ID = "{{AccountID}}"
ACCESS_KEY_ID = "{{AccessKeyID}}"
EC2_PRIVATE_DNS_NAME = "{{EC2PrivateDNSName}}"

KNOWN = (SESSION_NAME, SESSION_NAME_RAW, ACCOUNT_ID, ACCESS_KEY_ID, EC2_PRIVATE_DNS_NAME)

_OTHER_WORDS = {
    "account": ACCOUNT_ID,
    "accountnumber": ACCOUNT_ID,
    "awsaccountid": ACCOUNT_ID,
    "rolesessionname": SESSION_NAME,
    "session": SESSION_NAME,
    "sessionid": SESSION_NAME,
    "accesskey": ACCESS_KEY_ID,
    "ec2privatedns": EC2_PRIVATE_DNS_NAME,
    "privatednsname": EC2_PRIVATE_DNS_NAME,
}
"""Other tools' words for the same values, in the form that `normalised` returns."""


@cache
def _known() -> re.Pattern[str]:
    return re.compile(
        r"\{\{(?:SessionName|SessionNameRaw|AccountID|AccessKeyID|EC2PrivateDNSName)\}\}"
    )


@cache
def _lookalike() -> re.Pattern[str]:
    """Matches a known name in any delimiters, and any single word in double braces."""
    opened = r"(?:(?:[$%]?(?:\{{1,8}|\({1,4})|\[{1,4}|<{1,4})[\s.$%=#-]{0,9}|[$%])"
    name = (
        r"(?<!\w)(?:session[ _.-]?name(?:[ _.-]?raw)?|account[ _.-]?id|access[ _.-]?key[ _.-]?id"
        r"|ec2[ _.-]?private[ _.-]?dns[ _.-]?name)(?!\w)"
    )
    closed = r"(?:[\s.%-]{0,9}(?:\}{1,8}|\){1,4}|\]{1,4}|>{1,4})|%)"
    unclosed = r"(?:\$|[$%]?\{{1,8})"
    return re.compile(
        rf"{opened}(?P<name>{name}){closed}|{unclosed}(?P<start>{name})|\{{\{{(?P<word>\w+)\}}\}}",
        re.IGNORECASE,
    )


class MisspelledPlaceholder(NamedTuple):
    """Text that looks like a placeholder but is not one, so it stays in the name unchanged.

    Attributes:
        start: its offset in the value.
        end: the offset after it.
        text: the text.
        meant: the placeholder that was probably meant, or None.
        delimited: whether it is correctly in double braces, so that only its name is wrong.
    """

    start: int
    end: int
    text: str
    meant: str | None
    delimited: bool


Delimiters = tuple[tuple[str, str], ...]
"""Pairs of opening and closing delimiters that another tool replaces with double braces."""


def braced(text: str, delimiters: Delimiters) -> str:
    """Replace delimiters with double braces, as rendering does: `<<Word>>` becomes `{{Word}}`."""
    for opening, closing in delimiters:
        marked = rf"{re.escape(opening)}(\w+){re.escape(closing)}"
        text = re.sub(marked, r"{{\1}}", text) if opening in text else text
    return text


def unbraced(text: str, delimiters: Delimiters) -> str:
    """Replace the braces of placeholders with the first pair of delimiters, if any."""
    if not delimiters:
        return text
    opening, closing = delimiters[0]
    return re.sub(r"\{\{(\w+)\}\}", lambda match: opening + match[1] + closing, text)


def has_session(username: str) -> bool:
    """Whether the username contains the session name."""
    return SESSION_NAME in username or SESSION_NAME_RAW in username


def is_led_by_caller(username: str) -> bool:
    """Whether the username begins with the session name, which the caller chooses."""
    while username.startswith(ACCESS_KEY_ID):
        username = username.removeprefix(ACCESS_KEY_ID)
    return username.startswith((SESSION_NAME, SESSION_NAME_RAW))


def pieces(pattern: str) -> list[str]:
    """Split a username pattern into literal text and placeholders, without empty pieces."""
    if "{{" not in pattern:
        return [pattern] if pattern else []
    cut: list[str] = []
    at = 0
    for match in _known().finditer(pattern):
        cut += [pattern[at : match.start()], match[0]]
        at = match.end()
    cut.append(pattern[at:])
    return [piece for piece in cut if piece]


def normalised(inner: str) -> str:
    """The letters and digits of a placeholder's name, in lower case, to compare spellings."""
    return "".join(filter(str.isalnum, inner)).lower()


NORMAL = {normalised(known): known for known in KNOWN}


def near(name: str) -> str | None:
    """The placeholder that a name most likely stands for, or None if none is similar."""
    plain = normalised(name)
    found = NORMAL.get(plain) or _OTHER_WORDS.get(plain)
    if found is None:
        from difflib import get_close_matches

        close = get_close_matches(plain, NORMAL, 1, 0.8)
        found = NORMAL[close[0]] if close else None
    return found


@lru_cache(maxsize=32768)
def misspelled_placeholders(value: str) -> tuple[MisspelledPlaceholder, ...]:
    """Find the text in a username or group that looks like a placeholder but is not one."""
    rest = _known().sub("", value) if "{{" in value else value
    if not rest.strip(_HARMLESS):
        return ()
    found: list[MisspelledPlaceholder] = []
    for match in _lookalike().finditer(value):
        if len(found) == _MOST:
            break
        text, word = match[0], match["word"]
        if text in KNOWN or (word and not word.isidentifier()):
            continue
        delimited = text.startswith("{{") and text[2:-2] == (word or match["name"])
        meant = near(word or match["name"] or match["start"])
        found.append(MisspelledPlaceholder(*match.span(), text, meant, delimited))
    return tuple(found)


_MOST = 20
"""Limit per value: more are never intended, and each finding in a long value takes time."""

_HARMLESS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+=,.@-:/ "


def with_placeholders_corrected(value: str) -> str:
    """Replace the misspelled placeholders in a username or group with those that were meant."""
    parts, at = [], 0
    for start, end, _, meant, _ in misspelled_placeholders(value):
        if meant:
            parts += [value[at:start], meant]
            at = end
    return "".join(parts) + value[at:]


def is_placeholder(text: str) -> bool:
    """Whether text in delimiters is a possibly misspelled placeholder rather than a template.

    A single word in double braces, such as `{{UserName}}`, is an (unknown) placeholder.
    `${account_id}` is a variable, because no placeholder has an underscore in its name.
    """
    if text.startswith("{{") and text[2:-2].isidentifier():
        return True
    if "_" in text and text.startswith(("$", "%", "{{")):
        return False
    return normalised(text) in NORMAL and not any(mark in text for mark in "\"'`\\")
