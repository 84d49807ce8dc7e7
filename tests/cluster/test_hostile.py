"""Hostile texts in a live map, and hostile names of contexts."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest
from hostile import ROLE, TEXTS

from cluster.run import on_terminal, within
from cluster.server import AWS_AUTH

if TYPE_CHECKING:
    from pathlib import Path

    from cluster.server import Cluster

LINT = ("lint", "--context=prod")
APPLY = ("fix", "--apply", "--yes", "--fail-on=never")
BACK = ("rollback", "--yes")
STAFF = f"- rolearn: {ROLE}staff\n  username: staff\n  groups: [system:masters]\n"
NAMES = [
    "arn:aws:eks:us-east-1:111111111111:cluster/prod",
    "..",
    "../../x",
    "a\nb 'c' \\",
    "\x1b[31m\x07",
    "\u202eé",
    "a" * 300,
    " ",
]


def put(cluster: Cluster, *texts: str) -> dict[str, str]:
    """Create a map with the texts in usernames, and unescaped as mapUsers; its data."""
    entries = [
        f"- rolearn: {ROLE}a{number}\n"
        f'  username: "role:111111111111:a:{{{{SessionName}}}}{escaped(text)}"\n'
        "  groups: [a]  # <é> & more\n"
        for number, text in enumerate(texts)
    ]
    data = {"mapRoles": STAFF + "".join(entries), "mapUsers": "".join(texts)}
    create(cluster, data)
    return data


def create(cluster: Cluster, data: dict[str, str]) -> None:
    cluster.delete_map()
    body = {"metadata": {"name": "aws-auth"}, "data": data}
    cluster.must("POST", AWS_AUTH.rpartition("/")[0], body)


def escaped(text: str) -> str:
    """A text escaped for YAML double quotes."""
    return "".join(f"\\U{ord(character):08x}" for character in text)


def harmless(text: str) -> bool:
    """Whether a terminal shows the whole text and interprets none of it."""
    return all(line.isprintable() for line in text.replace("\t", " ").split("\n"))


@pytest.mark.parametrize("name", sorted({*TEXTS} - {"surrogate", "megabyte", "megabyte of lines"}))
def test_texts(cluster: Cluster, tmp_path: Path, name: str) -> None:
    before = put(cluster, TEXTS[name])
    config = cluster.kubeconfig("editor", path=tmp_path / "config")
    lint = within(config, *LINT)
    assert lint.returncode == 1
    assert harmless(lint.stdout + lint.stderr)
    applied = within(config, *APPLY, "--context=prod")
    assert applied.returncode == 0, applied.stderr
    assert harmless(applied.stderr)
    new = "username: role:{{AccountID}}:staff:{{SessionName}}"
    fixed_roles = before["mapRoles"].replace("username: staff", new)
    assert cluster.source_map()["data"] == before | {"mapRoles": fixed_roles}
    assert within(config, *BACK, "--context=prod").returncode == 0
    assert cluster.source_map()["data"] == before


def test_terminals_interpret_nothing(cluster: Cluster, tmp_path: Path) -> None:
    put(cluster, *(TEXTS[name] for name in ("lines", "terminal", "control", "direction")))
    config = cluster.kubeconfig("editor", context="\x1b[31m\x07prod", path=tmp_path / "config")
    code, shown = on_terminal(config, "lint", "--all-contexts", answers=[])
    assert code == 1
    assert harmless(shown)
    apply = ("fix", "--apply", "--all-contexts", "--fail-on=never")
    code, shown = on_terminal(config, *apply, answers=["y"])
    assert code == 0
    assert r"fix 1 entry in context `\x1b[31m\x07prod`" in shown
    assert harmless(shown)


def test_map_of_maximum_size(cluster: Cluster, tmp_path: Path) -> None:
    data = {"mapRoles": "# \"'\\é\n" * 100_000 + STAFF}
    create(cluster, data)
    config = cluster.kubeconfig("editor", path=tmp_path / "config")
    assert within(config, *APPLY, "--context=prod").returncode == 0
    assert "username: role:" in cluster.source_map()["data"]["mapRoles"]
    assert within(config, *BACK, "--context=prod").returncode == 0
    assert cluster.source_map()["data"] == data


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
def test_names_of_contexts(cluster: Cluster, tmp_path: Path, name: str) -> None:
    """The printed command means the same in every POSIX shell."""
    before = put(cluster)
    config = cluster.kubeconfig("editor", context=name, path=tmp_path / "config")
    applied = within(config, *APPLY, f"--context={name}")
    assert applied.returncode == 0, applied.stderr
    assert harmless(applied.stdout + applied.stderr)
    folders = list((tmp_path / "state" / "authmap" / "backups").iterdir())
    assert [len(list(folder.iterdir())) for folder in folders] == [1]
    said = [
        subprocess.run(
            [shell, "-c", f"printf '%s\\0' {applied.stderr.splitlines()[-1]}"],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for shell in ("bash", "sh")
    ]
    assert said[0] == said[1]
    words = said[0].split("\0")[:-1]
    command = words[words.index("rollback") :]
    assert command[:3] == ["rollback", "--context", name]
    assert within(config, *command, "--yes").returncode == 0
    assert cluster.source_map()["data"] == before
