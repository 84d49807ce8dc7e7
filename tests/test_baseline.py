"""The baseline: what is known is not reported, what is new is, and what is gone is said."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from command import authmap
from styles import literal, manifest

ROLE = "arn:aws:iam::111111111111:role/"
STAFF = f"- rolearn: {ROLE}staff\n  username: staff\n  groups: [developers]\n"
ADMIN = f"- rolearn: {ROLE}admin\n  username: boss\n  groups: [admins]\n"


def lint(*arguments: str) -> tuple[int, list[tuple[str, str]], str]:
    """The exit code, what is reported by code and entry, and what is said besides."""
    done = authmap("lint", "-f", "json", "--baseline", "known.json", *arguments)
    found = json.loads(done.stdout)["findings"]
    return done.returncode, [(f["code"], f["entry"]["arn"]) for f in found], done.stderr


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "k8s").mkdir()
    monkeypatch.chdir(tmp_path)
    write(STAFF)
    done = authmap("lint", "--write-baseline", "known.json")
    assert (done.returncode, done.stdout) == (0, "")
    assert "known.json: recorded 2 findings" in done.stderr


def write(entries: str, path: str = "k8s/aws-auth.yaml", head: str = "") -> None:
    Path(path).write_bytes(head.encode() + manifest(literal(entries)))


def test_is_sorted_and_for_people() -> None:
    write(STAFF, "k8s/a.yaml")
    authmap("lint", "--write-baseline", "known.json", "k8s/aws-auth.yaml", "k8s/a.yaml")
    written = Path("known.json").read_text()
    known = json.loads(written)["findings"]
    assert [(each["path"], each["code"], each["what"]) for each in known] == [
        ("k8s/a.yaml", "AM101", "role/staff"),
        ("k8s/a.yaml", "AM102", "role/staff"),
        ("k8s/aws-auth.yaml", "AM101", "role/staff"),
        ("k8s/aws-auth.yaml", "AM102", "role/staff"),
    ]
    authmap("lint", "--write-baseline", "again.json", "k8s")
    assert Path("again.json").read_text() == written


def test_what_is_known_is_not_reported() -> None:
    assert lint()[:2] == (0, [])
    done = authmap("lint", "--baseline", "known.json")
    assert (
        "no findings: 1 aws-auth map in 2 files below the current directory; 2 suppressed"
        in done.stdout
    )


def test_nor_when_it_has_moved() -> None:
    write("# people\n\n" + STAFF, head="# a comment\n---\n")
    code, found, said = lint()
    assert (code, found) == (0, [])
    assert "obsolete" not in said


def test_nor_when_it_is_looked_at_from_another_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir("k8s")
    done = authmap("lint", "--baseline", "../known.json", "aws-auth.yaml")
    assert (done.returncode, done.stderr) == (0, "")


def test_what_is_new_is_reported() -> None:
    write(ADMIN + STAFF)
    code, found, said = lint()
    assert (code, found) == (1, [("AM101", f"{ROLE}admin"), ("AM102", f"{ROLE}admin")])
    assert "obsolete" not in said


def test_a_second_one_of_the_same_is_new() -> None:
    write(STAFF + STAFF.replace("staff\n", "staff \n", 1))
    assert lint()[0] == 1


def test_what_is_gone_is_said() -> None:
    write(STAFF.replace("username: staff", "username: staff:{{SessionName}}"))
    code, _, said = lint("k8s/aws-auth.yaml")
    assert code == 1  # AM102 is about another username now
    assert "known.json: obsolete: k8s/aws-auth.yaml: AM101 role/staff" in said
    assert "known.json: 2 obsolete in all; --write-baseline known.json removes them" in said


def test_what_was_not_looked_for_is_not_gone() -> None:
    write(ADMIN, "k8s/other.yaml")
    write("[]")
    assert "obsolete" not in lint("k8s/other.yaml")[2]
    assert "1 obsolete in all" in lint("--select", "AM101", "k8s/aws-auth.yaml")[2]
    write(STAFF)
    Path("k8s/aws-auth.yaml").rename("k8s/renamed.yaml")
    assert "obsolete" not in lint("k8s/renamed.yaml")[2]
    assert "2 obsolete in all" in lint()[2]


def test_bindings_that_are_not_known_make_nothing_obsolete() -> None:
    Path("rbac.yaml").write_text("kind: RoleBinding\nmetadata: {name: nobody}\n")
    authmap("lint", "--rbac", "rbac.yaml", "--write-baseline", "known.json")
    assert "AM403" in Path("known.json").read_text()
    assert "obsolete" not in lint()[2]


def test_suppressed_findings_need_not_be_known() -> None:
    write(STAFF.replace("staff\n", "staff # authmap: ignore[AM101]\n", 1))
    authmap("lint", "--write-baseline", "known.json")
    assert [each["code"] for each in json.loads(Path("known.json").read_text())["findings"]] == [
        "AM102"
    ]


def test_show_suppressed_says_why() -> None:
    write(STAFF.replace("staff\n", "staff # authmap: ignore[AM102] one user\n", 1))
    done = authmap("lint", "--baseline", "known.json", "--show-suppressed")
    assert "suppressed warning[AM102] " in done.stdout
    assert "= suppressed by the comment on line 8: one user" in done.stdout
    assert "suppressed error[AM101] " in done.stdout
    assert "= suppressed by the baseline" in done.stdout
    done = authmap("lint", "--baseline", "known.json", "--show-suppressed", "-f", "json")
    shown = {each["code"]: each["suppression"] for each in json.loads(done.stdout)["suppressed"]}
    assert shown == {
        "AM101": {"kind": "baseline", "reason": "", "line": None},
        "AM102": {"kind": "comment", "reason": "one user", "line": 8},
    }
    done = authmap("lint", "--baseline", "known.json", "--show-suppressed", "-f", "sarif")
    results = json.loads(done.stdout)["runs"][0]["results"]
    assert {each["ruleId"]: each["suppressions"] for each in results} == {
        "AM101": [{"kind": "external"}],
        "AM102": [{"kind": "inSource", "justification": "one user"}],
    }
    done = authmap("lint", "--baseline", "known.json", "--show-suppressed", "-f", "concise")
    assert [line.split()[1:3] for line in done.stdout.splitlines()] == [
        ["suppressed", "warning[AM102]"],
        ["suppressed", "error[AM101]"],
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "known.json: baseline is not valid JSON"),
        ("[" * 100_000, "known.json: baseline is not valid JSON"),
        ("[]", "known.json: not a baseline"),
        ('{"version": 2, "findings": []}', "known.json: not a baseline of version 1"),
        ('{"version": 1}', "known.json: a finding in this baseline is incomplete"),
        ('{"version": 1, "findings": [{"code": "AM101"}]}', "is incomplete"),
        ('{"version": 1, "findings": ["AM101"]}', "is incomplete"),
    ],
)
def test_a_broken_one_is_exit_code_2(text: str, said: str) -> None:
    Path("known.json").write_text(text)
    done = authmap("lint", "--baseline", "known.json")
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert "--write-baseline" in done.stderr
    assert "Traceback" not in done.stderr


def test_one_that_is_not_there() -> None:
    done = authmap("lint", "--baseline", "none.json")
    assert (done.returncode, done.stderr) == (2, "authmap: error: none.json: does not exist\n")


def test_is_not_written_when_something_could_not_be_read() -> None:
    before = Path("known.json").read_bytes()
    done = authmap("lint", "--write-baseline", "known.json", "k8s/aws-auth.yaml", "none.yaml")
    assert done.returncode == 2
    assert "known.json was not written" in done.stderr
    assert Path("known.json").read_bytes() == before


def test_is_not_written_over_a_map() -> None:
    before = Path("k8s/aws-auth.yaml").read_bytes()
    done = authmap("lint", "--write-baseline", "k8s/aws-auth.yaml")
    assert done.returncode == 2
    assert Path("k8s/aws-auth.yaml").read_bytes() == before
