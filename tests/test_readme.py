"""What README.md and docs/ say is what happens: their consoles, their Python, their options."""

from __future__ import annotations

import os
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from command import authmap

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"


PAGES = [README, *sorted((ROOT / "docs").glob("*.md"))]


def blocks(language: str) -> list[Any]:
    """The blocks of a language on every page, each with its page."""
    return [
        pytest.param(page, block, id=f"{page.stem}-{number}")
        for page in PAGES
        for number, block in enumerate(
            re.findall(rf"^```{language}\n(.*?)^```$", page.read_text(), re.M | re.S)
        )
    ]


def run(command: str) -> str:
    words = shlex.split(command)
    assert words[0] == "authmap"
    done = authmap(*words[1:], cwd=ROOT)
    assert done.returncode in (0, 1)
    return done.stdout


@pytest.mark.parametrize(("page", "block"), blocks("console"))
def test_console(page: Path, block: str) -> None:
    command = block.splitlines()[0]
    assert command.startswith("$ ")
    shown = f"{command}\n{run(command[2:])}"
    if os.environ.get("AUTHMAP_UPDATE"):
        page.write_text(page.read_text().replace(block, shown))
        return
    assert block == shown


@pytest.mark.parametrize(("page", "block"), blocks("python"))
def test_python(page: Path, block: str) -> None:
    exec(compile(block, page.name, "exec"), {})  # noqa: S102


def commands() -> list[tuple[str, list[str]]]:
    """Each authmap command of the shell blocks with the options it is shown with."""
    text = "".join(block.values[1] for block in blocks("sh"))
    parts = re.findall(r"authmap (lint|fix|show|resolve|rule|schema|config)\b([^\n;|&#]*)", text)
    return [(command, re.findall(r"--[\w-]+", rest)) for command, rest in parts]


def test_options_exist() -> None:
    assert commands()
    for command, options in commands():
        helped = run(f"authmap {command} --help")
        assert [option for option in options if option not in helped] == []
