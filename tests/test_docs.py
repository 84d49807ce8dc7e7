"""The rules' pages: in docs/ as in the code, and their examples true."""

from __future__ import annotations

import os
import re
import textwrap
from pathlib import Path

import pytest

from authmap.api import lint
from authmap.documents.bindings import read_bindings
from authmap.model.bindings import Bindings
from authmap.model.options import RunOptions
from authmap.rules.registry import all_rules

PAGES = Path(__file__).parent.parent / "docs" / "rules"
CODES = list(all_rules())


def expect(path: Path, text: str) -> None:
    if os.environ.get("AUTHMAP_UPDATE"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    assert path.read_text() == text, "stale: run the tests with AUTHMAP_UPDATE=1"


def example(code: str, heading: str) -> bytes:
    section = re.search(rf"^## {heading}\n(.*?)(?=^## |\Z)", all_rules()[code].page, re.M | re.S)
    assert section, f"{code} has no section {heading}"
    block = re.search(r"(?:^(?: {4}.*)?\n)+", section[1], re.M)
    assert block
    text = textwrap.dedent(block[0])
    return text.replace("# … and ten thousand more", "#" * 1024 * 1024).encode()


@pytest.mark.parametrize("code", CODES)
def test_page_in_docs_is_the_rule_s_own(code: str) -> None:
    expect(PAGES / f"{code}.md", all_rules()[code].page)


def test_index_lists_every_rule() -> None:
    rows = [
        f"| [{rule.code}]({rule.code}.md) | {rule.name} | {rule.severity} | {rule.summary} |\n"
        for rule in all_rules().values()
    ]
    head = "# Rules\n\n| code | name | severity | finds |\n|---|---|---|---|\n"
    expect(PAGES / "index.md", head + "".join(rows))


def test_no_page_without_a_rule() -> None:
    assert {page.stem for page in PAGES.glob("*.md")} == {*CODES, "index"}


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("heading", ["Bad", "Good"])
def test_example_is_true(code: str, heading: str) -> None:
    text = example(code, heading)
    bound = Bindings(read_bindings(text, "rbac")) if b"RoleBinding" in text else None
    report = lint(text, options=RunOptions(select=(code,), bindings=bound))
    assert bool(report.findings) == (heading == "Bad")
    assert report.maps or report.kubeconfigs or report.unread


@pytest.mark.parametrize("code", CODES)
def test_page_has_its_parts(code: str) -> None:
    page = all_rules()[code].page
    headings = re.findall(r"^## (.*)$", page, re.M)
    assert headings == ["Why it matters", "Bad", "Good", "How to fix"]
    assert re.search(r"https://|pkg/", page), "a source for what it says"
    assert len(all_rules()[code].summary) <= 100
