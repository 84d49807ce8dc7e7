"""Which files are looked at, and by what name: links."""

from __future__ import annotations

from pathlib import Path

import pytest

from authmap.files.inputs import Inputs

SECTION = b"mapRoles: [{rolearn: x}]\n"


@pytest.fixture(autouse=True)
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder with links that come before what they lead to, and one that leads elsewhere."""
    for folder in ("elsewhere", "top/a", "top/b", "top/ignored"):
        (tmp_path / folder).mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    for file in ("elsewhere/x.yaml", "top/b/real.yaml", "top/ignored/y.yaml"):
        Path(file).write_bytes(SECTION)
    Path("top/.gitignore").write_text("ignored/\n")
    Path("top/a/link.yaml").symlink_to("../b/real.yaml")
    Path("top/a/second.yaml").symlink_to("link.yaml")
    Path("top/a/away.yaml").symlink_to("../../elsewhere/x.yaml")
    Path("top/a/unseen.yaml").symlink_to("../ignored/y.yaml")


def read(*paths: str) -> list[str]:
    inputs = Inputs(paths)
    found = [given.path for given in inputs]
    assert (inputs.errors, inputs.files) == ([], len(found))
    return found


def test_file_goes_by_its_own_name_and_not_by_a_link_s() -> None:
    elsewhere = ["top/a/away.yaml", "top/a/unseen.yaml"]
    assert read("top") == ["top/b/real.yaml", *elsewhere]
    assert read("top/a", "top/b") == ["top/b/real.yaml", *elsewhere]
    assert read("top/a/link.yaml", "top/b/real.yaml") == ["top/b/real.yaml"]
    assert read("top/a/link.yaml", "top") == ["top/b/real.yaml", *elsewhere]


def test_link_to_what_is_not_among_the_files_is_read() -> None:
    assert read("top/a") == ["top/a/away.yaml", "top/a/link.yaml", "top/a/unseen.yaml"]
    assert read("top/a/second.yaml", "elsewhere") == ["elsewhere/x.yaml", "top/a/second.yaml"]


def test_link_to_itself_is_said() -> None:
    Path("top/a/loop.yaml").symlink_to("loop.yaml")
    Path("top/a/gone.yaml").symlink_to("nothing.yaml")
    Path("top/a/folder.yaml").symlink_to("../b")
    inputs = Inputs(["top"])
    assert len(list(inputs)) == 3
    assert [path for path, _ in inputs.errors] == ["top/a/loop.yaml"]
