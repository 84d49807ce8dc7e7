"""Every rule against its folder in fixtures/: bad fires, good is silent, fixed is what fix makes.

A folder may hold more cases: `bad-<what>.yaml` with `fixed-<what>.yaml`, and `good-<what>.yaml`.
In a bad file each place where the rule must fire is marked in `bad.spans`: one `line:column-column`
a line (1-based, end exclusive), made by running the tests with AUTHMAP_UPDATE=1 and then read.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from authmap.api import fix, lint
from authmap.documents.bindings import read_bindings
from authmap.linting.run import Run
from authmap.model.bindings import Bindings
from authmap.model.options import RunOptions
from authmap.render import text
from authmap.rules.registry import all_rules

FIXTURES = Path(__file__).parent.parent / "fixtures"
UPDATE = bool(os.environ.get("AUTHMAP_UPDATE"))


def cases(stem: str) -> list[Path]:
    return sorted(p for p in FIXTURES.glob(f"AM*/{stem}*") if p.suffix in (".yaml", ".json"))


def only(path: Path) -> RunOptions:
    """The rule of a folder, and the bindings that stand in the file behind the map."""
    data = path.read_bytes()
    bound = Bindings(read_bindings(data, path.name)) if b"RoleBinding" in data else None
    return RunOptions(select=(path.parent.name,), unsafe_fixes=True, bindings=bound)


def name(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"


def expect(path: Path, content: str) -> None:
    if UPDATE:
        path.write_bytes(content.encode())
    assert path.read_bytes().decode() == content


@pytest.mark.parametrize("code", list(all_rules()))
def test_every_rule_has_a_folder(code: str) -> None:
    assert {"good.yaml", "bad.yaml"} <= {path.name for path in (FIXTURES / code).iterdir()}


@pytest.mark.parametrize("path", cases("bad"), ids=name)
def test_bad_fires_at_exact_spans(path: Path) -> None:
    report = lint(path.read_bytes(), path=path.name, options=only(path))
    assert report.findings
    spans = ""
    for finding in report.findings:
        start, end = (finding.source.place(offset) for offset in finding.span)
        ends = f"{end.column}" if end.line == start.line else f"{end.line}:{end.column}"
        spans += f"{start.line}:{start.column}-{ends} {finding.message}\n"
    expect(path.with_suffix(".spans"), spans)


@pytest.mark.parametrize("path", cases("bad"), ids=name)
def test_bad_reads_as_expected(path: Path) -> None:
    report = lint(path.read_bytes(), path=path.name, options=only(path))
    run = Run(
        report.findings,
        [],
        [],
        1,
        report.maps,
        kubeconfigs=report.kubeconfigs,
        unread=report.unread,
    )
    expect(path.with_suffix(".txt"), text.render(run))


@pytest.mark.parametrize("path", cases("good"), ids=name)
def test_good_is_silent(path: Path) -> None:
    report = lint(path.read_bytes(), path=path.name, options=only(path))
    assert [finding.message for finding in report.findings] == []
    assert report.maps or report.kubeconfigs or report.unread


@pytest.mark.parametrize("path", cases("bad"), ids=name)
def test_fix_makes_fixed_and_fixed_stays(path: Path) -> None:
    fixed = path.with_name(path.name.replace("bad", "fixed", 1))
    before = path.read_bytes()
    result = fix(before, path=path.name, options=only(path))
    if not result.applied:
        assert result.output == before
        assert not fixed.exists()
        return
    if UPDATE:
        fixed.write_bytes(result.output)
    assert result.output == fixed.read_bytes()
    again = fix(result.output, path=path.name, options=only(path))
    assert again.output == result.output
    assert not again.applied
