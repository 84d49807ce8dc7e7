"""Others write the map at the same time as authmap: no change and no access is lost."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path
from random import Random
from threading import Event
from typing import TYPE_CHECKING, Any

import pytest
from sample_sizes import asked

from authmap.cluster import reading
from authmap.cluster.change import apply, plan
from authmap.cluster.change.signals import Signals
from authmap.cluster.change.task import ApplyOptions, Outcome, Task
from authmap.cluster.kube.errors import ClusterError
from authmap.cluster.kube.kubeconfig import ConnectionOptions
from authmap.cluster.kube.session import Session
from authmap.model.options import RunOptions
from cluster.crash_points import authmap
from cluster.proxy import Proxy, Reply, Request, Trouble
from cluster.run import on_terminal
from cluster.server import AWS_AUTH

if TYPE_CHECKING:
    from collections.abc import Callable

    from authmap.cluster.change.plan import Plan
    from authmap.cluster.reading import LiveConfigMap
    from cluster.server import Cluster

RACES = asked("AUTHMAP_RACES", 200)
FIXTURE = Path(__file__).parents[2] / "fixtures" / "aws-auth.yaml"
APPLY = ("fix", "--apply", "--context", "prod", "--fail-on=never")
FIXED = "role:{{AccountID}}:staff:{{SessionName}}"
GOOD = """\
- rolearn: arn:aws:iam::111111111111:role/good
  username: role:{{AccountID}}:good:{{SessionName}}
  groups: [readers]
"""
BAD = """\
- rolearn: arn:aws:iam::111111111111:role/other
  username: other
  groups: [system:masters]
