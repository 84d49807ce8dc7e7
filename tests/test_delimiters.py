"""Marks that stand for the authenticator's braces until another tool has rendered the file."""

from __future__ import annotations

import pytest
from styles import literal, manifest

from authmap.api import fix, lint, lint_data
from authmap.config.file import Config
from authmap.config.settings import settings
from authmap.model.options import OptionError, RunOptions
from authmap.usernames.template import DEFAULT_TEMPLATE

ROLE = "arn:aws:iam::111111111111:role/"
ANGLES = (("<<", ">>"),)
ALL = {"<< >>": ANGLES, "@[ ]": (("@[", "]"), ("<<", ">>")), "% %": (("%", "%"),)}


def entry(username: str, groups: str = "[developers]") -> bytes:
    written = f"- rolearn: {ROLE}staff\n  username: {username}\n  groups: {groups}\n"
    return manifest(literal(written))


def codes(data: bytes, delimiters: tuple[tuple[str, str], ...]) -> list[str]:
    return [f.rule.code for f in lint(data, options=RunOptions(delimiters=delimiters)).findings]


def marked(text: str, pair: tuple[str, str]) -> str:
    return text.replace("{{", pair[0]).replace("}}", pair[1])


@pytest.mark.parametrize("delimiters", ALL.values(), ids=ALL)
def test_count_as_the_placeholder(delimiters: tuple[tuple[str, str], ...]) -> None:
    for pair in delimiters:
        username = marked("role:{{AccountID}}:{{SessionName}}", pair)
        assert codes(entry(f"'{username}'"), delimiters) == []


def test_braces_still_do() -> None:
    assert codes(entry("role:{{AccountID}}:<<SessionName>>"), ANGLES) == []


def test_without_the_setting_they_are_wrong() -> None:
    assert codes(entry("role:{{AccountID}}:<<SessionName>>"), ()) == ["AM101", "AM104"]


@pytest.mark.parametrize("delimiters", ALL.values(), ids=ALL)
def test_fixes_write_the_first_pair(delimiters: tuple[tuple[str, str], ...]) -> None:
    before = entry("staff")
    options = RunOptions(delimiters=delimiters, select=("AM101", "AM102"))
    result = fix(before, options=options)
    name = marked(DEFAULT_TEMPLATE.replace("{short_role}", "staff"), delimiters[0])
    assert f"{name}" in result.output.decode()
    assert len(result.output.splitlines()) == len(before.splitlines())
    assert codes(result.output, delimiters) == []
    assert fix(result.output, options=options).output == result.output


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("role:<<AccountID>>:${SessionName}", "role:<<AccountID>>:<<SessionName>>"),
        ("role:<<AccountID>>:<< SessionName >>", "role:<<AccountID>>:<<SessionName>>"),
        ("role:<<AccountID>>:<<sessionname>>", "role:<<AccountID>>:<<SessionName>>"),
    ],
)
def test_misspelt_ones_are_mended(wrong: str, right: str) -> None:
    options = RunOptions(delimiters=ANGLES)
    result = fix(entry(wrong), options=options)
    assert result.output == entry(right)
    assert result.remaining == []


@pytest.mark.parametrize(
    ("wrong", "right", "code"),
    [
        ("role:<<AccountID>>:${SessionName}", "role:<<AccountID>>:<<SessionName>>", "AM104"),
        ("role:<<AccountID>>:<<sessionname>>", "role:<<AccountID>>:<<SessionName>>", "AM105"),
    ],
)
def test_each_rule_mends_into_the_marks(wrong: str, right: str, code: str) -> None:
    result = fix(entry(wrong), options=RunOptions(delimiters=ANGLES, select=(code,)))
    assert result.output == entry(right)


def test_unknown_ones_are_no_template_to_be_rendered() -> None:
    assert codes(entry("role:<<AccountID>>:<<UserName>>:<<SessionName>>"), ANGLES) == ["AM105"]


@pytest.mark.parametrize(
    ("username", "groups", "code"),
    [
        ('"<<SessionName>>:x:<<AccountID>>"', "[g]", "AM103"),
        ("role:<<AccountID>>:<<AccessKeyID>>:<<SessionName>>", "[g]", "AM109"),
        ("role:<<AccountID>>:<<SessionName>>", "['<<SessionName>>']", "AM305"),
    ],
)
def test_other_rules_see_the_placeholder(username: str, groups: str, code: str) -> None:
    assert code in codes(entry(username, groups), ANGLES)


def test_nodes_stay_nodes() -> None:
    node = entry("system:node:<<EC2PrivateDNSName>>", "[system:bootstrappers, system:nodes]")
    assert codes(node, ANGLES) == []


def test_places_and_words_are_as_in_the_file() -> None:
    data = entry("staff:<<SessionName>>:<<UserName>>")
    found = lint(data, options=RunOptions(delimiters=ANGLES)).findings
    said = {f.rule.code: (f.message, f.source.text[slice(*f.span)]) for f in found}
    assert said["AM105"][1] == "<<UserName>>"
    assert "`<<UserName>>`" in said["AM105"][0]
    assert "add <<AccountID>> to" in next(f.advice for f in found if f.rule.code == "AM102")


def test_a_live_map_has_been_rendered() -> None:
    data = {"mapRoles": f"- rolearn: {ROLE}staff\n  username: a:<<SessionName>>:<<AccountID>>\n"}
    found = lint_data(data, options=RunOptions(delimiters=ANGLES, select=("AM104",))).findings
    assert len(found) == 2


def test_template_and_known_entries_of_the_settings_may_have_them() -> None:
    values = {
        "delimiters": [["<<", ">>"]],
        "username-template": "x:<<AccountID>>:{role_name}:<<SessionName>>",
        "known-entries": [{"what": "x", "username": "x:<<SessionName>>"}],
    }
    options = settings(Config("authmap.toml", "", values), {}).options
    assert options.username_template == "x:{{AccountID}}:{role_name}:{{SessionName}}"
    assert codes(entry("x:<<SessionName>>"), ANGLES) == ["AM102"]
    found = lint(entry("x:<<SessionName>>"), options=options).findings
    assert found == []


@pytest.mark.parametrize("mark", ["a", "< <", "\n", "_"])
def test_marks_cannot_be_names(mark: str) -> None:
    with pytest.raises(OptionError, match=r"(?s)authmap.toml:1: .* is not a delimiter"):
        settings(Config("authmap.toml", "delimiters = [[]]", {"delimiters": [["<", mark]]}), {})
