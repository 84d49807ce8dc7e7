"""The schemas: of the JSON report, held to what is printed; of the payload, held to the rules."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import words
from command import authmap
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from sample_sizes import asked
from styles import WAYS, config_map

from authmap.api import fix, lint, load
from authmap.linting.run import Run
from authmap.model.options import RunOptions
from authmap.render.json import document
from authmap.syntax.nodes import Mapping, Node, Scalar, Sequence

if TYPE_CHECKING:
    from authmap.model.finding import Finding

EXAMPLES = asked("AUTHMAP_EXAMPLES", 1000)
ROOT = Path(__file__).parent.parent
FIXTURES = sorted(p for p in (ROOT / "fixtures").rglob("*") if p.suffix in (".yaml", ".json"))
ROLE = "arn:aws:iam::111111111111:role/"


def schema(name: str) -> Any:
    return json.loads((ROOT / "authmap" / "schema" / f"{name}.json").read_bytes())


@pytest.mark.parametrize("name", ["report", "payload", "config", "diff"])
def test_is_a_schema_and_printed(name: str) -> None:
    Draft202012Validator.check_schema(schema(name))
    printed = authmap("schema", name)
    assert json.loads(printed.stdout) == schema(name)


def test_every_report_is_valid(tmp_path: Path) -> None:
    (tmp_path / "other.yaml").write_text("kind: Service\n")
    (tmp_path / "latin1.yaml").write_bytes(b"data:\n  mapRoles: \xe9\n")
    given_paths = [*FIXTURES, tmp_path / "other.yaml", tmp_path / "latin1.yaml", tmp_path / "none"]
    run = authmap("lint", "-f", "json", *given_paths, cwd=ROOT)
    assert run.returncode == 2  # as one does not exist
    report = json.loads(run.stdout)
    Draft202012Validator(schema("report")).validate(report)
    for part in ("findings", "skipped", "errors"):
        assert report[part]


@pytest.mark.parametrize("name", ["report", "diff"])
def test_report_schema_leaves_nothing_open(name: str) -> None:
    """Each object of the report has just the keys that the schema names."""
    waiting = [schema(name)]
    while waiting:
        found = waiting.pop()
        if isinstance(found, dict):
            waiting += found.values()
            if found.get("type") == "object":
                assert found["additionalProperties"] is False
                assert found["required"] == list(found["properties"])
                assert all("description" in part for part in found["properties"].values())


def edited(data: bytes, edits: list[dict[str, Any]]) -> bytes:
    """The bytes with the edits of a report made by hand."""
    parts, at = [], 0
    for start, end, content in sorted({(e["start"], e["end"], e["content"]) for e in edits}):
        assert at <= start
        parts += [data[at:start], content.encode()]
        at = end
    return b"".join([*parts, data[at:]])


def bad_files() -> list[Any]:
    odd = [
        {"rolearn": f"{ROLE}stäff", "username": "\u017ftäff\U0001f600", "groups": ["\u00fc", "b"]},
        {"rolearn": f"{ROLE}ops", "username": "ops", "groups": ["\U0001f600"]},
    ]
    cases = [pytest.param(make(odd).data, id=way) for way, make in WAYS.items()]
    cases += [pytest.param(b"\xef\xbb\xbf# \xc3\xa9\r\n" + WAYS["CRLF"](odd).data, id="BOM, CRLF")]
    files = [path for path in FIXTURES if path.name.startswith("bad")]
    return cases + [
        pytest.param(path.read_bytes(), id=f"{path.parent.name}/{path.name}") for path in files
    ]


@pytest.mark.parametrize("data", bad_files())
def test_places_and_edits_are_of_the_bytes(data: bytes) -> None:
    lines = data.removeprefix(b"\xef\xbb\xbf").decode(errors="replace").split("\n")
    findings = lint(data).findings
    for code in {finding.rule.code for finding in findings}:
        of_rule = [finding for finding in findings if finding.rule.code == code]
        fixes = [f["fix"] for f in document(Run(of_rule, [], [], 1, 1))["findings"] if f["fix"]]
        edits = [edit for fix in fixes for edit in fix["edits"]]
        for edit in edits:
            meant = data[edit["start"] : edit["end"]].decode()
            first, last = lines[edit["line"] - 1], lines[edit["end_line"] - 1]
            if edit["content"]:
                assert edit["line"] == edit["end_line"]
            else:  # a comment is taken out with its line
                assert edit["end_line"] - edit["line"] == meant.count("\n") <= 1
            assert first[edit["column"] - 1 :].startswith(meant.split("\n")[0])
            assert last[: edit["end_column"] - 1].endswith(meant.split("\n")[-1])
        options = RunOptions(select=(code,), unsafe_fixes=True)
        by_hand = edited(data, edits)
        assert (by_hand != data) == bool(edits)
        assert fix(by_hand, options=options).output == fix(data, options=options).output


# the payload


def schema_says(section: str, items: Any) -> list[tuple[tuple[Any, ...], str, Any]]:
    """Path, kind of objection and value of all that the schema objects to."""
    part = {**schema("payload"), "$ref": f"#/$defs/{section}", "type": "array"}
    return [
        (tuple(error.absolute_path), str(error.validator), error.instance)
        for error in Draft202012Validator(part).iter_errors(items)
    ]


def paths(section_root: Node) -> dict[int, tuple[Any, ...]]:
    """The path of each value by the place at which it begins."""
    found: dict[int, tuple[Any, ...]] = {}
    waiting: list[tuple[Node, tuple[Any, ...]]] = [(section_root, ())]
    while waiting:
        node, path = waiting.pop()
        found[node.start] = path
        if isinstance(node, Sequence):
            waiting += [(item, (*path, index)) for index, item in enumerate(node.items)]
        elif isinstance(node, Mapping):
            waiting += [
                (value, (*path, key.value)) for key, value in node.pairs if isinstance(key, Scalar)
            ]
    return found


def rules_say(section: str, items: Any) -> tuple[set[Any], set[Any]]:
    """Paths of values of a wrong type, and of entries that lack something with what they lack."""
    data = json.dumps(config_map("") | {"data": {section: json.dumps(items)}}).encode()
    (found,) = load(data)
    root = found.sections[section].root
    assert root
    path = paths(root)

    def of(code: str) -> list[Finding]:
        return lint(data, options=RunOptions(select=(code,))).findings

    wrong = {path[finding.at.start] for finding in of("AM002")}
    missing = {(f.entry and f.entry.index, f.message.split("`")[-2]) for f in of("AM005")}
    return wrong, missing


anything = st.sampled_from([1, 1.5, True, None, "", [], ["a"], {}, {"a": "b"}])
names = st.sampled_from(["staff", "system:node:{{SessionName}}", "1"])
group_lists = st.lists(st.one_of(st.sampled_from(words.GROUPS), anything), max_size=3)
optional = {"userid": st.one_of(st.just("AIDAX"), anything)}


@st.composite
def entry_lists(draw: st.DrawFn) -> list[Any]:
    """Entries of roles of their own, with anything for a value here and there."""
    found = []
    for index in range(draw(st.integers(1, 4))):
        arn = st.one_of(*[st.just(f"{ROLE}role-{index}")] * 3, anything)
        fields = {
            "username": st.one_of(names, anything),
            "groups": st.one_of(group_lists, anything),
        }
        item = st.fixed_dictionaries({}, optional={"rolearn": arn, **fields, **optional})
        found.append(draw(st.one_of(*[item] * 5, anything)))
    return found


@pytest.mark.long
@settings(max_examples=EXAMPLES, deadline=None)
@given(entry_lists(), st.sampled_from([("mapRoles", "role"), ("mapUsers", "user")]))
def test_schema_and_rules_agree(items: list[Any], kind: tuple[str, str]) -> None:
    section, word = kind
    arn = f"{word}arn"
    items = json.loads(json.dumps(items).replace("role", word))
    said = schema_says(section, items)
    dropped = {
        index for index, item in enumerate(items)
        if not isinstance(item, dict) or not isinstance(item.get(arn), str) or not item[arn]
    }  # fmt: skip
    counted = [  # the rules say of a dropped entry only what it is dropped for
        each for each in said if each[0][0] not in dropped or each[0][1:] in ((), (arn,))
    ]
    wrong, missing = rules_say(section, items)
    assert wrong == {
        path for path, what, value in counted
        if what == "type" and (value is None) <= (path[1:] not in ((arn,), ("username",)))
    }  # fmt: skip
    lacking = {(index, arn) for index in dropped if isinstance(items[index], dict)} - {
        (path[0], arn) for path in wrong if path[1:] == (arn,)
    }
    nameless = {
        (path[0], "username") for path, what, value in counted
        if path[0] not in dropped and (
            (path[1:] == ("username",) and (value is None or what == "minLength"))
            or (what == "required" and "username" not in value)
        )
    }  # fmt: skip
    assert missing == lacking | nameless
    objected = {each[0][0] for each in said}
    assert {index for index, _ in missing} | {path[0] for path in wrong} <= objected
