"""What a run prints without `--verbose`, with it, and with `--debug`."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from authmap.cli.console import MAX_LISTED

ROOT = Path(__file__).parent.parent
ROLE = "arn:aws:iam::111111111111:role/"
HEAD = "kind: ConfigMap\nmetadata: {name: aws-auth, namespace: kube-system}\ndata:\n  mapRoles: |\n"
BUG = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
from authmap.config import file
def find():
    raise RuntimeError("\\x1b[31mboom")
file.find = find
from authmap.__main__ import main
main()
"""


def authmap(*arguments: str) -> subprocess.CompletedProcess[str]:
    return run([sys.executable, "-m", "authmap", *arguments])


def run(command: list[str], **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        env=os.environ | {"PYTHONPATH": str(ROOT), "NO_COLOR": "1"} | variables,
        capture_output=True,
        text=True,
    )


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def put(*entries: tuple[str, str, str]) -> None:
    """Write a map with entries of roles: name, username and group."""
    lines = [
        f"    - {{rolearn: {ROLE}{name}, username: '{username}', groups: ['{group}']}}\n"
        for name, username, group in entries
    ]
    Path("map.yaml").write_text(HEAD + "".join(lines))


def fixable(number: int) -> list[tuple[str, str, str]]:
    return [(f"a{n}", f"a{n}", "x") for n in range(number)]


def lines(run: subprocess.CompletedProcess[str], what: str) -> list[str]:
    return [line for line in run.stderr.splitlines() if what in line]


@pytest.mark.parametrize("number", [MAX_LISTED, MAX_LISTED + 1])
def test_many_fixes_are_summed_up(number: int) -> None:
    put(*fixable(number))
    short, full = authmap("fix", "map.yaml", "--diff"), authmap("fix", "map.yaml", "--diff", "-v")
    each = lines(full, "would fix AM101: ")
    assert len(each) == number
    if number == MAX_LISTED:
        assert short.stderr == full.stderr.replace("authmap: no configuration file\n", "")
    else:
        first = each[0].partition(": would")[0]
        assert lines(short, "AM101") == [
            f"authmap: would fix AM101 in {number} places, first at {first}; -v lists them"
        ]
    assert short.stdout == full.stdout


def test_few_findings_of_another_rule_stay_in_the_list() -> None:
    put(*fixable(MAX_LISTED + 1), ("b", "role:{{AccountID}}:b:<<SessionName>>", "x"))
    run = authmap("fix", "map.yaml", "--diff")
    assert len(lines(run, "would fix AM101 in ")) == 1
    assert len(lines(run, ": would fix AM104: ")) == 1


def test_what_is_not_fixed_is_summed_up_by_reason() -> None:
    """Each reason names its entry, so the first one stands for all."""
    paths = [
        (f"p/a{n}", f"role:{{{{AccountID}}}}:a{n}:{{{{SessionName}}}}", "x") for n in range(20)
    ]
    put(*paths)
    run = authmap("fix", "map.yaml", "--diff", "--fail-on=never")
    [line] = lines(run, "AM201")
    assert line.startswith("authmap: not fixed AM201 in 20 places, first at map.yaml:5:")
    assert "it would let role/a0 log in" in line
    assert line.endswith("; --unsafe-fixes applies it; -v lists them")
    run = authmap("fix", "map.yaml", "--diff", "--fail-on=never", "--verbose")
    assert len(lines(run, ": not fixed AM201: ")) == 20


def test_each_of_few_reasons_has_its_line() -> None:
    put(*((f"a b{n}", f"a{n}", "x") for n in range(20)), ("b", "b", ""), ("c", "c", ""))
    run = authmap("fix", "map.yaml", "--diff")
    summed = lines(run, "not fixed AM101")
    assert len(summed) == 3
    assert ": no caller can have this ARN: correct the ARN first; -v lists" in summed[0]
    assert " in 20 places, " in summed[0]
    for line, name in zip(summed[1:], "bc", strict=True):
        assert f": not fixed AM101: everyone who assumes role/{name} " in line
        assert (
            f": the entry has no groups, so its access comes from a binding to the user `{name}`"
            in line
        )


def test_what_has_no_fix_is_summed_up() -> None:
    put(*((f"*{n}", f"role:{{{{AccountID}}}}:a{n}:{{{{SessionName}}}}", "x") for n in range(20)))
    run = authmap("fix", "map.yaml", "--diff")
    [line] = lines(run, "AM205")
    assert line.startswith("authmap: no fix for AM205 in 20 places, first at map.yaml:5:")
    assert len(lines(authmap("fix", "map.yaml", "--diff", "-v"), "no fix for AM205: ")) == 20


@pytest.mark.parametrize("command", ["lint", "fix", "show"])
def test_verbose_names_the_settings(command: str) -> None:
    put(("a", "role:{{AccountID}}:a:{{SessionName}}", "x"))
    assert "authmap: no configuration file\n" in authmap(command, "map.yaml", "-v").stderr
    Path("authmap.toml").write_text("# ours\nfail-on = 'note'\n")
    shown = authmap(command, "map.yaml", "-v").stderr
    assert 'file: authmap.toml\nauthmap: setting: fail-on = "note" (authmap.toml:2)\n' in shown
    assert "setting" not in authmap(command, "map.yaml").stderr


def test_verbose_lists_all_obsolete_findings_of_a_baseline() -> None:
    put(*fixable(20))
    assert authmap("lint", "map.yaml", "--write-baseline=known.json").returncode == 0
    put(("a", "role:{{AccountID}}:a:{{SessionName}}", "x"))
    lint = ("lint", "map.yaml", "--baseline=known.json")
    short, full = lines(authmap(*lint), "obsolete: "), lines(authmap(*lint, "-v"), "obsolete: ")
    assert len(short) == 10 < len(full)


@pytest.mark.parametrize(
    ("arguments", "variables"), [(["--debug"], {}), ([], {"AUTHMAP_DEBUG": "1"})]
)
def test_the_traceback_of_a_bug(arguments: list[str], variables: dict[str, str]) -> None:
    Path("bug.py").write_text(BUG)
    command = [sys.executable, "bug.py", "lint", "."]
    done = run(command)
    assert done.returncode == 2
    assert done.stderr.startswith("authmap: error: this is a bug in authmap ")
    assert done.stderr.endswith("; set AUTHMAP_DEBUG=1 to see the traceback\n")
    done = run([*command, *arguments], **variables)
    assert done.returncode == 2
    assert done.stderr.startswith("Traceback (most recent call last):\n")
    assert "in find\n" in done.stderr
    assert done.stderr.endswith(r"RuntimeError: \x1b[31mboom" + "\n")
    assert "\x1b" not in done.stderr
