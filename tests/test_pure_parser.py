"""Without the C parser nothing changes but the time: same trees and errors, findings and fixes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import maps
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from authmap import tree
from authmap.options import Options
from authmap.render.json import document
from authmap.report import Run
from authmap.workflow import fix, lint

EXAMPLES = int(os.environ.get("AUTHMAP_EXAMPLES", "1000"))
FIXTURES = Path(__file__).parent.parent / "fixtures"
FILES = sorted(p for p in FIXTURES.rglob("*") if p.suffix in (".yaml", ".json"))

pytestmark = pytest.mark.skipif(
    find_spec("_ruamel_yaml") is None, reason="the C parser is not installed: nothing to compare"
)


def outcome(path: Path) -> dict[str, Any]:
    """All that is said of a file, and what becomes of it."""
    data = path.read_bytes()
    report = lint(data, path=path.name)
    fixed = fix(data, path=path.name, options=Options(unsafe_fixes=True))
    return {
        "report": document(Run(report.findings, [], [], 1, report.maps)),
        "output": fixed.output.decode(errors="replace"),
        "held back": [[finding.rule.code, reason] for finding, reason in fixed.held_back],
        "others": report.others,
    }


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(FIXTURES)))
def test_fixtures_read_the_same(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = outcome(path)
    monkeypatch.setattr(tree, "CParser", None)
    assert outcome(path) == expected


def test_where_it_cannot_be_imported() -> None:
    program = """
import json, sys
sys.modules["_ruamel_yaml"] = None
import test_pure_parser as tests
print(json.dumps([tests.outcome(path) for path in tests.FILES]))
assert "authmap.pure" in sys.modules
"""
    here = Path(__file__).parent
    environment = os.environ | {"PYTHONPATH": os.pathsep.join((str(here.parent), str(here)))}
    run = subprocess.run(
        [sys.executable, "-c", program], env=environment, stdout=subprocess.PIPE, check=True
    )
    assert json.loads(run.stdout) == json.loads(json.dumps([outcome(path) for path in FILES]))


def dump(text: str) -> list[Any]:
    """The trees of a text, node for node, and the error that ends them."""
    trees: list[Any] = []
    try:
        for found in tree.parse(text):
            nodes = [
                (type(node), node.start, node.end, node.tag, node.anchor, inside(node))
                for node in tree.descend(found.root)
            ]
            trees.append((found.start, found.end, found.version, nodes))
    except tree.TreeError as error:
        trees.append((error.problem, error.index, error.began))
    return trees


def inside(node: tree.Node) -> Any:
    if isinstance(node, tree.Scalar):
        return node.value, node.style, node.in_flow
    if isinstance(node, tree.Alias):
        return node.target and node.target.start
    return getattr(node, "flow", None)


def both_agree(text: str) -> None:
    expected = dump(text)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tree, "CParser", None)
        assert dump(text) == expected


lenient = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@lenient
@given(maps.section())
def test_maps_read_the_same(text: str) -> None:
    both_agree(text)


PIECES = [
    "-", "- ", "a", "b", ":", ": ", "'", '"', "''", "\\", "\\x41", "\\/", "\\'", "\\u00e9", "\\\n",
    "\\ud83d\\ude00", "|", "|-", "|2", "|+1", "|0", ">", ">-", "#", "&x ", "*x ", "!t", "!!str ",
    "!<a>", "!", "!e!x ", "!a%C3%A9 ", "!%2", "!%C0%80 ", "!a%00b ", "%YAML ", "%TAG ", "%FOO", "1",
    "1.1", "1.2\n", "tag:e%20:", "---", "\n---\n", "...", "\n...\n", "[", "]", "{", "}", ",", "?",
    "`", "@", "é", "~", "<<", " ", "  ", "\n", "\n  ", "\t", "\r", "\r\n", "\x85", "\u2028",
    "\ufeff", "\x07", "%YAML 1.1\n---\n", "%YAML 1.3\n--- ", "%TAG !e! x\n--- ", "k: |\n  ",
]  # fmt: skip


DISAGREED = {
    "tag before and behind an anchor": "- &x !!str a\n- !e &y [a]\n",
    "tag between two anchors": "&x !!str &x ",
    "unknown handle before a bad token": "&x !e!x \n[>",
    "unknown version": "%YAML 1.3\n--- a\n",
    "flow mapping behind a block": "- a\n{",
    "key that is too long": "- " + "a" * 1025 + ": b\n",
    "deep flow": "[" * 20 + "a: b" + "]" * 20,
    "missing keys and values in a list": "[? : a, : b, c: , ? d]",
    "missing keys and values in a mapping": "- {a, b: , ? c, : d}",
    "tab in a literal block's indentation": "a: |\n \n\t\n  b\n",
    "document start in quotes": "- 'a\n---\n'",
    "half a surrogate pair": "a\ud800",
}
"""Texts that the two once read differently."""


@pytest.mark.parametrize("name", DISAGREED)
def test_what_was_read_differently_is_read_the_same(name: str) -> None:
    both_agree(DISAGREED[name])


@lenient
@given(st.lists(st.sampled_from(PIECES), max_size=20).map("".join))
def test_any_pieces_of_yaml_read_the_same(text: str) -> None:
    both_agree(text)
