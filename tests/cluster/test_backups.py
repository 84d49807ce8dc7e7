"""Backups on disk are complete or absent, readable by the user alone, and checked when loaded."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import stat
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from authmap.cluster.change import backup
from authmap.cluster.change.backup import Origin
from authmap.cluster.kube.errors import ClusterError
from authmap.cluster.reading import LiveConfigMap
from authmap.model.bindings import Bindings
from cluster.crash_points import authmap
from cluster.run import environment, on_terminal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cluster.server import Cluster

FIXTURE = Path(__file__).parents[2] / "fixtures" / "aws-auth.yaml"
ORIGIN = Origin("prod", "https://prod.example.com", "1b4e28ba")
DATA = {"mapRoles": "- rolearn: arn:aws:iam::111111111111:role/staff\n  username: staff\n"}
APPLY = ("fix", "--apply", "--yes", "--context", "prod", "--fail-on=never")


def live(**data: str) -> LiveConfigMap:
    metadata = {"name": "aws-auth", "namespace": "kube-system", "resourceVersion": "7"}
    return LiveConfigMap("prod", {"metadata": metadata, "data": DATA | data}, Bindings([]))


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    return backup.save(live(), ORIGIN, str(tmp_path / "backups"))


@settings(max_examples=30)
@given(st.dictionaries(st.text("abc", min_size=1), st.text()))
def test_any_text_is_restored_unchanged(
    tmp_path_factory: pytest.TempPathFactory, data: Any
) -> None:
    made = live(**data)
    path = backup.save(made, ORIGIN, str(tmp_path_factory.getbasetemp() / "any"))
    held = backup.load(path)
    assert (held.data, held.header.origin) == (made.data, ORIGIN)


def test_only_the_user_may_read_it(tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        path = backup.save(live(), ORIGIN, str(tmp_path / "a" / "b"))
    finally:
        os.umask(old)
    modes = [stat.S_IMODE(each.stat().st_mode) for each in (path, *path.parents[:3])]
    assert modes == [0o600, 0o700, 0o700, 0o700]


def test_it_is_on_disk_before_it_gets_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[tuple[str, str]] = []
    fsync, rename = os.fsync, Path.rename

    def noted(handle: int) -> None:
        calls.append(("fsync", str(Path(f"/proc/self/fd/{handle}").readlink())))
        fsync(handle)

    def renamed(path: Path, target: Path) -> Path:
        calls.append(("rename", str(path)))
        return rename(path, target)

    monkeypatch.setattr(os, "fsync", noted)
    monkeypatch.setattr(Path, "rename", renamed)
    path = backup.save(live(), ORIGIN, str(tmp_path / "a"))
    partial = str(path.with_suffix(".partial"))
    folders = [("fsync", str(tmp_path)), ("fsync", str(tmp_path / "a"))]
    there = [("fsync", partial), ("rename", partial), ("fsync", str(path.parent))]
    assert calls == folders + there


def test_two_backups_in_one_microsecond(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    times = [datetime(2026, 1, 1, 0, 0, 0, n, tzinfo=UTC) for n in (1, 1, 1, 2, 3)]

    class Clock:
        @staticmethod
        def now(_: object) -> datetime:
            return times.pop(0)

    monkeypatch.setattr(backup, "datetime", Clock)
    folder = backup.folder("prod", str(tmp_path))
    folder.mkdir()
    taken = folder / "20260101T000000.000002Z-7.partial"  # of a run that is writing
    taken.touch()
    made = [backup.save(live(n=str(n)), ORIGIN, str(tmp_path)) for n in range(2)]
    assert [path.name[:22] for path in made] == ["20260101T000000.000001", "20260101T000000.000003"]
    assert [backup.load(path).data["n"] for path in made] == ["0", "1"]
    assert backup.listed("prod", str(tmp_path)) == made[::-1]
    assert taken.exists()


def test_folder_is_removed_with_the_last_backup(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = (backup.save(live(n=n), ORIGIN, str(tmp_path)) for n in "12")
    backup.discard(first)
    assert list(second.parent.iterdir()) == [second]

    def open_late(path: Path, *rest: int) -> int:  # after another run has removed the folder
        monkeypatch.undo()
        backup.discard(second)
        assert list(tmp_path.iterdir()) == []
        return os.open(path, *rest)

    monkeypatch.setattr(os, "open", open_late)
    third = backup.save(live(), ORIGIN, str(tmp_path))
    assert list(tmp_path.rglob("*.yaml")) == [third]


def test_folder_is_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    path = backup.save(live(), ORIGIN, str(tmp_path / "link"))
    assert path.resolve() == tmp_path / "real" / "prod" / path.name
    assert backup.listed("prod", str(tmp_path / "link")) == [path]


def test_contexts_whose_names_cannot_be_folder_names(tmp_path: Path) -> None:
    for context in ("..", ".", "a/b", "arn:aws:eks:eu-west-1:111111111111:cluster/prod", "\x1b[2J"):
        path = backup.save(live()._replace(context=context), ORIGIN, str(tmp_path))
        assert path.parent.parent == tmp_path
        assert path.parent.name not in (".", "..")
        assert str(path).isprintable()
        assert backup.listed(context, str(tmp_path)) == [path]


# files that may be in the folder


def hostile() -> Iterator[tuple[str, bytes]]:
    head = b'# authmap backup {"context": "prod", "server": "https://x", "uid": null}\n'
    end = b"# end of backup\n"
    rest = b"kind: ConfigMap\nmetadata: {name: aws-auth, namespace: kube-system}\n"
    bomb = b'a: &a ["x","x"]\n' + b"".join(
        b"%c: &%c [*%c,*%c]\n" % (n + 1, n + 1, n, n) for n in b"abcdefghijklmnopqrstuvwx"
    )
    yield "empty", b""
    yield "other YAML", b"kind: Secret\n"
    yield "not YAML", head + b"{[\n" + end
    yield "not UTF-8", head + b"\xff\n" + end
    yield "two documents", head + rest + b"---\n" + rest + end
    yield "aliases", head + bomb + rest + end
    yield "deep", head + b"a: " + b"[" * 900_000 + end
    yield "deep head", b"# authmap backup " + b"[" * 900_000 + b"\n" + rest + end
    yield "another head", head.replace(b"null", b"5") + rest + end
    yield "extra field in the head", head.replace(b"}", b', "more": 1}') + rest + end
    yield "another object", head + rest.replace(b"aws-auth", b"coredns") + end
    yield "data of another type", head + rest + b'data: {"mapRoles": ["x"]}\n' + end
    yield "a list", head + b"- x\n" + end
    yield "large", head + b"#" * (17 << 20) + b"\n" + rest + end


@pytest.mark.parametrize("content", [each for _, each in hostile()], ids=[n for n, _ in hostile()])
def test_other_content_is_refused(saved: Path, content: bytes) -> None:
    saved.write_bytes(content)
    with pytest.raises(ClusterError, match=r"not a backup made by authmap, or an incomplete one"):
        backup.load(saved)


def test_incomplete_backup_is_refused(saved: Path) -> None:
    whole = saved.read_bytes()
    for length in range(len(whole)):
        saved.write_bytes(whole[:length])
        with pytest.raises(ClusterError, match="or an incomplete one"):
            backup.load(saved)


@pytest.mark.parametrize("kind", ["pipe", "folder", "link to nothing"])
def test_other_kind_of_file_is_refused(saved: Path, kind: str) -> None:
    saved.unlink()
    if kind == "pipe":
        os.mkfifo(saved)
    elif kind == "folder":
        saved.mkdir()
    else:
        saved.symlink_to("nowhere")
    with pytest.raises(ClusterError, match=saved.name):
        backup.load(saved)


def test_files_with_other_names_are_skipped(saved: Path) -> None:
    for name in (
        "zzz.yaml",
        "99999999T000000.000000Z-1.partial",
        "99999999T000000.000000Z-\n.yaml",
    ):
        (saved.parent / name).write_text("x")
    assert backup.listed("prod", str(saved.parents[1])) == [saved]


def test_rollback_and_list_with_a_hostile_newest(cluster: Cluster, tmp_path: Path) -> None:
    cluster.create_map(FIXTURE.read_bytes())
    config = cluster.kubeconfig("editor", path=tmp_path / "config")
    assert authmap(config, *APPLY).returncode == 0
    (good,) = (tmp_path / "state").rglob("*.yaml")
    bad = good.with_name("99990101T000000.000000Z-1.yaml")
    bad.write_bytes(good.read_bytes()[:-20])
    before = cluster.source_map()
    listed = authmap(config, "rollback", "--context", "prod", "--list")
    assert listed.stdout.splitlines() == [str(bad), str(good)]
    run = authmap(config, "rollback", "--context", "prod", "--yes", "--to", bad.name)
    assert run.returncode == 2
    assert f"{bad}: not a backup made by authmap, or an incomplete one" in run.stderr
    assert cluster.source_map() == before
    run = authmap(config, "rollback", "--context", "prod", "--yes")
    assert run.returncode == 0, run.stderr
    assert f"skipped: {bad}: not a backup made by authmap, or an incomplete one" in run.stderr
    assert "username: staff" in cluster.source_map()["data"]["mapRoles"]


def test_another_cluster_whose_context_has_the_same_name(cluster: Cluster, tmp_path: Path) -> None:
    """Its backups are in the same folder; the newest of this cluster is used."""
    cluster.create_map(FIXTURE.read_bytes())
    config = cluster.kubeconfig("editor", path=tmp_path / "config")
    before = cluster.source_map()["data"]
    assert authmap(config, *APPLY).returncode == 0
    (own,) = (tmp_path / "state").rglob("*.yaml")
    top = str(tmp_path / "state" / "authmap" / "backups")
    other_origin = ORIGIN._replace(server="https://o\x1b")
    other = backup.save(live(), other_origin, top)
    theirs = backup.save(live(), other_origin, top, backup.ROLLBACK)
    listed = authmap(config, "rollback", "--context", "prod", "--list").stdout.splitlines()
    mark = r"  (from another server: https://o\x1b)"
    assert listed == [f"{theirs}{mark}", f"{other}{mark}", str(own)]
    run = authmap(config, "rollback", "--context", "prod", "--yes")
    assert run.returncode == 0, run.stderr
    assert f"restoring {own}" in run.stderr
    assert cluster.source_map()["data"] == before
    own.unlink()
    run = authmap(config, "rollback", "--context", "prod", "--yes")
    assert run.returncode == 2
    made = backup.listed("prod", top)[0]
    assert made > theirs
    assert "has only backups made by rollbacks" in run.stderr
    assert f"`--to {made.name}`" in run.stderr
    made.unlink()
    run = authmap(config, "rollback", "--context", "prod", "--yes")
    assert (run.returncode, "only backups of another cluster" in run.stderr) == (2, True)


# no backup, no write


@pytest.mark.parametrize("trouble", ["a file", "below a file", "a link to nothing", "not writable"])
def test_without_a_backup_nothing_is_written(
    cluster: Cluster, tmp_path: Path, trouble: str
) -> None:
    cluster.create_map(FIXTURE.read_bytes())
    before = cluster.source_map()
    config = cluster.kubeconfig("editor", path=tmp_path / "config")
    where = tmp_path / "backups"
    if trouble == "not writable":
        where = Path("/proc/backups")  # where not even root can create folders
    elif trouble == "a link to nothing":
        where.symlink_to("nowhere/at/all")
    else:
        where.touch()
    chosen = where / "deeper" if trouble == "below a file" else where
    mark = cluster.mark()
    run = authmap(config, *APPLY, "--backup-dir", str(chosen))
    assert run.returncode == 2
    assert f"cannot write a backup in {chosen}/prod: " in run.stderr
    assert run.stderr.endswith("; nothing was written\n")
    assert cluster.source_map() == before
    assert [e for e in cluster.audit(mark) if e["verb"] == "patch"] == []


@pytest.mark.parametrize("command", [APPLY, ("rollback", "--context", "prod", "--list")])
def test_empty_name_of_the_folder(
    cluster: Cluster, tmp_path: Path, command: tuple[str, ...]
) -> None:
    """A shell passes this for an unset variable; it must not mean the current directory."""
    before = cluster.create_map(FIXTURE.read_bytes())["data"]
    config = cluster.kubeconfig("editor", path=tmp_path / "config")
    run = authmap(config, *command, "--backup-dir", "")
    assert (run.returncode, run.stdout) == (2, "")
    assert "--backup-dir is empty" in run.stderr
    assert cluster.source_map()["data"] == before


def test_full_disk(cluster: Cluster, tmp_path: Path) -> None:
    cluster.create_map(FIXTURE.read_bytes())
    before = cluster.source_map()
    config = cluster.kubeconfig("editor", path=tmp_path / "config")
    limited = ["sh", "-c", 'ulimit -f 1 && exec "$@"', "sh"]  # no file larger than one block
    run = subprocess.run(
        [*limited, sys.executable, "-B", "-m", "authmap", *APPLY],
        env=environment(config),
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 2
    assert f"/prod: {os.strerror(errno.EFBIG)}; nothing was written" in run.stderr
    assert cluster.source_map() == before
    assert [path.name for path in (tmp_path / "state").rglob("*") if path.is_file()] == []


def test_backup_of_an_object_that_was_recreated(cluster: Cluster, tmp_path: Path) -> None:
    """It may be of another cluster; this user lacks the permission to find out."""
    cluster.create_map(FIXTURE.read_bytes())
    config = cluster.kubeconfig("editor", path=tmp_path / "config")
    assert authmap(config, *APPLY).returncode == 0
    data = cluster.source_map()["data"]
    cluster.create_map(FIXTURE.read_bytes())
    cluster.set_data(data)
    run = authmap(config, "rollback", "--context", "prod", "--yes")
    assert run.returncode == 2
    assert "may be of another cluster: aws-auth was recreated since" in run.stderr
    assert cluster.source_map()["data"] == data
    accept = ["--yes", "--accept-lockout-risk"]
    assert authmap(config, "rollback", "--context", "prod", *accept).returncode == 0
    assert cluster.source_map()["data"] != data


# the backup is there right before the write


@pytest.mark.parametrize("answer", ["y", "n", signal.SIGINT])
def test_folder_is_deleted_while_the_question_is_open(
    cluster: Cluster, tmp_path: Path, answer: str | signal.Signals
) -> None:
    cluster.create_map(FIXTURE.read_bytes())
    before = cluster.source_map()["data"]
    config = cluster.kubeconfig("editor", path=tmp_path / "config")
    asking = [word for word in APPLY if word != "--yes"]
    processes: list[subprocess.Popen[bytes]] = []

    def delete() -> str:
        shutil.rmtree(tmp_path / "state" / "authmap")
        if isinstance(answer, signal.Signals):
            processes[0].send_signal(answer)
            return ""
        return answer

    code, shown = on_terminal(config, *asking, answers=[delete], started=processes.append)
    saved = list((tmp_path / "state").rglob("*.yaml"))
    if answer == "y":
        assert code == 0, shown
        assert cluster.source_map()["data"] != before
        assert [backup.load(path).data for path in saved] == [before]
    else:
        assert code == 2, shown
        assert shown.rstrip().endswith("; nothing was written")
        assert (cluster.source_map()["data"], saved) == (before, [])


def test_folder_that_cannot_be_made_again(cluster: Cluster, tmp_path: Path) -> None:
    cluster.create_map(FIXTURE.read_bytes())
    before = cluster.source_map()["data"]
    config = cluster.kubeconfig("editor", path=tmp_path / "config")
    asking = [word for word in APPLY if word != "--yes"]

    def replace() -> str:
        shutil.rmtree(tmp_path / "state" / "authmap")
        (tmp_path / "state" / "authmap").touch()
        return "y"

    code, shown = on_terminal(config, *asking, answers=[replace])
    assert code == 2, shown
    assert "cannot write a backup in" in shown
    assert shown.rstrip().endswith("; nothing was written")
    assert cluster.source_map()["data"] == before


def test_folder_that_cannot_be_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on Windows."""
    real = os.open

    def open_file(path: str | Path, *rest: int) -> int:
        if Path(path).is_dir():
            raise PermissionError(errno.EACCES, "Permission denied")
        return real(path, *rest)

    monkeypatch.setattr(os, "open", open_file)
    assert backup.load(backup.save(live(), ORIGIN, str(tmp_path / "a"))).data == DATA
