"""Maps in every way in which they can be written, with what they say."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import NamedTuple

from hypothesis import assume
from hypothesis import strategies as st

from authmap.documents.read import read

HEAD = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: aws-auth\n  namespace: kube-system\n"
ROLE = "arn:aws:iam::111111111111:role/"
Entries = list[tuple[str, str, list[str]]]


class Item(NamedTuple):
    """One entry, and how its username is written."""

    role: str
    username: str
    groups: list[str]
    quote: str = ""


# How the list is written: each is a text of entries.


def scalar(value: str, quote: str, *, flow: bool) -> str:
    if quote == '"':
        return json.dumps(value, ensure_ascii=False)
    plain = value[0].isalnum() and not set(value) & set("#:,[]{}\"'") and value[-1] != " "
    if quote == "'" or flow or not plain:
        return "'" + value.replace("'", "''") + "'"
    return value


def block(items: list[Item], *, indent: str = "") -> str:
    text = ""
    for item in items:
        text += f"- rolearn: {ROLE}{item.role}  # {item.role}\n"
        if item.quote in ("|", ">"):
            text += f"  username: {item.quote}-\n      {item.username}\n"
        else:
            text += f"  username: {scalar(item.username, item.quote, flow=False)}   # who\n"
        text += "  groups:\n" + "".join(f"  {indent}- {group}\n" for group in item.groups)
        text += "  # end\n"
    return text


def block_indented(items: list[Item]) -> str:
    return block(items, indent="  ")


def flow(items: list[Item]) -> str:
    return "".join(
        f"- {{rolearn: {ROLE}{item.role}, username: {scalar(item.username, item.quote, flow=True)},"
        f" groups: [{', '.join(item.groups)}]}}\n"
        for item in items
    )


def objects(items: list[Item]) -> list[dict[str, object]]:
    return [
        {"rolearn": ROLE + item.role, "username": item.username, "groups": item.groups}
        for item in items
    ]


def json_line(items: list[Item]) -> str:
    return json.dumps(objects(items), ensure_ascii=False)


def json_pretty(items: list[Item]) -> str:
    return json.dumps(objects(items), ensure_ascii=False, indent=2)


INNER = [block, block_indented, flow, json_line, json_pretty]


# How the section is written: each is a file that holds the text.


def literal(text: str, header: str = "|") -> str:
    return (
        f"{HEAD}data:\n  mapRoles: {header}\n" + indented(text, "    ") + "  mapUsers: |\n    []\n"
    )


def literal_stripped(text: str) -> str:
    return literal(text, "|-  # roles")


def literal_at_the_end(text: str) -> str:
    return "data:\n  mapAccounts: '[]'\n  mapRoles: |+\n" + indented(text.rstrip("\n"), "      ")


def indented(text: str, by: str) -> str:
    lines = text.removesuffix("\n").split("\n")
    return "".join(f"{by}{line}\n" if line else "\n" for line in lines)


def folded(text: str) -> str:
    """A break between lines that do not begin with a blank has to be written twice."""
    lines = text.removesuffix("\n").split("\n")
    written = lines[0]
    for before, line in pairwise(lines):
        written += "\n" if line.startswith(" ") or before.startswith(" ") else "\n\n"
        written += line
    return f"{HEAD}data:\n  mapRoles: >\n" + indented(written + "\n", "    ")


def double(text: str) -> str:
    return f"{HEAD}data:\n  mapRoles: {json.dumps(text, ensure_ascii=False)}\n"


def double_over_lines(text: str) -> str:
    """As Python's yaml.dump writes it: broken behind each line, with the blanks escaped."""
    lines = [json.dumps(line, ensure_ascii=False)[1:-1] for line in text.splitlines()]
    lines = [lines[0], *("\\" * line.startswith(" ") + line for line in lines[1:])]
    return f'{HEAD}data:\n  mapRoles: "' + "\\n\\\n    ".join(lines) + '\\n"\n'


def single(text: str) -> str:
    return f"{HEAD}data:\n  mapRoles: '" + text.rstrip("\n").replace("'", "''") + "'\n"


def native(text: str) -> str:
    return f"{HEAD}data:\n  mapRoles:\n" + indented(text, "    ") + "  other: x\n"


def bare(text: str) -> str:
    return "# roles\n" + text


def manifest_in_json(text: str) -> str:
    metadata = {"name": "aws-auth", "namespace": "kube-system"}
    document = {"kind": "ConfigMap", "data": {"mapRoles": text, "x": "y"}, "metadata": metadata}
    return json.dumps(document, indent=4)


OUTER = [
    literal, literal_stripped, literal_at_the_end, folded, double, double_over_lines, single,
    native, bare, manifest_in_json,
]  # fmt: skip
BY_LINES = [literal, literal_stripped, literal_at_the_end, native, bare]


# What is in it.

NAME = st.text("abcXYZ019+=.@_-", min_size=1, max_size=12)
ODD = "ab \t'\"\\#:,[]&*!|>@`%?-=~é\u00a0\u2028😀\u200b/.0"
USERNAME = st.text(ODD, min_size=1, max_size=12).map(lambda text: "a" + text + "z")
TAME = st.text("abc-_.:/ é'\"#", max_size=10).map(lambda text: "a" + text + "z")
GROUPS = st.lists(st.sampled_from(["developers", "system:masters", "team-é", "x"]), min_size=1)
QUOTE = st.sampled_from(["", "'", '"', "|", ">"])


@st.composite
def item(draw: st.DrawFn, number: int, username: st.SearchStrategy[str] = TAME) -> Item:
    name = draw(NAME)
    return Item(f"{name}{number}", draw(username), draw(GROUPS), draw(QUOTE))


@st.composite
def maps(draw: st.DrawFn) -> tuple[list[Item], int]:
    """Entries of which exactly one lacks the session name: its index."""
    count = draw(st.integers(1, 4))
    target = draw(st.integers(0, count - 1))
    items = []
    for number in range(count):
        made = draw(item(number))
        if number != target:
            made = made._replace(username=made.username + ":{{SessionName}}")
        items.append(made)
    return items, target


@st.composite
def files(draw: st.DrawFn) -> tuple[bytes, list[Item], int]:
    items, target = draw(maps())
    inner, outer = draw(st.sampled_from(INNER)), draw(st.sampled_from(OUTER))
    assume(outer is not single or inner is json_line)
    return finish(draw, outer(inner(items))), items, target


def finish(draw: st.DrawFn, text: str) -> bytes:
    if draw(st.booleans()):
        text = text.removesuffix("\n")
    if draw(st.booleans()):
        text = text.replace("\n", "\r\n")
    bom = "\ufeff" if draw(st.booleans()) else ""
    return (bom + text).encode()


def entries(data: bytes) -> Entries:
    return [(entry.arn, entry.username, entry.groups) for entry in read(data).maps[0].entries]


def meant(items: list[Item]) -> Entries:
    return [(ROLE + each.role, each.username, each.groups) for each in items]


def changed_lines(before: bytes, after: bytes) -> list[int]:
    """Numbers of the lines that differ; there must be as many as before."""
    old, new = before.split(b"\n"), after.split(b"\n")
    assert len(old) == len(new)
    return [number for number, pair in enumerate(zip(old, new, strict=True)) if pair[0] != pair[1]]


TEMPLATES = [
    "role:{{AccountID}}:{role_name}:{{SessionName}}",
    "{username}:{{SessionName}}",
    'it\'s "{role_name}": # \\ é 😀 {{SessionName}}',
    "{role_name} {{SessionName}} ",
    "- {{SessionName}}",
]
