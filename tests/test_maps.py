"""The random maps are worth asking about: most hold something, and every mistake is in some."""

from __future__ import annotations

import re
from collections import Counter

import maps
import pytest
from hypothesis import HealthCheck, given, settings
from test_differential_rules import load, manifest

from authmap.linting.engine import check
from authmap.model.options import RunOptions
from authmap.rules.registry import all_rules

WRITTEN = {
    "double quotes": r'^- \w+: "[^"]+"$',
    "single quotes": r"^- \w+: '[^']+'$",
    "escapes": r'"[^"]*\\x[0-9a-f]{2}',
    "a literal scalar": r": \|[-+2]*\n",
    "a folded scalar": r": >-?\n",
    "a plain scalar over lines": r": [a-z]+\n +[a-z]+$",
    "a word of YAML 1.1": r": (yes|No|on|OFF|y|n)$",
    "a null": r": (~|null|)$",
    "a number": r"(: |- )[0-9]+$",
    "infinity": r": [-+]?\.(inf|nan)$",
    "an account id without quotes": r"^- 022222222222$",
    "an account id in quotes": r"""^- ['"]022222222222['"]$""",
    "a key twice": r"^\W+username: .*\n(.*\n)?  username: ",
    "a key in two cases": r"\busername: (.|\n(?!-))*(USERNAME|Username): ",
    "a list for text": r"(arn|username): \[",
    "a mapping for text": r"(arn|username): \{\w",
    "text for a list": r"groups: [\"'\w]",
    "an item that is no mapping": r"^- \w+$",
    "an anchor": r"&e\b",
    "an alias of an entry": r"^- \*e$",
    "an alias of a value": r"\*[aug]\b",
    "a merge": r"<<: \*e",
    "a merge of several": r"<<: \[",
    "a tag": r": !!?\w+ ",
    "a second document": r"\n---\n- ",
    "an end of document": r"\n\.\.\.\n",
    "a directive": r"^%YAML 1\.",
    "a tab": r"^\t",
    "NEL": "\x85",
    "a line separator": "\u2028",
    "CRLF": "\r\n",
    "a byte order mark": "\ufeff",
    "deep nesting": r"\[{20}",
    "JSON": r'^\[\{"\w+": ',
    "JSON over lines": r"^\[\n  \{\n",
    "JSON's escaped slash": r"\\/",
    "a flow mapping": r"^- \{\w+: ",
    "blank": r"\A\s+\Z",
    "quotes with nothing in them": r"\A\s*(''|\"\"|``)\s*\Z",
    "a comment": r"^#",
    "an item folded into another": r"\n +- .*\n +  - ",
    "a template": r"\$\{\w+\}",
    "a placeholder without quotes": r": \{\{\w+\}\}$",
}
OF_OTHER_TESTS = {"AM008", "AM010"}  # of the object, not of its data


@pytest.mark.hypothesis  # it measures nothing of authmap, so its coverage is not needed
@pytest.mark.long
def test_what_is_generated() -> None:
    seen: Counter[str] = Counter()
    rules = [rule for rule in all_rules().values() if rule.default and rule.code < "AM4"]

    @settings(
        max_examples=1500, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck)
    )
    @given(maps.data())
    def look(data: dict[str, str]) -> None:
        found = load(manifest(data))
        seen["maps"] += 1
        seen["sections"] += len(found.sections)
        seen["lost"] += sum(section.problem is not None for section in found.sections.values())
        seen["kept"] += any(entry.dropped is None for entry in found.entries)
        seen["several"] += len(found.roles + found.users) > 1
        seen.update({finding.rule.code for finding in check([found], RunOptions())})
        for what, pattern in WRITTEN.items():
            seen[what] += any(re.search(pattern, text, re.MULTILINE) for text in data.values())

    look()
    assert seen["kept"] > seen["maps"] / 2
    assert seen["several"] > seen["maps"] / 3
    assert seen["sections"] / 10 < seen["lost"] < seen["sections"] / 3
    wanted = [*WRITTEN, *(rule.code for rule in rules if rule.code not in OF_OTHER_TESTS)]
    assert [what for what in wanted if not seen[what]] == []
