"""The library's face: what can be imported, in any order, and what it says of itself."""

from __future__ import annotations

import inspect
import pydoc
import re
import subprocess
import sys
from pathlib import Path

import pytest
from command import unmeasured
from styles import literal, manifest

import authmap
from authmap import AuthMap, Options, Severity

ROOT = Path(__file__).parent.parent
FIXTURE = (ROOT / "fixtures" / "aws-auth.yaml").read_bytes()

PAIRS = """
import os, sys
import ruamel.yaml, _ruamel_yaml, enum, difflib, typing, re, gc  # so that only authmap is imported
MANIFEST = b"- {rolearn: arn:aws:iam::111111111111:role/staff, username: staff, groups: [devs]}\\n"
CALLS = {
    "lint": lambda lint: lint(MANIFEST).findings[0].code == "AM101",
    "fix": lambda fix: b"{{SessionName}}" in fix(MANIFEST).output,
    "load": lambda load: load(MANIFEST)[0].roles[0].username == "staff",
    "load_bindings": lambda load: load(b"kind: RoleBinding\\n").subjects == [],
    "compare": lambda compare: compare(*2 * sys.modules["authmap"].load(MANIFEST)).changes == [],
    "lint_data": lambda lint: lint({"mapRoles": MANIFEST.decode()}).findings[0].code == "AM101",
    "fix_data": lambda fix: fix({"mapRoles": MANIFEST.decode()}).applied[0].code == "AM101",
}
def child(names):
    import authmap
    found = [getattr(authmap, name) for name in names]
    for name, value in zip(names, found):
        assert value is getattr(authmap, name)
        assert not isinstance(value, type(sys)), f"{name} is a module"
        assert name not in CALLS or CALLS[name](value), name
failed = []
for group in sys.argv[1:]:
    pid = os.fork()  # a fresh interpreter, as far as authmap is concerned
    if pid == 0:
        try:
            child(group.split(","))
        except BaseException as error:
            print(group, repr(error), flush=True)
            os._exit(1)
        os._exit(0)
    if os.waitpid(pid, 0)[1]:
        failed.append(group)
sys.exit(bool(failed))
"""


@pytest.mark.long
@pytest.mark.skipif(not hasattr(sys, "getdlopenflags"), reason="needs fork()")
def test_public_names_are_there_in_any_order() -> None:
    homes: dict[str, list[str]] = {}  # the names of one module are imported by the first of them
    for name in authmap.__all__:
        homes.setdefault(getattr(getattr(authmap, name), "__module__", "authmap"), []).append(name)
    groups = [",".join(a + b) for a in homes.values() for b in homes.values()]
    command = [sys.executable, "-c", PAIRS, *groups]
    done = subprocess.run(
        command, cwd=ROOT, env=unmeasured(), capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_every_function_is_called_above() -> None:
    functions = [name for name in authmap.__all__ if inspect.isfunction(getattr(authmap, name))]
    assert [name for name in functions if f'"{name}": lambda' not in PAIRS] == []


def test_dir_and_help_show_what_can_be_used() -> None:
    assert dir(authmap) == sorted(authmap.__all__)
    shown = pydoc.plain(pydoc.render_doc(authmap))
    names = [name for name in authmap.__all__ if name != "__version__"]
    assert [name for name in names if name not in shown] == []
    assert "Find what is wrong with the aws-auth maps in a file." in shown


def test_public_docstrings_name_their_arguments() -> None:
    for name in authmap.__all__:
        value = getattr(authmap, name)
        if inspect.isfunction(value):
            text = inspect.getdoc(value) or ""
            missing = [
                each for each in inspect.signature(value).parameters if f"{each}: " not in text
            ]
            assert missing == [], name


def test_a_finding_knows_its_place() -> None:
    finding = authmap.lint(FIXTURE, path="aws-auth.yaml").findings[0]
    assert (finding.code, finding.line, finding.column) == ("AM101", 16, 17)
    assert (finding.end_line, finding.end_column) == (16, 22)
    assert repr(finding).startswith("<Finding AM101 aws-auth.yaml:16:17: everyone who assumes")


def test_maps_sections_and_entries_know_their_places() -> None:
    [found] = authmap.load(FIXTURE, path="aws-auth.yaml")
    entry = found.roles[1]
    assert repr(found) == "<AuthMap aws-auth.yaml:2:1: 3 roles, 1 users, 0 accounts>"
    assert repr(entry) == "<Entry role/staff as `staff` aws-auth.yaml:15:7>"
    assert (entry.line, entry.column, entry.end_line) == (15, 7, 19)
    section = found.sections["mapRoles"]
    assert repr(section) == "<Section mapRoles aws-auth.yaml:9:5, readable>"
    assert section.line == 9
    assert (found.line, found.column) == (2, 1)
    assert found.end_line >= section.end_line > entry.line


def test_a_map_from_data_shows_its_name() -> None:
    found = AuthMap.from_data({"mapRoles": "- {rolearn: x}\n", "mapUsers": "{"}, path="prod")
    assert repr(found) == "<AuthMap prod: 1 roles, 0 users, 0 accounts>"
    assert repr(found.sections["mapUsers"]) == "<Section mapUsers prod mapUsers:1:1, unreadable>"


@pytest.mark.parametrize("select", [["AM101"], ("am101",), ["missing-session-name"], {"AM101"}])
def test_options_take_codes_and_names_in_any_sequence(select: list[str]) -> None:
    report = authmap.lint(FIXTURE, options=Options(select=select))
    assert {finding.code for finding in report.findings} == {"AM101"}


@pytest.mark.parametrize(
    ("options", "hint"),
    [
        ({"select": ["AM1O1"]}, "AM101"),
        ({"ignore": ["missing-sesion-name"]}, "missing-session-name"),
        ({"extend_select": ["XX"]}, "authmap rule"),
        ({"select": "AM101"}, '["AM101"]'),
        ({"severity": {"missing-sessionname": Severity.NOTE}}, "missing-session-name"),
        ({"username_template": "a:{{SesionName}}"}, "{{SessionName}}"),
        ({"username_template": "a:{rolename}:{{SessionName}}"}, "did you mean {role_name}"),
        ({"username_template": "apend"}, "did you mean `append`"),
        ({"severity": {"AM101": "eror"}}, "did you mean error"),
        ({"select": [101]}, "[101] is not a list of texts"),
        ({"select": None}, "None is not a list of texts"),
        ({"delimiters": ("<<", ">>")}, "pairs of marks"),
        ({"delimiters": [("", "")]}, "pairs of marks"),
    ],
)
def test_options_refuse_what_cannot_be_meant(options: dict[str, object], hint: str) -> None:
    with pytest.raises(ValueError, match=re.escape(hint)):
        Options(**options)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "function", [authmap.lint, authmap.fix, authmap.load, authmap.load_bindings]
)
def test_text_is_refused_with_the_remedy(function: object) -> None:
    with pytest.raises(TypeError, match=r"reads bytes, not str: .*encode\(\)"):
        function("text")  # type: ignore[operator]


