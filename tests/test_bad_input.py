"""Whatever is put in: a message with the place, the right exit code, and nothing written."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest
from command import Running
from styles import literal, manifest

from authmap.documents.read import MAX_BYTES
from authmap.files.inputs import Inputs
from authmap.files.reading import FileError, read_bytes
from authmap.files.writing import write_atomic

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

STAFF = "- rolearn: arn:aws:iam::111111111111:role/staff\n  username: staff\n  groups: [dev]\n"
MAP = manifest(literal(STAFF))
MOST_MEMORY = 1 << 30


def inside(text: str) -> bytes:
    """A map of which this is mapRoles."""
    return manifest(literal(text))


def authmap(*arguments: str, stdin: bytes = b"") -> tuple[int, str, str]:
    """Run the command line in a gibibyte; the exit code, and what is said."""
    done = Running(*arguments, stdin=stdin, before=limit_memory).end()
    return done.returncode, done.stdout, done.stderr


def limit_memory() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def names() -> list[str]:
    """What is in the folder."""
    return sorted(path.name for path in Path().iterdir())


def bomb(alias: str) -> str:
    """Aliases ten by ten, nine times over."""
    levels = [alias.format(name=f"a{n + 1}", inside=", ".join([f"*a{n}"] * 10)) for n in range(9)]
    return "".join(["- &a0 {rolearn: x}\n", *levels])


DEEP = 100_000
CONTENTS = {
    "not UTF-8": (MAP + b"    # f\xfcr\n", "11:8: error[AM001] byte 205 of the file (0xfc) is not"),
    "UTF-16": (MAP.decode().encode("utf-16"), "1:1: error[AM001] the file is in UTF-16"),
    "a NUL byte": (
        inside(STAFF.replace("staff", "st\0ff", 1)),
        "8:49: error[AM001] not valid YAML",
    ),
    "nested brackets": (
        inside("[" * DEEP + "]" * DEEP),
        "8:10005: error[AM001] `mapRoles` cannot",
    ),
    "nested braces": (
        inside("- " + "{a: " * DEEP),
        "8:40003: error[AM001] `mapRoles` cannot",
    ),
    "nested dashes": (inside("- " * DEEP), "8:20005: error[AM001] `mapRoles` cannot be read: more"),
    "nested documents": (
        b"mapRoles: " + b"[" * DEEP,
        "1:10010: error[AM001] not valid YAML: more",
    ),
    "nested merges": (inside("- " + "{<<: " * 4999 + "{rolearn: a" + "}" * 5000), "error[AM203]"),
    "an alias bomb": (
        inside(bomb("- &{name} [{inside}]\n")),
        "error[AM001] `mapRoles` cannot be read: its aliases",
    ),
    "a merge bomb": (
        inside(bomb("- &{name} {{<<: [{inside}]}}\n")),
        "its aliases expand to too many values",
    ),
    "an alias in itself": (inside("- &a [*a]\n"), "8:11: error[AM001] `mapRoles` cannot be read: "),
    "a long key": (
        inside(f"- {'k' * 10**6}: v\n"),
        "8:7: error[AM001] `mapRoles` cannot be read",
    ),
    "a long odd key": (inside(f"- ? {'k' * 10**6}\n  : v\n"), "8:9: warning[AM004] `kkk"),
    "a long value": (inside(STAFF + f"- {'v' * 10**6}\n"), "11:7: error[AM002] an item"),
    "much to fill in": (inside(f"- '{'{{SessionName' * 70_000}'\n"), "8:7: error[AM002] an item"),
    "too large": (
        MAP + b"#" * MAX_BYTES,
        "1:1: error[AM010] the file is larger than authmap's limit of 16,777,216 by",
    ),
}


@pytest.mark.parametrize("name", CONTENTS)
def test_content(name: str) -> None:
    """What is wrong is a finding, at its place; what is right beside it is not asked for here."""
    data, said = CONTENTS[name]
    Path("bad.yaml").write_bytes(data)
    code, out, _ = authmap("lint", "-f", "concise", "bad.yaml")
    assert (code, said in out) == (1, True), out[:2000]
    assert max(map(len, out.splitlines())) < 3000
    code, out, err = authmap("fix", "--write", "--ignore", "AM101,AM102", "bad.yaml")
    assert (code, out) == (1, "")
    assert "0 fixed" in err
    assert Path("bad.yaml").read_bytes() == data
    assert names() == ["bad.yaml"]


@pytest.mark.parametrize("data", [b"", b"\xef\xbb\xbf", b"# nothing\n", b"---\n", b"[]\n", b"1\n"])
def test_nothing_in_it(data: bytes) -> None:
    Path("empty.yaml").write_bytes(data)
    for command in (["lint"], ["fix", "--write"]):
        code, _, err = authmap(*command, "empty.yaml")
        assert (code, "authmap: empty.yaml: no aws-auth map found" in err) == (0, True)
    code, out, err = authmap("fix", "-", stdin=data)
    assert (code, out.encode()) == (0, data)
    assert "<stdin>: no aws-auth map found" in err


@pytest.mark.parametrize("by", ["name", "pipe"])
def test_what_is_too_large_is_not_printed(by: str) -> None:
    """Nor is it taken for printed: of what is not read entirely, the rest would be lost."""
    data = CONTENTS["too large"][0]
    Path("huge.yaml").write_bytes(data)
    name, stdin = ("huge.yaml", b"") if by == "name" else ("-", data)
    code, out, err = authmap("fix", name, stdin=stdin)
    assert (code, out) == (2, "")
    assert "not printed, because it is larger than 16,777,216 bytes" in err


def link(target: str) -> Callable[[], None]:
    return lambda: Path("bad.yaml").symlink_to(target)


PATHS: dict[str, tuple[Callable[[], object], str]] = {
    "no file": (lambda: None, "bad.yaml: does not exist"),
    "a broken link": (link("gone.yaml"), "bad.yaml: is a link to `gone.yaml`, which does not"),
    "a link to itself": (link("bad.yaml"), "bad.yaml: Too many levels of symbolic links"),
    "a pipe": (lambda: os.mkfifo("bad.yaml"), "bad.yaml: is a pipe or device, not a file; use `-`"),
    "a device": (link("/dev/zero"), "bad.yaml: is a pipe or device, not a file"),
    "below a file": (lambda: Path("a").write_text("a"), "a/bad.yaml: "),
}


@pytest.mark.parametrize("name", PATHS)
@pytest.mark.parametrize("command", [["lint"], ["fix", "--write"]], ids=" ".join)
def test_path(name: str, command: list[str]) -> None:
    """It is said which, and the other inputs are read all the same."""
    make, said = PATHS[name]
    make()
    Path("good.yaml").write_bytes(MAP)
    before = names()
    code, out, err = authmap(*command, said.split(":")[0], "good.yaml")
    assert (code, f"authmap: error: {said}" in err) == (2, True), err
    assert "good.yaml:9:17: " in out + err
    assert names() == before


def test_a_directory_is_walked_whatever_its_name() -> None:
    Path("a.yaml").mkdir()
    Path("a.yaml/b.yaml").write_bytes(MAP)
    os.mkfifo("a.yaml/c.yaml")  # and what is no file in it is passed over
    code, out, _ = authmap("lint", "-f", "concise", "a.yaml")
    assert (code, out.count("a.yaml/b.yaml:9:17: ")) == (1, 2)


@contextmanager
def as_somebody() -> Iterator[None]:
    """As a user whose permissions count: root's do not."""
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)