"""

DRY_RUN, WRITE, READ_BACK, LOGIN = ("PATCH", 1), ("PATCH", 2), ("GET", 2), ("PATCH", 3)
"""Steps of an apply: method and number of its requests for the object."""


@pytest.fixture(autouse=True)
def live_map(cluster: Cluster) -> None:
    cluster.create_map(FIXTURE.read_bytes())


def roles(cluster: Cluster) -> str:
    return str(cluster.source_map()["data"]["mapRoles"])


def add(cluster: Cluster, text: str) -> None:
    """Add an entry before the others."""
    data = cluster.source_map()["data"]
    cluster.set_data(data | {"mapRoles": text + data["mapRoles"]})


def meanwhile(step: tuple[str, int], act: Callable[[], object]) -> Callable[[Request], None]:
    """A behaviour that calls `act` before a request goes on to the API server."""

    def behaviour(request: Request) -> None:
        if (request.method, request.nth) == step and "aws-auth" in request.path:
            act()

    return behaviour


@pytest.mark.parametrize("step", [DRY_RUN, WRITE])
def test_same_edits_continue(cluster: Cluster, tmp_path: Path, step: tuple[str, int]) -> None:
    with Proxy(cluster, meanwhile(step, lambda: add(cluster, GOOD))) as proxy:
        config = cluster.kubeconfig("editor", path=tmp_path / "config", url=proxy.url)
        run = authmap(config, *APPLY, "--yes")
    assert run.returncode == 0, run.stderr
    assert "nothing was" not in run.stderr  # in the end, the change was written
    assert run.stderr.count(", replacing ") == 1
    assert roles(cluster).startswith(GOOD)
    assert f"  username: {FIXED}\n" in roles(cluster)
    (saved,) = (tmp_path / "state").rglob("*.yaml")
    assert GOOD.splitlines()[0] in saved.read_text()


@pytest.mark.parametrize("step", [DRY_RUN, WRITE])
def test_different_edits_are_refused_with_yes(
    cluster: Cluster, tmp_path: Path, step: tuple[str, int]
) -> None:
    theirs = []

    def act() -> None:
        add(cluster, BAD)
        theirs.append(cluster.source_map())

    with Proxy(cluster, meanwhile(step, act)) as proxy:
        config = cluster.kubeconfig("editor", path=tmp_path / "config", url=proxy.url)
        run = authmap(config, *APPLY, "--yes")
    assert run.returncode == 2
    assert "no longer the one that --yes approved: run again; nothing was written" in run.stderr
    assert [cluster.source_map()] == theirs
    assert list((tmp_path / "state").rglob("*.yaml")) == []


@pytest.mark.parametrize("answer", ["y", "n"])
def test_different_edits_are_asked_about(cluster: Cluster, tmp_path: Path, answer: str) -> None:
    with Proxy(cluster, meanwhile(WRITE, lambda: add(cluster, BAD))) as proxy:
        config = cluster.kubeconfig("editor", path=tmp_path / "config", url=proxy.url)
        code, said = on_terminal(config, *APPLY, answers=["y", answer])
    assert said.count("fix 1 entry in context `prod`") == 1
    assert said.count("fix 2 entries in context `prod`") == 1
    assert "role:{{AccountID}}:other:{{SessionName}}" in said
    if answer == "y":
        assert code == 0, said
        assert ("username: staff" in roles(cluster), "username: other" in roles(cluster)) == (
            False,
            False,
        )
    else:
        assert code == 2
        assert "cancelled; nothing was written" in said
        assert list((tmp_path / "state").rglob("*.yaml")) == []
        assert "username: staff" in roles(cluster)


def test_binding_added_during_the_question_keeps_its_user(cluster: Cluster, tmp_path: Path) -> None:
    add(cluster, BAD)
    config = cluster.kubeconfig("editor", path=tmp_path / "config")

    def late() -> str:
        cluster.bind("late", role="view", users=["staff"])
        return "y"

    code, said = on_terminal(config, *APPLY, answers=[late, "y"])
    assert code == 0, said
    assert said.count("fix 2 entries in context `prod`") == 1
    assert said.count("fix 1 entry in context `prod`") == 1
    assert "ClusterRoleBinding late names the user `staff`, who would lose ClusterRole/view" in said
    assert ("username: staff" in roles(cluster), "username: other" in roles(cluster)) == (
        True,
        False,
    )
    assert len(list((tmp_path / "state").rglob("*.yaml"))) == 1


def test_owner_added_during_the_question_is_asked_about(cluster: Cluster, tmp_path: Path) -> None:
    config = cluster.kubeconfig("editor", path=tmp_path / "config")

    def late() -> str:
        mark = {"metadata": {"annotations": {"argocd.argoproj.io/tracking-id": "x"}}}
        cluster.must("PATCH", AWS_AUTH, mark, content_type="application/merge-patch+json")
        return "y"

    code, said = on_terminal(config, *APPLY, answers=[late, "n"])
    assert code == 2, said
    assert said.count("fix 1 entry in context `prod`") == 2
    assert "Argo CD writes this object" in said
    assert "username: staff" in roles(cluster)
    assert list((tmp_path / "state").rglob("*.yaml")) == []


# after the write


@pytest.mark.parametrize(
    ("step", "said", "more"),
    [
        (
            READ_BACK,
            "authmap: somebody has changed the object again since the write",
            ["--no-verify"],
        ),
        (LOGIN, "can still change the map, but somebody has changed the object again since", []),
    ],
)
def test_later_writes_by_others_are_kept(
    cluster: Cluster, tmp_path: Path, step: tuple[str, int], said: str, more: list[str]
) -> None:
    with Proxy(cluster, meanwhile(step, lambda: add(cluster, GOOD))) as proxy:
        config = cluster.kubeconfig("editor", path=tmp_path / "config", url=proxy.url)
        run = authmap(config, *APPLY, "--yes", *more)
    assert run.returncode == 0, run.stderr
    assert said in run.stderr
    assert roles(cluster).startswith(GOOD)
    assert f"  username: {FIXED}\n" in roles(cluster)


def locked_out(cluster: Cluster, *acts: Callable[[], object]) -> Callable[[Request], Reply | None]:
    """Refuse fresh logins; call one of `acts` before each attempt to restore the map."""
    left, lost = list(acts), False

    def behaviour(request: Request) -> Reply | None:
        nonlocal lost
        if request.method == "PATCH" and "dryRun" in request.path and lost:
            return Reply.failure(403, "you may not patch it")
        if request.method == "PATCH" and "dryRun" not in request.path:
            if lost and left:
                left.pop(0)()
            lost = True
        return None

    assert cluster.source_map()
    return behaviour


def test_restore_keeps_changes_by_others(cluster: Cluster, tmp_path: Path) -> None:
    """Both in the restored text itself and elsewhere."""

    def elsewhere() -> None:
        cluster.set_data(cluster.source_map()["data"] | {"mapAccounts": "[]"})

    before = roles(cluster)
    acts = [lambda: add(cluster, GOOD), elsewhere]
    with Proxy(cluster, locked_out(cluster, *acts)) as proxy:
        config = cluster.kubeconfig("editor", path=tmp_path / "config", url=proxy.url)
        run = authmap(config, *APPLY, "--yes")
    assert run.returncode == 3, run.stderr
    assert "you may not patch it), so the old map was restored" in run.stderr
    assert roles(cluster) == GOOD + before
    assert cluster.source_map()["data"]["mapAccounts"] == "[]"


def test_inseparable_changes_are_not_restored(cluster: Cluster, tmp_path: Path) -> None:
    unreadable = "- rolearn: [\n"
    acts = [lambda: cluster.set_data({"mapRoles": unreadable})]
    with Proxy(cluster, locked_out(cluster, *acts)) as proxy:
        config = cluster.kubeconfig("editor", path=tmp_path / "config", url=proxy.url)
        run = authmap(config, *APPLY, "--yes")
    assert run.returncode == 4, run.stderr
    assert "could not be restored: somebody has changed the same text since" in run.stderr
    assert roles(cluster) == unreadable


def test_lost_answer_during_restore(cluster: Cluster, tmp_path: Path) -> None:
    before = cluster.source_map()["data"]
    refuses = locked_out(cluster)

    def behaviour(request: Request) -> Reply | Trouble | None:
        putting_back = (request.method, request.nth) == ("PATCH", 4)
        return Trouble.LOSE if putting_back else refuses(request)

    with Proxy(cluster, behaviour) as proxy:
        config = cluster.kubeconfig("editor", path=tmp_path / "config", url=proxy.url)
        run = authmap(config, *APPLY, "--yes")
    assert run.returncode == 3, run.stderr
    assert cluster.source_map()["data"] == before


# repeated conflicts, deletions and lost answers


def test_number_of_attempts_is_limited(cluster: Cluster, tmp_path: Path) -> None:
    """Somebody else writes before each attempt."""

    def behaviour(request: Request) -> None:
        if request.method == "PATCH":
            cluster.set_data(cluster.source_map()["data"] | {"note": str(request.nth)})

    with Proxy(cluster, behaviour) as proxy:
        config = cluster.kubeconfig("editor", path=tmp_path / "config", url=proxy.url)
        run = authmap(config, *APPLY, "--yes")
    assert run.returncode == 2
    assert run.stderr.splitlines()[-1] == (
        "authmap: error: context:prod: 10 times in a row, somebody else changed the object "
        "between read and write: run again when they are done; nothing was written"
    )
    assert "username: staff" in roles(cluster)
    assert cluster.source_map()["data"]["note"] == "10"


def test_two_runs_at_the_same_time(cluster: Cluster, tmp_path: Path) -> None:
    other = cluster.kubeconfig("admin", path=tmp_path / "other")
    with Proxy(cluster, meanwhile(WRITE, lambda: authmap(other, *APPLY, "--yes"))) as proxy:
        config = cluster.kubeconfig("editor", path=tmp_path / "config", url=proxy.url)
        run = authmap(config, *APPLY, "--yes")
    assert run.returncode == 0, run.stderr
    assert "authmap: nothing to change in context `prod`\n" in run.stderr
    assert f"  username: {FIXED}\n" in roles(cluster)


@pytest.mark.parametrize(
    ("step", "code", "said"),
    [
        (DRY_RUN, 2, "somebody has deleted the object since it was read; nothing was written"),
        (WRITE, 2, "somebody has deleted the object since it was read; nothing was written"),
        (READ_BACK, 4, "somebody has deleted the object since it was read; the change was made"),
        (LOGIN, 0, "not confirmed: somebody has deleted the object since it was read"),
    ],
)
@pytest.mark.parametrize("command", [APPLY, ("rollback", "--context", "prod")])
def test_deleted_meanwhile(
    cluster: Cluster,
    tmp_path: Path,
    command: tuple[str, ...],
    step: tuple[str, int],
    code: int,
    said: str,
) -> None:
    """authmap does not create the map again unless that was asked for."""
    method, nth = step
    rolls_back = command != APPLY
    if rolls_back:  # skip the requests of the fix before it
        nth += {"GET": 1, "PATCH": 3}[method]

    with Proxy(cluster, meanwhile((method, nth), cluster.delete_map)) as proxy:
        config = cluster.kubeconfig("editor", path=tmp_path / "config", url=proxy.url)
        if rolls_back:
            assert authmap(config, *APPLY, "--yes").returncode == 0
        more = ["--no-verify"] if step == READ_BACK else []
        run = authmap(config, *command, "--yes", *more)
    assert run.returncode == code, run.stderr
    assert said in run.stderr
    assert cluster.source_map() is None


def test_lost_answer_is_resolved_by_reading(cluster: Cluster, tmp_path: Path) -> None:
    def behaviour(request: Request) -> Trouble | None:
        return Trouble.LOSE if (request.method, request.nth) == WRITE else None

    with Proxy(cluster, behaviour) as proxy:
        config = cluster.kubeconfig("editor", path=tmp_path / "config", url=proxy.url)
        run = authmap(config, *APPLY, "--yes")
    assert run.returncode == 0, run.stderr
    assert "authmap rollback --context prod" in run.stderr
    assert f"  username: {FIXED}\n" in roles(cluster)


def test_lost_answer_while_others_write(cluster: Cluster, tmp_path: Path) -> None:
    """The map is neither the old one nor the one that was sent, so authmap does not guess."""

    def behaviour(request: Request) -> Trouble | None:
        if (
            request.method,
            request.nth,
        ) == READ_BACK:  # here this request checks for the lost write
            add(cluster, GOOD)
        return Trouble.LOSE if (request.method, request.nth) == WRITE else None

    with Proxy(cluster, behaviour) as proxy:
        config = cluster.kubeconfig("editor", path=tmp_path / "config", url=proxy.url)
        run = authmap(config, *APPLY, "--yes")
    assert run.returncode == 4
    assert "cannot tell whether the change was made" in run.stderr
    assert roles(cluster).startswith(GOOD)


# many concurrent writers


class Fixer(Session):
    """Fixes silently, lets others start in the meantime, and counts conflicts with them."""

    def __init__(self, config: Path, backups: Path) -> None:
        super().__init__("prod", ConnectionOptions(str(config)))
        self.apply_options = ApplyOptions(yes=True, backup_dir=str(backups))
        self.started = Event()
        self.wait = self.runs = self.plans = self.refused = 0

    def request(self, *arguments: Any, **options: Any) -> dict[str, Any]:
        """Send a request; the others start before the chosen one."""
        self.wait -= 1
        if self.wait < 0:
            self.started.set()
        return super().request(*arguments, **options)

    def fix(self, *, verify: bool = False) -> bool:
        """Fix the map; False if there is nothing to fix."""
        self.runs += 1
        apply_options = self.apply_options._replace(verify=verify)
        task = Task(
            self, self.plan, "fix", "", RunOptions(), apply_options, self, Signals(self.say)
        )
        try:
            return apply.run(task, reading.read(self)).written
        except ClusterError as error:
            if "no longer the one that --yes approved" not in str(error):
                raise
            self.refused += 1
            return True

    def plan(self, live: LiveConfigMap) -> Plan:
        """Make a plan, after each read."""
        self.plans += 1
        return plan.of_fix(live, RunOptions())

    def say(self, text: str) -> None:
        """Print nothing."""

    def show(self, plan: Plan) -> None:
        """Show nothing."""

    can_ask = False

    def ask(self, question: str, *, default: bool = False, instead: str = "") -> bool:  # noqa: ARG002
        """Never asked."""
        raise AssertionError(question)

    def created(self, context: str, *, unknown: bool = False) -> None:
        """Print nothing."""

    def made(self, done: Outcome, *, unknown: bool = False) -> None:
        """Print nothing."""


def entry(name: str, *, fixed: bool = False) -> str:
    """An entry that can be fixed, or is fixed."""
    username = f"role:{{{{AccountID}}}}:{name}:{{{{SessionName}}}}" if fixed else name
    return f"""\
