"""What a text with templates can become once it is rendered."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from manifests import A1, ADMIN, role

from authmap.access.concern import Concern
from authmap.access.rendering import Renderings, can_become
from authmap.access.report import AccessReport
from authmap.model.auth_map import AuthMap

PIECES = st.lists(st.sampled_from(["a", "B", "ab", "${x}", "<Y>"]), max_size=7).map("".join)


@given(st.lists(PIECES, max_size=4), st.text("abAB", max_size=7))
def test_a_template_stands_for_anything(texts: list[str], wanted: str) -> None:
    expected = [re.sub(r"\$\{x\}|<Y>", ".*", text) for text in texts]
    matches = [bool(re.fullmatch(pattern, wanted, re.I)) for pattern in expected]
    assert [can_become(text, wanted) for text in texts] == matches
    assert Renderings(texts).include(wanted) == any(matches)


@pytest.mark.parametrize("text", ["${a}" * 30 + "x", "x${a}" * 60, ("${a}" + "s" * 3) * 40])
def test_many_templates_in_one_text(text: str) -> None:
    """A regular expression would try them in all combinations, until the end of the world."""
    assert not can_become(text, "s" * 100)
    assert can_become(text, text.replace("${a}", "s"))
    old = AuthMap.from_data({"mapRoles": role("s" * 64, "x")})
    new = AuthMap.from_data({"mapRoles": role(text, "x", f'"{text}"')})
    assert [row.title for row in AccessReport(old, new).rows] == ["role/" + "s" * 64]


def test_many_entries_on_both_sides() -> None:
    """Each ARN of one side has its template on the other one."""
    arns = [f"arn:aws:iam::{A1}:role/team-{number}" for number in range(500)]
    entries = [role(f"team-{number}", "x") for number in range(500)]
    old = AuthMap.from_data({"mapRoles": "".join(entries) + ADMIN})
    new = AuthMap.from_data({"mapRoles": "".join(entries).replace(A1, "${account}")})
    report = AccessReport(old, new, fail_on=tuple(Concern))
    assert [each.arn for each in report.unknown] == arns
    assert [row.title for row in report.rows] == ["role/admin"]
