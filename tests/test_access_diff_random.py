"""`authmap diff` on random pairs of maps: its verdicts are held to the real authenticator.

The command runs on two files, in this process. What it should say is
worked out from what the authenticator answers to the sessions of each principal, before and after.
"""

from __future__ import annotations

import io
import json
import os
import sys
from contextlib import redirect_stderr, redirect_stdout
from typing import TYPE_CHECKING, Any, NamedTuple

import maps
import pytest
import typer
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sample_sizes import asked
from test_access import SESSIONS
from words import A1, A2

from authmap.access.principal import Principal, principals
from authmap.authenticator import resolve
from authmap.cli.diff import diff
from authmap.cli.option_groups import ConnectionArguments, Verbosity
from authmap.model.auth_map import AuthMap

if TYPE_CHECKING:
    from pathlib import Path

    import oracle

Outcome = tuple[str, frozenset[str]] | None
Outcomes = frozenset[Outcome]
"""What a session may become: several outcomes only where the authenticator picks one at random."""

USUAL = 200
NUMBER = asked("AUTHMAP_DIFF", USUAL)
SHOWN = 500 if "AUTHMAP_DIFF" in os.environ else 0
EXAMPLES = settings(
    max_examples=NUMBER,
    derandomize=NUMBER <= USUAL,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
NODE_GROUPS = {"system:bootstrappers", "system:nodes"}
MASTERS = "system:masters"


def callers(who: Principal) -> list[dict[str, str]]:
    """Sessions of a principal, as STS reports them."""
    arn = resolve.fold(who.arn)
    if not arn:  # everyone else in an account
        arns = [f"arn:aws:iam::{who.account}:user/no-entry"]
        arns += [f"arn:aws:sts::{who.account}:assumed-role/no-entry/{each}" for each in SESSIONS]
    elif who.has_session:
        session = arn.replace(":iam:", ":sts:").replace(":role/", ":assumed-role/")
        arns = [f"{session}/{each}" for each in SESSIONS]
    else:
        arns = [arn]
    host = "ip-10-0-0-1.ec2.internal"
    return [{"arn": a, "accessKeyId": "AKIAEXAMPLE", "privateDNSName": host} for a in arns]


def outcomes(
    real: oracle.Oracle, data: dict[str, str], who: list[Principal]
) -> list[list[Outcomes]]:
    """For each principal, what the authenticator may make of each of its sessions."""
    asked_of = [callers(each) for each in who]
    logins = iter(real.ask(data, [caller for each in asked_of for caller in each])["callers"])
    return [[_outcomes(next(logins)) for _ in each] for each in asked_of]


def _outcomes(login: Any) -> Outcomes:
    return frozenset(
        None if one["error"] or not one["mapped"] else (one["username"], frozenset(one["groups"]))
        for one in login["candidates"] or [login]
    )


class Expected(NamedTuple):
    """What happens to a principal, by the authenticator's answers."""

    before: list[Outcomes]
    after: list[Outcomes]

    @property
    def certain(self) -> bool:
        """Whether no answer depends on chance."""
        return all(len(each) == 1 for each in (*self.before, *self.after))

    @property
    def pairs(self) -> list[tuple[Outcome, Outcome]]:
        """The outcome of each session before and after, if it is certain."""
        sides = ([next(iter(each)) for each in side] for side in (self.before, self.after))
        return list(zip(*sides, strict=True))

    @property
    def lost(self) -> bool:
        return any(was and not becomes for was, becomes in self.pairs)

    @property
    def gained(self) -> bool:
        return any(becomes and not was for was, becomes in self.pairs)

    @property
    def renamed(self) -> bool:
        return any(was and becomes and was[0] != becomes[0] for was, becomes in self.pairs)

    @property
    def fewer_groups(self) -> bool:
        return any(was and becomes and was[1] - becomes[1] for was, becomes in self.pairs)

    @property
    def more_groups(self) -> bool:
        return any(was and becomes and becomes[1] - was[1] for was, becomes in self.pairs)

    @property
    def nodes(self) -> bool:
        """Whether a session is a node before, and afterwards not, or another one."""
        return any(
            was
            and was[0].startswith("system:node:")
            and (
                not becomes
                or bool((was[1] - becomes[1]) & NODE_GROUPS)
                or _node(was) not in ("", _node(becomes))
            )
            for was, becomes in self.pairs
        )


def _node(outcome: tuple[str, frozenset[str]]) -> str:
    """The name of a node for the node authorizer, or an empty string."""
    username, groups = outcome
    return username if username.startswith("system:node:") and "system:nodes" in groups else ""


def admin(who: Principal, sessions: list[Outcomes]) -> set[str]:
    """Who of a principal's sessions may have full control: `instances`, `others`, or both."""
    return {
        "instances" if "/i-0" in caller["arn"] else "others"
        for caller, each in zip(callers(who), sessions, strict=True)
        if any(one and MASTERS in one[1] for one in each)
    }


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("diff")


def manifest(path: Path, data: dict[str, str]) -> str:
    metadata = {"name": "aws-auth", "namespace": "kube-system"}
    item = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}
    path.write_text(json.dumps(item))
    return str(path)


def run(folder: Path, one: dict[str, str], two: dict[str, str]) -> tuple[int, Any]:
    """The exit code and the JSON report of the command."""
    old, new = manifest(folder / "old.json", one), manifest(folder / "new.json", two)
    options = {"fail_on": ["lost,gained", "admin,nodes"], "output_format": "json"}
    groups = ConnectionArguments()._asdict() | Verbosity()._asdict()
    values = {**groups, "paths": [old, new], **options}
    shown = [io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2)]
    with redirect_stdout(shown[0]), redirect_stderr(shown[1]), pytest.raises(typer.Exit) as end:
        diff(**values, no_config=True)
    report, errors = (stream.buffer.getvalue() for stream in shown)
    assert b"error" not in errors
    return end.value.exit_code, json.loads(report)