def test_without_permission() -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        file = folder / "a.yaml"
        file.write_bytes(MAP)
        folder.chmod(0o555)
        with as_somebody(), pytest.raises(FileError, match="was not changed: "):
            write_atomic(str(file), b"other", MAP)
        file.chmod(0)
        with (
            as_somebody(),
            pytest.raises(FileError, match="cannot be read: permission"),
        ):
            read_bytes(str(file))
        inputs = Inputs([name])
        with as_somebody():
            assert list(inputs) == []
        assert inputs.errors == [(str(file), "cannot be read: permission denied")]
        folder.chmod(0o755)
        assert [each.name for each in folder.iterdir()] == ["a.yaml"]
        file.chmod(0o600)
        assert file.read_bytes() == MAP


def test_a_file_that_changes_while_it_is_read() -> None:
    Path("a.yaml").write_bytes(MAP)
    writer = "while True: open('a.yaml', 'ab').write(b'#' * 500 + b'\\n')"
    with subprocess.Popen([sys.executable, "-c", writer]) as running:
        try:
            with pytest.raises(FileError, match="changed while authmap read it; run again"):
                list(map(read_bytes, ["a.yaml"] * 100_000))
        finally:
            running.kill()


def test_a_file_that_changes_before_it_is_written() -> None:
    Path("a.yaml").write_bytes(MAP + b"# new\n")
    with pytest.raises(FileError, match="has changed since it was read; nothing was writ"):
        write_atomic("a.yaml", b"other", MAP)
    assert Path("a.yaml").read_bytes() == MAP + b"# new\n"
    assert names() == ["a.yaml"]


OPTIONS = {
    "--wrong": ["--wrong"],
    "no rule matches `AM999`; did you mean": ["--select", "AM999"],
    "a rule code is empty": ["--ignore", "AM101,"],
    "--fail-on must be one of error, warning, note, never, not `all`": ["--fail-on", "all"],
    "has no {{SessionName}}": ["--username-template", "staff"],
    "have no field `{role}`": ["--username-template", "{role}:{{SessionName}}"],
    "contains `{{sessionname}}`": ["--username-template", "a:{{sessionname}}"],
    "begins with the session name": ["--username-template", "{{SessionName}}"],
    "a brace that is not part of a placeholder": ["--username-template", "}a:{{SessionName}}"],
}


@pytest.mark.parametrize("said", OPTIONS)
@pytest.mark.parametrize("command", [["lint"], ["fix", "--write"]], ids=" ".join)
def test_option(said: str, command: list[str]) -> None:
    Path("good.yaml").write_bytes(MAP)
    code, out, err = authmap(*command, *OPTIONS[said], "good.yaml")
    assert (code, out, said in err) == (2, "", True), err
    assert Path("good.yaml").read_bytes() == MAP


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["stafff", "ops"], "--rename stafff: no such entry; did you mean staff?"),
        (["12"], "--rename 12: no such entry; give a username, an ARN or"),
        (["staff", "ops", "arn:aws:iam::111111111111:role/ops"], ""),
    ],
)
def test_a_name_to_rename_that_no_entry_has(names: list[str], said: str) -> None:
    Path("a.yaml").write_bytes(MAP)
    Path("b.yaml").write_bytes(MAP.replace(b"staff", b"ops"))
    code, _, err = authmap("fix", "--write", *(f"--rename={name}" for name in names), ".")
    assert code == 0
    assert said in err
    assert err.count("no such entry") == bool(said)