def test_options_are_checked_again_where_they_change() -> None:
    options = Options(username_template="append")._replace(ignore=["missing-session-name"])
    assert isinstance(options, Options)
    assert options.ignore == ("AM101",)
    assert options.username_template == "{username}:{{SessionName}}"
    with pytest.raises(ValueError, match="AM1O1"):
        options._replace(select=["AM1O1"])


def test_a_repr_is_one_line_without_control_characters() -> None:
    text = b'- {rolearn: "arn:aws:iam::111111111111:role/s\\n\\e[31mx", username: "a\\nb"}'
    [entry] = authmap.load(text)[0].entries
    assert repr(entry).isprintable()
    assert all(repr(finding).isprintable() for finding in authmap.lint(text).findings)


@pytest.mark.parametrize("source", [bytearray(FIXTURE), memoryview(FIXTURE)])
def test_other_bytes_are_refused_with_the_remedy(source: object) -> None:
    with pytest.raises(TypeError, match=r"bytes\(source\)"):
        authmap.lint(source)  # type: ignore[arg-type]


def test_data_that_is_not_text_is_refused() -> None:
    with pytest.raises(TypeError, match="`mapRoles` must be text, not bytes"):
        authmap.lint_data({"mapRoles": b"x"})  # type: ignore[dict-item]


def test_what_cannot_be_read_is_an_error() -> None:
    with pytest.raises(authmap.UnreadableError, match=r"a\.yaml:2:5: "):
        authmap.load(b"mapRoles: x\n  - rolearn: y\n", path="a.yaml")
    with pytest.raises(authmap.UnreadableError, match=r"rbac\.yaml: line 1"):
        authmap.load_bindings(b"kind: [", path="rbac.yaml")
    with pytest.raises(authmap.UnreadableError, match=r"byte 7 of the file .* is not UTF-8"):
        authmap.load_bindings(b"kind: \xff")


def test_bindings_and_reserved_entries_are_options() -> None:
    text = b"- {rolearn: arn:aws:iam::111111111111:role/staff, username: staff, groups: [devs]}\n"
    rbac = b"kind: RoleBinding\nsubjects: [{kind: User, name: staff}]\n"
    bound = Options(bindings=authmap.load_bindings(rbac))
    assert authmap.fix(text, options=bound).output == text
    ours = Options(reserved=[authmap.ReservedEntry("our service", "https://example.com", "staff")])
    assert authmap.lint(text, options=ours).findings == []


def test_data_of_a_live_map_is_linted_and_fixed() -> None:
    data = {"mapRoles": manifest(literal("")).decode() and "- {rolearn: arn:aws:iam::1:role/a}\n"}
    assert authmap.lint_data(data).findings
    assert authmap.fix_data(data).output == data
