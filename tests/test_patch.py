"""Edits change the bytes they must and no other, in every way in which a map can be written."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st
from sample_sizes import asked
from written_maps import (
    BY_LINES,
    GROUPS,
    INNER,
    ODD,
    OUTER,
    TEMPLATES,
    USERNAME,
    Item,
    bare,
    block,
    block_indented,
    changed_lines,
    double,
    entries,
    files,
    finish,
    folded,
    indented,
    item,
    json_line,
    literal,
    manifest_in_json,
    meant,
    single,
)

from authmap.api import fix
from authmap.documents.read import read
from authmap.fixing import attempt, verify
from authmap.fixing.edits import Edit, build_edits, splice
from authmap.model.options import RunOptions
from authmap.syntax.source import Source
from authmap.syntax.yaml.writer import HeldBack

if TYPE_CHECKING:
    from collections.abc import Iterable

    from authmap.fixing.results import FixResult
    from authmap.model.finding import Fix
    from authmap.syntax.change import Change

EXAMPLES = asked("AUTHMAP_EXAMPLES", 1000)
SETTINGS = settings(
    max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)


@pytest.mark.long
@SETTINGS
@given(files(), st.sampled_from(TEMPLATES))
def test_one_username_is_one_line(file: tuple[bytes, list[Item], int], template: str) -> None:
    data, items, target = file
    assert entries(data) == meant(items)
    options = RunOptions(select=("AM101",), username_template=template)
    result = fix(data, options=options)
    role, username = items[target].role, items[target].username
    wanted = template.replace("{role_name}", role).replace("{username}", username)
    assume("could have the username" not in str(result.held_back))  # another entry's username fits
    assert len(result.applied) == 1, result.held_back
    assert len(changed_lines(data, result.output)) == 1
    items[target] = items[target]._replace(username=wanted)
    assert entries(result.output) == meant(items)
    assert fix(result.output, options=options).output == result.output


@pytest.mark.long
@SETTINGS
@given(st.data())
def test_any_username_in_any_style(data: st.DataObject) -> None:
    """Whatever is in it, and whatever goes in: it is one line and what was meant, or held back."""
    made = data.draw(item(0, USERNAME))
    inner, outer = data.draw(st.sampled_from(INNER)), data.draw(st.sampled_from(OUTER))
    before = outer(inner([made])).encode()
    try:
        assume(entries(before) == meant([made]))
    except IndexError:
        assume(False)
    new = data.draw(USERNAME).replace("{", "") + "{{SessionName}}"
    result = fix(before, options=RunOptions(select=("AM101",), username_template=new))
    if result.applied:
        assert entries(result.output) == meant([made._replace(username=new)])
        assert len(changed_lines(before, result.output)) == 1
    else:
        assert result.output == before
        assert len(result.held_back) == 1
        assert "did not read back as intended" not in result.held_back[0][1]


# Appended groups.


def node(groups: list[str]) -> Item:
    return Item("nodes", "system:node:{{EC2PrivateDNSName}}", groups)


@pytest.mark.long
@SETTINGS
@given(st.data(), GROUPS, st.booleans())
def test_appended_groups(data: st.DataObject, groups: list[str], one: bool) -> None:
    inner, outer = data.draw(st.sampled_from(INNER)), data.draw(st.sampled_from(OUTER))
    assume(outer is not single or inner is json_line)
    assume(outer is not folded or inner not in (block, block_indented))
    groups = [f"eks:{group}" for group in groups]
    groups.append("system:nodes" if one else "system:bootstrappers")
    items = [node(groups), Item("x", "x", ["z"]), node(["system:nodes", "system:bootstrappers"])]
    items = [each._replace(role=f"{each.role}{number}") for number, each in enumerate(items)]
    before = finish(data.draw, outer(inner(items)))  # type: ignore[arg-type]
    assert entries(before) == meant(items)
    result = fix(before, options=RunOptions(select=("AM304",), unsafe_fixes=True))
    missing = ["system:bootstrappers"] if one else ["system:nodes"]
    items[0] = items[0]._replace(groups=groups + missing)
    assert entries(result.output) == meant(items)
    old, new = before.split(b"\n"), result.output.split(b"\n")
    if inner in (block, block_indented) and outer in BY_LINES:
        added = [line for line in new if line not in old or new.count(line) > old.count(line)]
        assert len(new) == len(old) + len(missing)
        assert {line.split(b"- ")[-1].strip().decode() for line in added} <= set(missing)
        assert b"\r\n" not in before or result.output.count(b"\n") == result.output.count(b"\r\n")
    else:
        assert len(changed_lines(before, result.output)) == 1


def fixed_text(text: str, code: str = "AM304") -> FixResult:
    return fix(text.encode(), options=RunOptions(select=(code,), unsafe_fixes=True))


NODE = "- rolearn: arn:aws:iam::111111111111:role/n\n  username: system:node:{{SessionName}}\n"


@pytest.mark.parametrize(
    ("groups", "wanted"),
    [
        (
            "  groups:\n  - system:nodes # why\n  # more\n",
            "  groups:\n  - system:nodes # why\n  - system:bootstrappers\n  # more\n",
        ),
        (
            "  groups:\n   -   'system:nodes'",
            "  groups:\n   -   'system:nodes'\n   -   'system:bootstrappers'",
        ),
        (
            "  groups:\r\n  - system:nodes\r\n",
            "  groups:\r\n  - system:nodes\r\n  - system:bootstrappers\r\n",
        ),
        ("  groups: [system:nodes]\n", "  groups: [system:nodes, system:bootstrappers]\n"),
        ('  groups: ["system:nodes",]\n', '  groups: ["system:nodes", "system:bootstrappers",]\n'),
        (
            "  groups: [\n    eks:x,\n    system:nodes # why\n  ]\n",
            "  groups: [\n    eks:x,\n    system:nodes, system:bootstrappers # why\n  ]\n",
        ),
    ],
)
def test_appended_beside(groups: str, wanted: str) -> None:
    result = fixed_text(NODE + groups)
    assert result.output.decode() == NODE + wanted


@pytest.mark.parametrize(
    "groups",
    [
        "  groups: &g\n  - system:nodes\n- groups: *g\n",
        "  groups:\n  - eks:x\n  - &g system:nodes\n",
        "  groups:\n  - !!str system:nodes\n",
        "  groups:\n  - system:nodes\n  - |-\n    eks:x\n",
        "  groups:\n  - system:nodes\n  - [x]\n",
        "  groups:\n  -\n    system:nodes\n",
        "  groups:\n  - system:nodes\n  -\n",
    ],
)
def test_nothing_is_appended_where_it_is_not_plain(groups: str) -> None:
    result = fixed_text(NODE + groups)
    assert result.output.decode() == NODE + groups
    assert result.held_back
    assert "did not read back as intended" not in result.held_back[0][1]


# What is held back.

STAFF = "- rolearn: arn:aws:iam::111111111111:role/staff\n  groups: [x]\n  username: "


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (STAFF + "&u staff\n- username: *u\n", "anchor"),
        (STAFF + "staff\n  userid: *u\n- &u x\n", ""),
        (
            STAFF.replace("- ", "- &e\n  ", 1) + "b\n- <<: *e\n"
            "  rolearn: arn:aws:iam::111111111111:role/b\n",
            "anchor",
        ),
        (STAFF + "the\n    staff\n", "several lines"),
        (STAFF + "'the\n    staff'\n", "several lines"),
        (STAFF + '"the \\\n    staff"\n', "several lines"),
        (STAFF + ">-\n    the\n    staff\n", "several lines"),
        (STAFF + "|-\n    the\n    staff\n", "several lines"),
        (STAFF + "|\n    staff\n", "line break"),
        (STAFF + ">\n    staff\n\n", "line break"),
        (STAFF + '"staff\\n"\n', None),
        ("data:\n  mapRoles: >\n" + indented(STAFF + "the\n\nstaff\n", "    "), ""),
        ("data:\n  mapRoles: &r |\n" + indented(STAFF + "a\n", "    ") + "  x: *r\n", "anchor"),
        ("x: &r |\n" + indented(STAFF + "a\n", "  ") + "data:\n  mapRoles: *r\n", "anchor"),
    ],
)
def test_held_back(text: str, reason: str | None) -> None:
    result = fixed_text(text, "AM101")
    if reason is None:
        assert result.applied
        return
    assert result.output == text.encode()
    assert not result.applied
    if reason:
        assert result.held_back
        assert all(reason in why for _, why in result.held_back)


def test_nothing_is_written_that_is_not_verified(monkeypatch: pytest.MonkeyPatch) -> None:
    data = (STAFF + "staff\n").encode()
    monkeypatch.setattr(verify, "only_intended_changes", lambda *_: False)
    result = fix(data, options=RunOptions(select=("AM101",)))
    assert result.output == data
    assert not result.applied
    assert "did not read back as intended" in result.held_back[0][1]


@pytest.mark.parametrize("bad", [{0}, {3}, {6}, {1, 2}, set(range(7)), {0, 2, 4, 6}])
def test_one_bad_edit_stops_no_other(bad: set[int], monkeypatch: pytest.MonkeyPatch) -> None:
    text = "".join(STAFF.replace("staff", f"staff{n}") + f"staff{n}\n" for n in range(7))
    make = build_edits

    def spoil(fix: Fix) -> list[Edit]:
        made = make(fix)
        if any(f"staff{n}" in edit.content for edit in made for n in bad):
            return [edit._replace(content="x\n  groups: []") for edit in made]
        return made

    monkeypatch.setattr(attempt, "build_edits", spoil)
    result = fix(text.encode(), options=RunOptions(select=("AM101",)))
    names = [username for _, username, _ in entries(result.output)]
    for number, username in enumerate(names):
        wanted = f"role:{{{{AccountID}}}}:staff{number}:{{{{SessionName}}}}"
        assert username == (f"staff{number}" if number in bad else wanted)
    assert len(result.applied) == 7 - len(bad)
    assert len(result.held_back) == len(bad)
    assert all("did not read back as intended" in reason for _, reason in result.held_back)


# What the verification notices: everything but the value that was meant to change.


@pytest.mark.parametrize(
    "wrong",
    [
        STAFF + "new\n  x: y\n",
        STAFF + "new\n- x\n",
        STAFF + "'new '\n",
        STAFF + "[new]\n",
        STAFF + "&a new\n---\n",
        STAFF.replace("[x]", "[x, y]") + "new\n",
        STAFF.replace("[x]", "['x']") + "new\n",
        STAFF.replace("groups", "group") + "new\n",
        STAFF.replace("role/staff", "role/Staff") + "new\n",
        STAFF.replace("[x]", "!!str [x]") + "new\n",
        STAFF.replace("[x]", "&g [x]") + "new\n",
        STAFF.replace("[x]", "x") + "new\n",
        STAFF + "new: x\n",
        "",
        "- [",
    ],
)
def test_verification(wrong: str) -> None:
    before = (STAFF + "old\n").encode()
    assert judge(before, (STAFF + "new # why\n").encode(), "new")
    assert judge(before, (STAFF + "'new'\n").encode(), "new")
    assert not judge(before, wrong.encode(), "new")


@pytest.mark.parametrize("word", ["yes", "~", "12", "1e3", "null", ".inf", "0x1F"])
def test_a_word_that_is_no_text_is_not_what_was_meant(word: str) -> None:
    before = (STAFF + "old\n").encode()
    assert not judge(before, f"{STAFF}{word}\n".encode(), word)
    assert judge(before, f"{STAFF}'{word}'\n".encode(), word)


def test_a_value_that_loses_the_section_is_not_what_was_meant() -> None:
    before = (STAFF + "old\n").encode()
    assert judge(before, f'{STAFF}"a/b"\n'.encode(), "a/b")
    assert not judge(before, f'{STAFF}"a\\/b"\n'.encode(), "a/b")


def judge(before: bytes, after: bytes, value: str) -> bool:
    from authmap.syntax.change import Change

    old = read(before)
    entry = old.maps[0].entries[0]
    field = entry.field("username")
    assert field
    changes: Iterable[Change] = [Change(entry.section, field.value, value)]
    return verify.only_intended_changes(old, read(after), changes)


# How a value is written where there was plain text.


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("role:x/y,z", "role:x/y,z"),
        ("a#b", "a#b"),
        ("x:", '"x:"'),
        ("a: b", '"a: b"'),
        ("a #b", '"a #b"'),
        (" a", '" a"'),
        ("a ", '"a "'),
        ("", '""'),
        ("yes", '"yes"'),
        ("012", '"012"'),
        ("- a", '"- a"'),
        ("{{a}}", '"{{a}}"'),
        ('say "a": b', '"say \\"a\\": b"'),
        ("a\nb\x00", '"a\\nb\\u0000"'),
    ],
)
def test_quotes_where_they_are_needed(value: str, written: str) -> None:
    assert rewritten(STAFF + "old # why\n", value) == f"{STAFF}{written} # why\n"


def test_single_quotes_inside_of_double_ones() -> None:
    text = double(STAFF + "old\n")
    assert rewritten(text, "a: b") == text.replace("username: old", "username: 'a: b'")
    assert rewritten(text, "a\tb") == text.replace("old", '\\"a\\\\u0009b\\"')


def rewritten(text: str, value: str) -> str:
    from authmap.model.finding import Fix as AFix
    from authmap.syntax.change import Change

    reading = read(text.encode())
    entry = reading.maps[0].entries[0]
    field = entry.field("username")
    assert field
    change = Change(entry.section, field.value, value)
    after = splice(reading.maps[0].source.text, build_edits(AFix((change,), safe=True)))
    assert verify.only_intended_changes(reading, read(after.encode()), [change])
    return after


# Splicing.


@given(st.text(max_size=30), st.data())
def test_splice_changes_only_its_spans(text: str, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=6, unique=True)))
    spans = list(zip(cuts[::2], cuts[1::2], strict=False))
    source = Source(text.encode())
    edits = [Edit(*span, data.draw(st.text(max_size=5)), source) for span in spans]
    pieces, at = "", 0
    for edit in edits:
        pieces += text[at : edit.start] + edit.content
        at = edit.end
    shuffled = data.draw(st.permutations(edits))
    assert splice(text, shuffled) == pieces + text[at:]


@pytest.mark.long
@settings(max_examples=EXAMPLES, deadline=None)
@example("0?")
@example("{{x}}")
@given(st.text(ODD + "{}\n\x00", max_size=8))
def test_any_value_into_a_flow_mapping(value: str) -> None:
    """A value goes where a mapping stood, in any layer, or is held back."""
    from authmap.model.finding import Fix as AFix
    from authmap.syntax.change import Change

    for outer in (bare, literal, double, single, manifest_in_json):
        text = outer('[{"rolearn": "a", "username": {b: c}, "groups": []}]')
        reading = read(text.encode())
        entry = reading.maps[0].entries[0]
        field = entry.field("username")
        assert field
        change = Change(entry.section, field.value, value)
        try:
            edits = build_edits(AFix((change,), safe=True))
        except HeldBack:
            continue
        after = read(splice(reading.maps[0].source.text, edits).encode())
        assert verify.only_intended_changes(reading, after, [change])
        assert after.maps[0].entries[0].username == value


def test_caller_never_gets_to_choose_a_whole_name_by_a_fix() -> None:
    """Quoting alone would make whoever names the session anybody, where the section was lost."""
    lost = b"- rolearn: arn:aws:iam::111111111111:role/staff\n  username: {{SessionName}}\n"
    meant = b'"role:{{AccountID}}:staff:{{SessionName}}"'
    for template in (RunOptions().username_template, "{username}:{{SessionName}}"):
        options = RunOptions(select=("AM003",), unsafe_fixes=True, username_template=template)
        assert fix(lost, options=options).output == lost.replace(b"{{SessionName}}", meant)
    user = lost.replace(b"role", b"user")
    assert fix(user, options=RunOptions(select=("AM003",), unsafe_fixes=True)).output == user


def test_what_stays_lost_after_the_quotes_is_left_alone() -> None:
    lost = b"- rolearn: a\n  username: {{AccountID}}\n  groups:\n  - !!int\n"
    result = fix(lost, options=RunOptions(select=("AM003",), unsafe_fixes=True))
    ((_, reason),) = result.held_back
    assert (
        reason == "the authenticator still could not read mapRoles: the tag !!int does not fit ``"
    )
    assert result.output == lost
