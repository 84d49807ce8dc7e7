"""The rules' pages: in docs/ as in the code, and their examples true."""

from __future__ import annotations

import os
import re
import sys
import textwrap
import types
from functools import cache
from pathlib import Path

import pytest

from authmap.api import lint, load
from authmap.documents.bindings import read_bindings
from authmap.model.bindings import Bindings
from authmap.model.options import RunOptions
from authmap.model.rule import Fixes
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
        f"| [{rule.code}]({rule.code}.md) | {rule.name} | {rule.severity} | {rule.fixes} | "
        f"{rule.summary} |\n"
        for rule in all_rules().values()
    ]
    head = "# Rules\n\n| code | name | severity | fix | finds |\n|---|---|---|---|---|\n"
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


@cache
def fixes_in_fixtures() -> dict[str, Fixes]:
    """The fixes that each rule has in any of the fixtures."""
    found = dict.fromkeys(CODES, Fixes.NONE)
    for path in sorted((PAGES.parents[1] / "fixtures").glob("AM*/bad*.*")):
        if path.suffix in (".yaml", ".json"):
            options = RunOptions(select=("AM",))
            for finding in lint(path.read_bytes(), options=options, named=True).findings:
                if finding.fix:
                    found[finding.code] |= Fixes.SAFE if finding.fix.safe else Fixes.UNSAFE
    return found


@pytest.mark.parametrize("code", CODES)
def test_page_says_which_fixes_there_are(code: str) -> None:
    rule = all_rules()[code]
    assert fixes_in_fixtures()[code] == rule.fixes
    assert f"*{rule.severity}* · *{rule.fixes}*" in rule.page.splitlines()[2]


def test_links_are_links() -> None:
    for page in PAGES.glob("*.md"):
        prose = re.sub(r"^    .*$|`[^`]*`", "", page.read_text(), flags=re.M)
        assert re.findall(r"(?<![<(\[])https?://\S+", prose.replace("(<http", "<http")) == [], page


def test_the_guide_s_rule_works() -> None:
    guide = (PAGES.parents[1] / "CONTRIBUTING.md").read_text()
    block = re.search(r"^   ```python\n(.*?)^   ```$", guide, re.M | re.S)
    assert block
    module = types.ModuleType("guide")
    sys.modules["guide"] = module  # where a rule's page is looked up
    try:
        source = textwrap.dedent(block[1])
        exec(compile(source, "guide", "exec"), vars(module))  # noqa: S102
        made = module.shouted_username
        assert re.search(r"https://|pkg/", made.rule.page)
        bad, good = (
            textwrap.dedent(re.findall(rf"## {name}\n\n((?:    .*\n)+)", made.rule.page)[0])
            for name in ("Bad", "Good")
        )
        assert [*made.check(load(good.encode())[0], RunOptions())] == []
        [finding] = made.check(load(bad.encode())[0], RunOptions())
        assert finding.fix.changes[0].value == "staff:{{SessionName}}"
    finally:
        del sys.modules["guide"]


@pytest.mark.parametrize("code", CODES)
def test_page_has_its_parts(code: str) -> None:
    page = all_rules()[code].page
    headings = re.findall(r"^## (.*)$", page, re.M)
    assert headings == ["Why it matters", "Bad", "Good", "How to fix"]
    assert re.search(r"https://|pkg/", page), "its page cites no source (https://… or pkg/…)"
    assert len(all_rules()[code].summary) <= 100
