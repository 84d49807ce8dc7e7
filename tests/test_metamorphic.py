"""However a map is written, the same is found in it, and a fix changes the lines it must."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import maps
import pytest
import words
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sample_sizes import asked
from styles import WAYS, Entries, as_file, config_map, double, manifest

from authmap.api import fix, lint
from authmap.documents.read import read
from authmap.linting.run import Run
from authmap.model.options import RunOptions
from authmap.render import concise, json, text

EXAMPLES = asked("AUTHMAP_EXAMPLES", 1000)
ROLE = "arn:aws:iam::111111111111:role/"
NODES = ["system:bootstrappers", "system:nodes"]

PAYLOAD: Entries = [
    {"rolearn": f"{ROLE}nodes", "username": "system:node:{{EC2PrivateDNSName}}", "groups": NODES},
    {
        "rolearn": f"{ROLE}fargate",
        "username": "system:node:{{SessionName}}",
        "groups": [*NODES, "system:node-proxier"],
    },
    {"rolearn": f"{ROLE}staff", "username": "staff", "groups": ["developers"]},
    {"rolearn": f"{ROLE}admin", "username": "admin:{{SessionName}}", "groups": ["system:masters"]},
    {
        "rolearn": f"{ROLE}AWSServiceRoleForAmazonEMRContainers",
        "username": "emr-containers",
    },
    {
        "rolearn": f"{ROLE}fargate",
        "username": "system:node:{{SessionName}}",
        "groups": [*NODES, "system:node-proxier"],
    },
    {
        "rolearn": f"{ROLE}team/deploy",
        "username": "deploy:{{AccountID}}:{{SessionName}}",
        "groups": ["deployers"],
    },
    {"rolearn": f"{ROLE}ci", "username": 123, "groups": ["ci"]},
]

EXPECTED = {
    ("AM002", 7, "123"),
    ("AM101", 2, "staff"),
    ("AM101", 7, "123"),
    ("AM102", 2, "staff"),
    ("AM102", 3, "admin:{{SessionName}}"),
    ("AM201", 6, "team/"),
    ("AM204", 1, f"{ROLE}fargate"),
    ("AM301", 3, "system:masters"),
}
"""Rule, entry, and the value that the span stands for."""


def said(way: str, entries: Entries) -> list[tuple[Any, ...]]:
    """What is found, but for the places."""
    written = WAYS[way](entries)
    return sorted(
        (
            finding.rule.code,
            finding.entry and finding.entry.index,
            re.sub(r"\bline \d+", "line N", finding.message),
            written.meant(finding.source.text[slice(*finding.span)]),
        )
        for finding in lint(written.data).findings
        # which is said of what the API server refuses
        if not ("native" in way and finding.entry is None and finding.rule.code == "AM002")
    )


@pytest.mark.parametrize("way", WAYS)
def test_same_findings_at_what_they_are_about(way: str) -> None:
    found = said(way, PAYLOAD)
    assert found == said("literal", PAYLOAD)
    assert {(code, index, meant) for code, index, _, meant in found} == EXPECTED


@pytest.mark.parametrize("way", WAYS)
def test_one_username_is_one_line(way: str) -> None:
    before = WAYS[way](PAYLOAD).data
    name = "role:{{AccountID}}:staff:{{SessionName}}"
    result = fix(before, options=RunOptions(select=("AM101",)))
    assert [finding.entry and finding.entry.index for finding in result.applied] == [2]
    ((old, new),) = changed_lines(before, result.output)
    assert unquoted(new).replace(name.encode(), b"staff") == unquoted(old)
    renamed = [entry | {"username": name} if entry is PAYLOAD[2] else entry for entry in PAYLOAD]
    assert entries_in(result.output) == entries_in(WAYS[way](renamed).data)
    assert fix(result.output, options=RunOptions(select=("AM101",))).output == result.output


def changed_lines(before: bytes, after: bytes) -> list[tuple[bytes, bytes]]:
    old, new = before.split(b"\n"), after.split(b"\n")
    return [pair for pair in zip(old, new, strict=True) if pair[0] != pair[1]]


def unquoted(line: bytes) -> bytes:
    return re.sub(rb"""\\?["']""", b"", line)


def entries_in(data: bytes) -> list[tuple[str, str, list[str]]]:
    return [(e.arn, e.username, e.groups) for found in read(data).maps for e in found.entries]


fields = st.fixed_dictionaries(
    {},
    optional={
        "rolearn": st.sampled_from(words.ARNS),
        "username": st.one_of(
            st.sampled_from(words.NAMES), st.sampled_from([1, True, None, 1.5, [], ["a"]])
        ),
        "groups": st.one_of(
            st.lists(st.sampled_from(words.GROUPS), max_size=3),
            st.lists(st.sampled_from(words.GROUPS), max_size=3),
            st.sampled_from(["developers", None, [1, "a", None]]),
        ),
        "Username": st.sampled_from(words.NAMES),
        "user": st.just("x"),
    },
)
entries = st.lists(fields, min_size=1, max_size=5).filter(
    lambda found: any("rolearn" in each for each in found)
)
ways = st.sampled_from(list(WAYS))
lenient = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@lenient
@given(entries, ways)
def test_any_payload_any_way(payload: Entries, way: str) -> None:
    assert said(way, payload) == said("literal", payload)


@lenient
@given(entries, ways, st.booleans())
def test_fixes_stay_on_their_lines(payload: Entries, way: str, unsafe: bool) -> None:
    before = WAYS[way](payload).data
    result = fix(before, options=RunOptions(select=("AM1",), unsafe_fixes=unsafe))
    meant = {
        finding.source.place(finding.at.layer.span(change.node.start, change.node.end)[0]).line
        for finding in result.applied
        if finding.fix
        for change in finding.fix.changes
    }
    old, new = before.split(b"\n"), result.output.split(b"\n")
    changed = {n for n, pair in enumerate(zip(old, new, strict=True), 1) if pair[0] != pair[1]}
    assert changed <= meant
    again = fix(result.output, options=RunOptions(select=("AM1",), unsafe_fixes=unsafe))
    assert again.output == result.output


FIXTURES = Path(__file__).parent.parent / "fixtures"
FILES = sorted(p for p in FIXTURES.rglob("*") if p.suffix in (".yaml", ".json"))


@st.composite
def mutated_files(draw: st.DrawFn) -> bytes:
    data = draw(st.sampled_from(FILES)).read_bytes()
    for _ in range(draw(st.integers(0, 4))):
        data = draw(maps.mutated(data.decode(errors="replace"))).encode()
    return data


inputs = st.one_of(
    mutated_files(),
    maps.section().map(lambda section: section.encode()),
    maps.data().map(lambda data: as_file(config_map("") | {"data": data})),
    maps.data().map(lambda data: manifest(double(data.get("mapRoles", "")))),
    st.binary(),
    st.text().map(str.encode),
)


@lenient
@given(inputs, st.booleans())
def test_nothing_makes_a_traceback_or_loses_an_entry(data: bytes, named: bool) -> None:
    report = lint(data, named=named)
    run = Run(report.findings, [], [], 1, report.maps)
    for renderer in (text, concise, json):
        renderer.render(run)
    result = fix(data, options=RunOptions(unsafe_fixes=True), named=named)
    assert bool(result.applied) == (result.output != data)
    assert kept(result.output) >= kept(data)


def kept(data: bytes) -> int:
    return sum(entry.dropped is None for found in read(data).maps for entry in found.entries)