- rolearn: arn:aws:iam::111111111111:role/{name}
  username: {username}
  groups: [g-{name}]
"""


def split(text: str) -> list[str]:
    """The entries of a section's text."""
    return re.findall("^- .*\n(?:  .*\n)*", text, re.MULTILINE)


def edit(cluster: Cluster, change: Callable[[list[str]], list[str]]) -> list[str]:
    """Change the entries as `kubectl edit` does, with retries on conflict; the new entries."""
    while True:
        held = cluster.source_map()
        entries = change(split(held["data"]["mapRoles"]))
        held["data"]["mapRoles"] = "".join(entries)
        answer = cluster.raw("PUT", AWS_AUTH, held)
        if answer.status == 200:
            return entries
        assert answer.status == 409, answer.body


def named(entries: list[str]) -> list[str]:
    """The role names of the entries."""
    return [text.partition("role/")[2].partition("\n")[0] for text in entries]


def test_many_races(cluster: Cluster, tmp_path: Path) -> None:
    """Up to three writers add, remove and reorder entries while fixes run until nothing is left.

    In each race the writers start before a different request of the fix, and then run freely.
    """
    fixer = Fixer(cluster.kubeconfig("editor", path=tmp_path / "config"), tmp_path / "backups")
    with ThreadPoolExecutor(3) as pool:
        for race in range(RACES):
            names = [f"{n}-{race}" for n in range(4)]
            cluster.set_data({"mapRoles": "".join(map(entry, names))})
            fixer.started.clear()
            fixer.wait = race % 8
            chance = Random(race)  # noqa: S311 - the same each time
            gone, at, order = chance.choice(names), chance.randrange(4), chance.sample(range(9), 9)
            new = entry(f"new-{race}", fixed=race % 2 == 0)

            def add(entries: list[str], new: str = new, at: int = at) -> list[str]:
                return [*entries[:at], new, *entries[at:]]

            def remove(entries: list[str], gone: str = gone) -> list[str]:
                return [text for text in entries if named([text]) != [gone]]

            def reorder(entries: list[str], order: list[int] = order) -> list[str]:
                return [entries[n] for n in order if n < len(entries)]

            def once(change: Callable[[list[str]], list[str]]) -> list[str]:
                fixer.started.wait()
                return edit(cluster, change)

            changes: list[Callable[[list[str]], list[str]]] = [add, remove, reorder]
            writers = {
                change: pool.submit(once, change)
                for change in chance.sample(changes, chance.randint(1, 3))
            }
            fixer.fix(verify=race % 10 == 0)
            fixer.started.set()
            wait(writers.values())
            left = [name for name in names if remove not in writers or name != gone]
            left += [f"new-{race}"] if add in writers else []
            held = split(roles(cluster))
            assert sorted(named(held)) == sorted(left)
            assert set(held) <= {entry(name, fixed=done) for name in left for done in (True, False)}
            while fixer.fix():
                held = split(roles(cluster))
                if set(held) == {entry(name, fixed=True) for name in left}:
                    break
            assert sorted(held) == sorted(entry(name, fixed=True) for name in left)
            if reorder in writers:
                kept = named(writers[reorder].result())
                assert [n for n in named(held) if n in kept] == [n for n in kept if n in left]
    conflicts = fixer.plans - fixer.runs
    print(f"{RACES} races: {fixer.runs} fixes; {conflicts} conflicts, {fixer.refused} refused")
    assert RACES < 50 or conflicts > fixer.refused > 0