tried = 0

SWAPS = [
    ("system:masters", "developers"),
    ("developers", "system:masters"),
    ("system:nodes", "developers"),
    ("system:bootstrappers", "team"),
    ("system:node:", "node:"),
    ("{{EC2PrivateDNSName}}", "{{SessionName}}"),
    ("{{SessionName}}", "{{SessionNameRaw}}"),
    ("staff", "stuff"),
    (f"{A1}:role/", f"{A2}:role/"),
]
"""Edits of a map such as people make."""


ENTRIES = st.fixed_dictionaries(
    {
        "rolearn": st.sampled_from([f"arn:aws:iam::{A1}:role/{each}" for each in ("a", "b")]),
        "username": st.sampled_from(
            ["system:node:{{EC2PrivateDNSName}}", "system:node:{{SessionName}}", "a"]
        ),
        "groups": st.lists(
            st.sampled_from(
                ["system:masters", "system:nodes", "system:bootstrappers", "system:{{SessionName}}"]
            ),
            max_size=3,
        ),
    }
)
"""Entries in which nodes and administrators come and go."""


@st.composite
def pairs(draw: st.DrawFn) -> tuple[dict[str, str], dict[str, str]]:
    """Two maps: of few and privileged entries, edited from one into the other, or any two."""
    kind = draw(st.sampled_from([0, 0, 1, 2]))
    if kind == 0:
        few = st.lists(ENTRIES, min_size=1, max_size=3).map(json.dumps)
        return {"mapRoles": draw(few)}, {"mapRoles": draw(few)}
    one = draw(maps.data())
    if kind == 1:
        two = {name: text for name, text in one.items() if draw(st.integers(0, 9))}
        for old, new in draw(st.lists(st.sampled_from(SWAPS), min_size=1, max_size=3)):
            times = draw(st.sampled_from([1, -1]))
            two = {name: text.replace(old, new, times) for name, text in two.items()}
        return one, two
    kept = draw(st.sets(st.sampled_from(["mapRoles", "mapUsers", "mapAccounts"])))
    return one, draw(maps.data()) | {name: text for name, text in one.items() if name in kept}


@pytest.mark.long
@EXAMPLES
@given(pairs())
def test_verdicts_are_those_of_the_authenticator(
    real: oracle.Oracle, folder: Path, pair: tuple[dict[str, str], dict[str, str]]
) -> None:
    global tried
    tried += 1
    if SHOWN and tried % SHOWN == 0:
        print(tried, file=sys.__stderr__, flush=True)
    one, two = pair
    code, report = run(folder, one, two)
    assert code == (1 if report["failed"] else 2 if report["unrendered"] else 0)
    who = list(principals(AuthMap.from_data(one), AuthMap.from_data(two)))
    answers = [outcomes(real, data, who) for data in (one, two)]
    expected = dict(zip(who, map(Expected, *answers), strict=True))
    said = {_key(each["principal"]): each for each in report["changes"]}
    unknown = {_key(each) for each in report["unknown"]}
    assert not unknown or report["unrendered"]
    left = set().union(*(admin(each, truth.after) for each, truth in expected.items()))
    for each, truth in expected.items():
        key = each.arn or None, each.account
        if key not in unknown:
            check(said.get(key), each, truth, left, certain=not report["unrendered"])
    judged = {
        each: truth
        for each, truth in expected.items()
        if (each.arn or None, each.account) not in unknown
    }
    same = [each for each in judged.values() if each.before == each.after and _can_log_in(each)]
    assert report["summary"]["unchanged"] == len(same)
    assert report["failed"] == [word for word, fails in failing(report["changes"]) if fails]


def failing(rows: Any) -> list[tuple[str, bool]]:
    """Whether each word of `--fail-on` applies to one of the rows."""
    effects = {effect for row in rows for effect in row["effects"]}
    return [
        ("nodes", any(row["nodes"] for row in rows)),
        ("admin", any(row["admin"] for row in rows)),
        ("lost", bool(effects & {"lost", "fewer"})),
        ("gained", bool(effects & {"gained", "more"})),
    ]


def _key(principal: Any) -> tuple[str | None, str]:
    return principal["arn"], principal["account"]


def _can_log_in(each: Expected) -> bool:
    return any(one for session in each.before for one in session)


def check(said: Any, who: Principal, truth: Expected, left: set[str], *, certain: bool) -> None:
    """Assert that a row, or that there is none, is what the authenticator does.

    Args:
        said: the row, or None.
        who: the principal.
        truth: what the authenticator does.
        left: who has full control in the new map as it is written: `instances` or `others`.
        certain: whether rendering the maps cannot change that.
    """
    assert bool(said) == (truth.before != truth.after), truth
    if not said:
        return
    was, becomes = admin(who, truth.before), admin(who, truth.after)
    assert (said["admin"] == "gained") == bool(becomes - was), truth
    lost = bool(was - left) and "others" not in left and not becomes - was
    assert (said["admin"] == "lost") == lost or (lost and not certain), truth
    if not truth.certain:
        return
    effects = set(said["effects"])
    assert ("lost" in effects) == truth.lost, truth
    assert ("gained" in effects) == truth.gained, truth
    assert ("renamed" in effects) == truth.renamed, truth
    if truth.fewer_groups:
        assert effects & {"fewer", "lost"}, truth
    if truth.more_groups:
        assert effects & {"more", "gained"}, truth
    assert said["nodes"] == truth.nodes, truth
