"""Random aws-auth maps such as people write and get wrong, and what is aimed at them.

A section is written with more or less care: sound ones hold no more than what the authenticator
reads without complaint, odd ones values and keys that it reads otherwise than meant, wild ones
whatever may lose all of it. Most are not wild: where everything is lost there is little to compare.
"""

from __future__ import annotations

import json
import re
from functools import cache
from typing import TYPE_CHECKING, TypeVar

from hypothesis import strategies as st
from styles import scalar
from words import (
    ACCOUNTS,
    ARNS,
    BOOLEANS,
    EMPTY,
    GROUPS,
    LOSING,
    LOSING_KEYS,
    LOSING_NOISE,
    NAMES,
    NOISE,
    NULLS,
    NUMBERS,
    OTHER_KEYS,
    TEXTS,
    TYPED,
    USER_ARNS,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

SOUND, ODD, WILD = range(3)

CARES = [SOUND] * 3 + [ODD] * 4 + [WILD] * 3
STYLES = ["best"] * 8 + ["double"] * 3 + ["single"] * 3 + ["escaped"] + ["lines"] * 2
BLOCK_STYLES = [*STYLES, "|-", "|", "|+", ">-", ">", "|2-"]

T = TypeVar("T")


@cache
def below(count: int) -> st.SearchStrategy[int]:
    return st.integers(0, count - 1)


def pick(draw: st.DrawFn, values: Sequence[T]) -> T:
    """One of the values. (Plain functions and cached strategies: most of the time goes here.)"""
    return values[draw(below(len(values)))]


def one_in(draw: st.DrawFn, count: int) -> bool:
    return draw(below(count)) == count - 1


def spelt(value: str, style: str, indent: str, *, flow: bool) -> str:
    """A text in the style of the name, or in the best one where that cannot hold it."""
    if style == "double":
        return json.dumps(value, ensure_ascii=False)
    if style == "single" and value.isprintable():
        return "'" + value.replace("'", "''") + "'"
    if style == "escaped":
        return '"' + "".join(f"\\x{ord(c):02x}" if c < "\x7f" else c for c in value) + '"'
    if style == "lines" and " " in value.strip():
        plain = all(word == scalar(word, flow=flow) for word in value.split(" "))
        text = value if plain else scalar(value)
        return text.replace(" ", f"\n{indent}  ")
    if style[0] in "|>" and value.strip(" ") == value != "" and "\n" not in value:
        return f"{style}\n{indent}  {value}"
    return scalar(value, flow=flow)


def written(
    draw: st.DrawFn, values: Sequence[str], care: int, indent: str = "  ", *, flow: bool = False
) -> str:
    """A value of the list in some style, or as nobody should write it."""
    if care and one_in(draw, 12):
        return pick(draw, TYPED)
    if care == WILD and one_in(draw, 12):
        return pick(draw, LOSING)
    value = pick(draw, values)
    if care and one_in(draw, 15):
        return value  # whatever it becomes without quotes
    style = pick(draw, STYLES if flow else BLOCK_STYLES)
    return spelt(value, style, indent, flow=flow)


def groups(draw: st.DrawFn, care: int, indent: str, *, flow: bool) -> str:
    """The value of `groups`, with whatever stands between it and its key."""
    kind = draw(below(16))
    if kind == 15 and care:
        return " " + written(draw, GROUPS, care, indent, flow=flow)
    if flow or kind > 8:
        items = [written(draw, GROUPS, care, flow=True) for _ in range(draw(below(4)))]
        return f" [{', '.join(items)}]"
    inner = indent + "  " * (kind % 2)
    items = [written(draw, GROUPS, care, inner) for _ in range(draw(below(3)) + 1)]
    if kind == 8 and care:
        return f"\n{inner}- " + f"\n{inner}  - ".join(items)  # folded into one
    return "".join(f"\n{inner}- {item}" for item in items)


Field = tuple[str, str]

SSO = [
    "{permissionSetName: Admin, accountID: '111111111111'}",
    "{permissionSetName: Admin, accountID: '111111111111', partition: aws}",
    "{permissionSetName: Admin, accountID: 111111111111}",
    '{PermissionSetName: "", accountid: "111111111111", accountID: "2"}',
    "{permissionSetName: [a], accountID: '111111111111', x: y}",
    "{}", "[]", "null", "Admin",
]  # fmt: skip
ALIASES: list[Field] = [
    ("<<", " *e"), ("<<", " *e"), ("<<", " [*e]"), ("<<", " [{username: m}, *e]"), ("username", " *u"),
    ("groups", " *g"), ("groups", " [*u]"), ("rolearn", " *a"), ("*u ", " x"),
    ("<<", " {username: m, groups: [m]}"), ("comment", " *e"), ("groups", " *e"), ("username", " *g"),
]  # fmt: skip


def variants(key: str) -> list[str]:
    """Ways to write a key, of which most are read as it is."""
    others = [key.upper(), key.title(), key.replace("s", "\u017f"), f'"{key}"', f"'{key}'"]
    return [*others, f"{key} ", f"? {key}\n ", f"!!str {key}", key.replace("arn", "_arn"), key[:-1]]


def mistaken(draw: st.DrawFn, fields: list[Field], care: int, *, aliases: bool) -> list[Field]:
    """The fields of an entry with one thing or another that ought not to be there."""
    kind, at = draw(below(9)), draw(below(len(fields) + 1))
    name, value = fields[at % len(fields)] if fields else ("username", " a")
    others = [field for field in fields if field[0] != name]
    before, behind = fields[:at], fields[at:]
    if aliases and one_in(draw, 2):
        return [*before, pick(draw, ALIASES), *behind]
    if kind == 0:
        return behind + before
    if kind == 1 and care:
        return [*others, (pick(draw, variants(name)), value)]
    if kind == 2 and care:
        return [*others, (name, " " + pick(draw, TYPED))]
    if kind == 3:  # twice, perhaps in another case
        again = pick(draw, [name, *variants(name)[:4]])
        field = again, pick(draw, [value, " b", " [b]", " null", " 1", " {b: c}"])
        return [field, *fields] if one_in(draw, 2) else [*fields, field]
    if kind == 4 and care:
        return [*before, ("sso", " " + pick(draw, SSO)), *behind]
    if kind == 5 and care:
        return others
    if kind == 6 and care:
        depth = 20 * (draw(below(4)) + 1)
        return [*before, (pick(draw, ["comment", name]), f" {'[' * depth}{']' * depth}"), *behind]
    key = pick(draw, [*OTHER_KEYS, *LOSING_KEYS] if care == WILD else OTHER_KEYS)
    return [*before, (key, " " + written(draw, NAMES, care, flow=True)), *behind]


def entry(draw: st.DrawFn, arns: Sequence[str], care: int, *, anchors: bool, aliases: bool) -> str:
    """One item of a block list."""
    if aliases and one_in(draw, 12):
        return "- *e\n"
    if care and one_in(draw, 20):
        return f"- {pick(draw, LOSING if care == WILD else TYPED)}\n"
    kind = draw(below(10))
    flow, indent = kind == 0, " " * (2 if kind < 8 else 4)
    key = "rolearn" if arns is ARNS else "userarn"
    a, u, g = (" &a", " &u", " &g") if anchors and not flow else ("", "", "")
    fields = [
        (key, f"{a} {written(draw, arns, care, indent, flow=flow)}"),
        ("username", f"{u} {written(draw, NAMES, care, indent, flow=flow)}"),
        ("groups", f"{g}{groups(draw, care, indent, flow=flow)}"),
    ]
    for _ in range(pick(draw, [0, 0, 1, 2] if care else [0, 0, 0, 1])):
        fields = mistaken(draw, fields, care, aliases=aliases)
    lines = [f"{name}:{value}" for name, value in fields]
    name = " &e" if anchors else ""
    if flow:
        return f"-{name} {{{', '.join(lines)}}}\n"
    if kind == 1 or name:
        return f"-{name}\n{indent}" + f"\n{indent}".join(lines) + "\n"
    return f"-{indent[1:]}" + f"\n{indent}".join(lines) + "\n"


OTHER_VALUES = [1, True, None, 1.5, [], ["a"], {}, {"a": None}, "\U0001f600", "a/b", "a\nb"]


def json_text(draw: st.DrawFn, arns: Sequence[str]) -> str:
    """A list of entries in JSON."""
    entries = []
    for _ in range(draw(below(3)) + 1):
        item: dict[str, object] = {
            "rolearn" if arns is ARNS else "userarn": pick(draw, arns),
            "username": pick(draw, NAMES),
            "groups": [pick(draw, GROUPS) for _ in range(draw(below(3)))],
        }
        if one_in(draw, 2):
            key = pick(draw, [*item, "Username", "Groups", "userid", "sso", "user"])
            item[key] = pick(draw, [*OTHER_VALUES, *NAMES])
        entries.append(item)
    text = json.dumps(entries, indent=pick(draw, [None, 2]), ensure_ascii=one_in(draw, 2))
    return text.replace("/", "\\/") if one_in(draw, 10) else text


@st.composite
def section(draw: st.DrawFn, arns: Sequence[str] = ARNS) -> str:
    """The text of mapRoles, or of mapUsers."""
    return one_mark(_section(draw, arns))


def _section(draw: st.DrawFn, arns: Sequence[str]) -> str:
    kind = draw(below(20))
    if kind == 0:
        return pick(draw, EMPTY)
    if kind == 1:
        return json_text(draw, arns)
    care = pick(draw, CARES)
    anchors = one_in(draw, 5)
    parts = [
        entry(draw, arns, care, anchors=anchors and not at, aliases=anchors and at > 0)
        for at in range(pick(draw, [1, 2, 2, 3, 4]))
    ]
    if one_in(draw, 5 if care < WILD else 3):
        noise = LOSING_NOISE if care == WILD or one_in(draw, 5) else NOISE
        parts.insert(draw(below(len(parts) + 1)), pick(draw, noise))
    text = "".join(parts)
    if kind == 2:
        text = "".join(f"  {line}\n" for line in text.split("\n"))
    if kind == 3:
        text = text.replace("\n", pick(draw, ["\r\n", "\r", "\x85", "\u2028"]))
    if kind == 4:
        text = pick(draw, ["---\n", "%YAML 1.1\n---\n", "\ufeff", "# c\n"]) + text
    if kind == 5:
        text = text.rstrip("\n")
    return _mutated(draw, text) if care == WILD and draw(below(3)) else text


def one_mark(text: str) -> str:
    """A text that does not begin with two byte order marks: what then is read is not modelled."""
    return "\ufeff" + text.lstrip("\ufeff") if text.startswith("\ufeff") else text


CHARACTERS = " \n\t-:#'\"{}[],&*!|>%@`?~<.\\/\x85\u2028\ufeff\r01aeyxX_"


@st.composite
def mutated(draw: st.DrawFn, text: str) -> str:
    """A text with a few characters removed, doubled, put in or replaced."""
    return _mutated(draw, text)


def _mutated(draw: st.DrawFn, text: str) -> str:
    for _ in range(draw(below(3)) + 1):
        at = draw(below(max(1, len(text))))
        kind = draw(below(3))
        put = pick(draw, CHARACTERS) if kind else ""
        text = text[:at] + put + text[at + (kind != 1) :]
    return text


def accounts(draw: st.DrawFn) -> str:
    """The text of mapAccounts."""
    care = pick(draw, CARES)
    flow = one_in(draw, 3)
    items = [
        pick(draw, ACCOUNTS) if one_in(draw, 2) else written(draw, ACCOUNTS, care, flow=flow)
        for _ in range(draw(below(5)))
    ]
    text = f"[{', '.join(items)}]" if flow else "".join(f"- {item}\n" for item in items)
    return one_mark(_mutated(draw, text) if care == WILD and one_in(draw, 2) else text)


@st.composite
def data(draw: st.DrawFn) -> dict[str, str]:
    """The data of a ConfigMap."""
    found: dict[str, str] = {}
    if draw(below(10)):
        name = pick(draw, ["mapRoles"] * 20 + ["maproles", "map_roles"])
        found[name] = one_mark(_section(draw, ARNS))
    if one_in(draw, 3):
        found["mapUsers"] = one_mark(_section(draw, USER_ARNS))
    if one_in(draw, 4):
        found["mapAccounts"] = accounts(draw)
    return found


NUMERALS = "0123456789" * 3 + "abcdefxoXOE+-._:~ =<yYnNtTuUsSlLZ"
TIME = "2019-01-01T21:59:43.10-05:00"


def nearly(random: Random) -> str:
    """Text without quotes that looks like a number, a word of YAML's or a time, or nearly."""
    kind = random.randrange(4)
    if kind == 0:
        text = "".join(random.choices(NUMERALS, k=random.randint(1, 14)))
    elif kind == 1:
        head = random.choice(["", "", "-", "+"]) + random.choice(["", "", "0", "0x", "0o", "0b"])
        text = head + "".join(random.choices("0123456789_.e", k=random.randint(1, 20)))
    else:
        text = random.choice([TIME[: random.randint(8, 28)], *BOOLEANS, *NULLS, *NUMBERS, *TEXTS])
        for _ in range(random.randrange(3)):
            at = random.randrange(len(text) + 1)
            text = text[:at] + random.choice(["", random.choice(NUMERALS)]) + text[at + 1 :]
    if re.search(r"^[-?:]( |$)|: |:$", text.strip()):  # a list or a mapping
        return nearly(random)
    return random.choice(["", "", "", "!!str ", "!foo ", "! "]) + text
