"""Fingerprints: the same finding keeps its own, whatever moves; another finding has another."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from styles import HEAD, double, literal, manifest

from authmap.api import lint, load
from authmap.linting.engine import check
from authmap.linting.fingerprint import fingerprints, relative
from authmap.model.options import RunOptions

if TYPE_CHECKING:
    from pathlib import Path

ROLE = "arn:aws:iam::111111111111:role/"
STAFF = f"- rolearn: {ROLE}staff\n  username: staff\n  groups: [system:masters]\n"
ADMIN = f"- rolearn: {ROLE}admin\n  username: boss\n  groups: [admins]\n"


def prints(text: str | bytes, path: str = "aws-auth.yaml", root: str = "") -> list[str]:
    data = text if isinstance(text, bytes) else manifest(literal(text))
    found = fingerprints(lint(data, path=path).findings, root)
    assert found
    assert len(set(found)) == len(found)
    return found


BASE = manifest(literal(STAFF))


@pytest.mark.parametrize(
    "changed",
    [
        b"# a comment\n\n" + BASE,
        b"kind: Service\n---\n" + BASE,
        BASE.replace(b"\n", b"\r\n"),
        b"\xef\xbb\xbf" + BASE,
        BASE.rstrip(b"\n"),
        manifest(literal(STAFF, " " * 12)),
        manifest(literal("# everybody\n\n" + STAFF)),
        manifest(double(STAFF)),
    ],
    ids=["comment", "document", "CRLF", "BOM", "no final newline", "indent", "nested", "quotes"],
)
def test_same_when_moved(changed: bytes) -> None:
    assert prints(changed) == prints(BASE)


def test_same_when_entries_are_put_above() -> None:
    alone, below = prints(STAFF), prints(ADMIN + STAFF)
    assert below[-len(alone) :] == alone
    assert set(below[: -len(alone)]) == set(prints(ADMIN))


def test_order_tells_equal_findings_apart() -> None:
    """Of four entries for one role three are dead, and that is all there is to say of each."""
    findings = lint(manifest(literal(STAFF * 4)), path="aws-auth.yaml").findings
    assert [finding.rule.code for finding in findings].count("AM204") == 3
    four, three = prints(STAFF * 4), prints(STAFF * 3)
    assert set(three) < set(four)
    assert len(four) == len(three) + 1
    assert set(prints(STAFF + ADMIN + STAFF * 3)) == set(four) | set(prints(ADMIN))


@pytest.mark.parametrize(
    ("changed", "path"),
    [
        (STAFF.replace("username: staff", "username: other"), "aws-auth.yaml"),
        (STAFF.replace("role/staff", "role/other"), "aws-auth.yaml"),
        (STAFF.replace("11111", "22222"), "aws-auth.yaml"),
        (STAFF, "other/aws-auth.yaml"),
    ],
)
def test_another_finding_has_another(changed: str, path: str) -> None:
    name = "AM101"
    one, other = lint(BASE, path="aws-auth.yaml"), lint(manifest(literal(changed)), path=path)
    of_one = [p for f, p in zip(one.findings, prints(BASE), strict=True) if f.rule.code == name]
    other_prints = fingerprints(other.findings)
    assert of_one
    assert not {*of_one} & {*other_prints}


def test_section_counts() -> None:
    """The same user in either section, and findings that are about no entry."""
    user = "- userarn: arn:aws:iam::111111111111:user/x\n  nonsense: 1\n"
    role = user.replace("userarn", "rolearn")
    both = f"{HEAD}{literal(role)}  mapUsers: {literal(user)}"
    prints(both.encode())
    lost, there = literal("- {"), literal("[]")
    roles = prints(f"{HEAD}{lost}  mapUsers: {there}".encode())
    users = prints(f"{HEAD}{there}  mapUsers: {lost}".encode())
    assert not set(roles) & set(users)


@pytest.mark.parametrize(
    ("path", "root", "known_as"),
    [
        ("./a/../b//c.yaml", "", "b/c.yaml"),
        ("/repo/b/c.yaml", "/repo", "b/c.yaml"),
        ("/repo/b/c.yaml", "", "/repo/b/c.yaml"),
        ("/repository/c.yaml", "/repo", "/repository/c.yaml"),
        ("../c.yaml", "", "../c.yaml"),
        ("<stdin>", "", "<stdin>"),
        (os.path.join("b", "c.yaml"), "", "b/c.yaml"),  # noqa: PTH118 - as the system joins them
    ],
)
def test_path_is_the_same_however_it_is_given(path: str, root: str, known_as: str) -> None:
    assert relative(path, root) == known_as
    assert prints(STAFF, path, root) == prints(STAFF, known_as)


def test_path_is_the_same_from_everywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = str(tmp_path)
    (tmp_path / "a" / "b").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "a")
    for path in ("b/c.yaml", "../a/b/c.yaml", f"{root}/a/b/c.yaml"):
        assert relative(path, root) == "a/b/c.yaml"
    assert relative("../../c.yaml", root) == (tmp_path.parent / "c.yaml").as_posix()


def test_lone_surrogates_and_a_megabyte() -> None:
    odd = manifest('"- rolearn: x\\ud800\\n  username: ' + "a" * 1_000_000 + '"\n')
    prints(odd)
    maps = load(manifest(literal(STAFF)), path="\udcff.yaml")
    assert fingerprints(check(maps, RunOptions()))


def test_never_changes_by_itself() -> None:
    """Baselines and code-scanning pages hold fingerprints for years."""
    report = lint(BASE, path="aws-auth.yaml", options=RunOptions(select=("AM101",)))
    assert fingerprints(report.findings) == ["722c9003b85baac79dca13b669fe86ac"]
