"""Promise 7: access is compared, not assumed. What the authenticator says decides."""

from __future__ import annotations

import json
from itertools import combinations
from typing import TYPE_CHECKING, Any

import maps
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sample_sizes import asked
from words import A1, A2, GROUPS, NAMES

import authmap
from authmap.access.compare import Effect, compare
from authmap.access.grant import Access, Kind
from authmap.authenticator import resolve, username_overlap
from authmap.authenticator.arn import canonicalize
from authmap.documents.bindings import binding_of
from authmap.model.auth_map import AuthMap
from authmap.model.bindings import Bindings
from authmap.model.options import RunOptions
from authmap.usernames.template import PRESETS

if TYPE_CHECKING:
    import oracle

    from authmap.authenticator.entry import Entry

ROLE, USER = f"arn:aws:iam::{A1}:role", f"arn:aws:iam::{A1}:user"


def role(name: str, username: str, *groups: str, key: str = "rolearn") -> str:
    """An entry of mapRoles, or of mapUsers."""
    return json.dumps({key: name, "username": username, "groups": groups}) + "\n"


def roles(*entries: str) -> AuthMap:
    return AuthMap.from_data({"mapRoles": "- " + "- ".join(entries)})


def users(*entries: str) -> AuthMap:
    return AuthMap.from_data({"mapUsers": "- " + "- ".join(entries)})


def bound(**subjects: str) -> Bindings:
    """Bindings to ClusterRoles, by the name of the role: `view="User alice"`."""
    found = []
    for name, subject in subjects.items():
        kind, _, who = subject.partition(" ")
        item: dict[str, object] = {
            "metadata": {"name": f"bind-{name}"},
            "roleRef": {"kind": "ClusterRole", "name": name.replace("_", "-")},
            "subjects": [{"kind": kind, "name": who}],
        }
        found.append(binding_of("ClusterRoleBinding", item, "rbac"))
    return Bindings(found)


STAFF = role(f"{ROLE}/staff", "staff", "g")
NOBODY = AuthMap.from_data({})


@pytest.mark.parametrize(
    ("before", "after", "bindings", "effects"),
    [
        (roles(STAFF), roles(STAFF), None, {"role/staff": "same"}),
        (roles(STAFF), NOBODY, None, {"role/staff": "lost"}),
        (NOBODY, roles(STAFF), None, {"role/staff": "gained"}),
        # the last of two entries wins, whatever their order is called
        (roles(role(f"{ROLE}/STAFF", "x"), STAFF), roles(STAFF), None, {"role/STAFF": "same"}),
        (roles(STAFF, role(f"{ROLE}/STAFF", "x", "g")), roles(STAFF), None,
         {"role/staff": "renamed"}),
        # a path that STS never reports
        (roles(role(f"{ROLE}/p/staff", "a")), NOBODY, None, {"role/staff": "same"}),
        (roles(role(f"{ROLE}/p/staff", "a")), roles(role(f"{ROLE}/staff", "a")), None,
         {"role/staff": "gained"}),
        (users(role(f"{USER}/p/jane", "a", key="userarn")), NOBODY, None, {"user/jane": "lost"}),
        (roles(role(f"{ROLE}/*", "a")), NOBODY, None, {}),
        # names
        (roles(STAFF), roles(role(f"{ROLE}/staff", "new", "g")), None, {"role/staff": "renamed"}),
        (roles(STAFF), roles(role(f"{ROLE}/staff", "", "g")), None,
         {"role/staff": "renamed, fewer"}),
        (roles(role(f"{ROLE}/staff", "a:{{AccountID}}")), roles(role(f"{ROLE}/staff", f"a:{A1}")),
         None, {"role/staff": "same"}),
        (users(role(f"{USER}/jane", "a{{SessionName}}", key="userarn")),
         users(role(f"{USER}/jane", "a", key="userarn")), None, {"user/jane": "same"}),
        # groups
        (roles(STAFF), roles(role(f"{ROLE}/staff", "staff", "h", "g")), None,
         {"role/staff": "more"}),
        (roles(STAFF), roles(role(f"{ROLE}/staff", "staff", "g", "g")), None,
         {"role/staff": "same"}),
        (roles(STAFF), roles(role(f"{ROLE}/staff", "staff", "h")), None,
         {"role/staff": "more, fewer"}),
        (roles(role(f"{ROLE}/staff", "s", "{{SessionName}}")),
         roles(role(f"{ROLE}/staff", "s", "{{SessionNameRaw}}")), None,
         {"role/staff": "more, fewer"}),
        # the login depends on the session
        (roles(role(f"{ROLE}/n", "{{EC2PrivateDNSName}}")), roles(role(f"{ROLE}/n", "n")), None,
         {"role/n": "renamed, gained"}),
        (roles(role(f"{ROLE}/n", "n", "x:{{EC2PrivateDNSName}}")),
         roles(role(f"{ROLE}/n", "n", "x:{{EC2PrivateDNSName}}")), None, {"role/n": "same"}),
        (users(role(f"{USER}/jane", "{{EC2PrivateDNSName}}", key="userarn")), NOBODY, None,
         {"user/jane": "same"}),
        # accounts
        (AuthMap.from_data({"mapAccounts": f"- '{A2}'"}), NOBODY, None,
         {f"everyone else in account {A2}": "lost"}),
        (AuthMap.from_data({"mapAccounts": "- 22\n"}), NOBODY, None, {}),
        (AuthMap.from_data({"mapAccounts": f"- '{A1}'"}),
         AuthMap.from_data({"mapAccounts": f"- '{A1}'", "mapRoles": "- " + STAFF}), None,
         {"role/staff": "renamed, more", f"everyone else in account {A1}": "same"}),
        # of several spellings of a user, any one can win
        (users(role(f"{USER}/jane", "a", "g", key="userarn"),
               role(f"{USER}/Jane", "a", key="userarn")),
         users(role(f"{USER}/jane", "a", "g", key="userarn")), None, {"user/jane": "more"}),
        (users(role(f"{USER}/jane", "a", "g", key="userarn"),
               role(f"{USER}/Jane", "a", key="userarn")),
         users(role(f"{USER}/Jane", "a", key="userarn")), None, {"user/jane": "fewer"}),
        (users(role(f"{USER}/jane", "a", key="userarn"), role(f"{USER}/Jane", "b", key="userarn")),
         users(role(f"{USER}/Jane", "b", key="userarn"), role(f"{USER}/jane", "a", key="userarn")),
         None, {"user/jane": "same"}),
        (users(role(f"{USER}/jane", "a", key="userarn"),
               role(f"{USER}/Jane", "{{EC2PrivateDNSName}}", key="userarn")),
         users(role(f"{USER}/jane", "a", key="userarn")), None, {"user/jane": "renamed, gained"}),
        # bindings
        (roles(STAFF), roles(role(f"{ROLE}/staff", "new", "g")), bound(view="User staff"),
         {"role/staff": "renamed, fewer"}),
        (roles(STAFF), roles(role(f"{ROLE}/staff", "s{{SessionName}}", "g")),
         bound(view="User staff"), {"role/staff": "renamed, more, fewer"}),
        (roles(STAFF), roles(role(f"{ROLE}/staff", "d:{{SessionName}}", "g")),
         bound(view="User d:alice"), {"role/staff": "renamed, more"}),
        (roles(STAFF), roles(role(f"{ROLE}/staff", "", "g")), bound(), {"role/staff": "renamed"}),
        (roles(STAFF), roles(role(f"{ROLE}/staff", "system:kube-scheduler", "g")), None,
         {"role/staff": "renamed, more"}),
        (roles(STAFF), roles(role(f"{ROLE}/staff", "system:serviceaccount:ci:deploy", "g")),
         bound(), {"role/staff": "renamed, more"}),
        # the node authorizer goes by the name
        (roles(role(f"{ROLE}/n", "system:node:{{EC2PrivateDNSName}}", "system:nodes")),
         roles(role(f"{ROLE}/n", "n:{{EC2PrivateDNSName}}", "system:nodes")), bound(),
         {"role/n": "renamed, fewer"}),
        (roles(role(f"{ROLE}/n", "system:node:{{EC2PrivateDNSName}}", "system:nodes")),
         roles(role(f"{ROLE}/n", "system:node:x", "system:nodes")), bound(),
         {"role/n": "renamed, gained, fewer"}),
    ],
)  # fmt: skip
def test_effects(
    before: AuthMap, after: AuthMap, bindings: Bindings | None, effects: dict[str, str]
) -> None:
    found = authmap.compare(before, after, bindings=bindings)
    assert {each.principal.title: str(each.effects) for each in found.principals} == effects
    reverse = compare(after, before, bindings=bindings)
    swapped = {Effect.GAINED: Effect.LOST, Effect.MORE: Effect.FEWER}
    for one, other in zip(
        sorted(found.principals, key=repr), sorted(reverse.principals, key=repr), strict=True
    ):
        if one.principal.title == other.principal.title:
            for gain, loss in swapped.items():
                assert (gain in one.effects) == (loss in other.effects)


def test_evidence() -> None:
    after = roles(role(f"{ROLE}/staff", "alice", "g", "dev"))
    found = compare(roles(STAFF), after, bindings=bound(view="Group dev", edit="User alice"))
    (change,) = found.changes
    titles = {item: [each.title for each in found.evidence(item)] for item in change.gained}
    assert titles == {
        Access(Kind.GROUP, "dev"): ["ClusterRoleBinding bind-view"],
        Access(Kind.USER, "alice"): ["ClusterRoleBinding bind-edit"],
    }
    assert [grant.entry and grant.entry.line for grant in (*change.before, *change.after)] == [1, 1]


@pytest.mark.parametrize(
    ("entry", "bindings", "expected"),
    [
        (role(f"{ROLE}/a", "a", "system:masters"), None, True),
        (role(f"{ROLE}/a", "a", "system:{{SessionName}}"), None, True),
        (role(f"{ROLE}/a", "{{EC2PrivateDNSName}}", "system:{{SessionName}}"), None, False),
        (role(f"{ROLE}/a", "{{EC2PrivateDNSName}}", "{{SessionName}}"),
         bound(cluster_admin="Group i-0123456789abcdef0"), True),
        (role(f"{ROLE}/a", "a", "g"), bound(cluster_admin="Group g"), True),
        (role(f"{ROLE}/a", "a", "g"), bound(cluster_admin="User a"), True),
        (role(f"{ROLE}/a", "a", "g"), bound(cluster_admin="Group system:authenticated"), True),
        (role(f"{ROLE}/a", "a", "g"), bound(view="Group g"), False),
        (role(f"{ROLE}/a", "a", "g"), None, False),
    ],
)  # fmt: skip
def test_cluster_admin(entry: str, bindings: Bindings | None, expected: bool) -> None:
    found = compare(NOBODY, roles(entry), bindings=bindings)
    assert bool(found.admins_gained) is expected
    assert bool(compare(roles(entry), NOBODY, bindings=bindings).admins_lost) is expected


def test_only_maps_are_compared() -> None:
    with pytest.raises(TypeError, match=r"not bytes; `load` reads the maps"):
        compare(b"", NOBODY)  # type: ignore[arg-type]


# against the real authenticator

SESSIONS = ["alice@example.com", "alice-example.com", "i-0123456789abcdef0", "masters", "staff"]
NAMED = ["staff", "nodes", "ix", "k", "AWSServiceRoleForBatch", "stranger"]
CALLERS = [
    {"arn": arn, "accessKeyId": "AKIAEXAMPLE", "privateDNSName": "ip-10-0-0-1.ec2.internal"}
    for arn in (
        *(f"arn:aws:sts::{A1}:assumed-role/{n}/{s}" for n in NAMED for s in SESSIONS),
        *(f"arn:aws:sts::{A2}:assumed-role/staff/{s}" for s in SESSIONS),
        *(f"arn:aws-cn:sts::{A1}:assumed-role/staff/{s}" for s in SESSIONS),
        *(f"{USER}/{name}" for name in ("alice", "ALICE", "div/bob", "stranger")),
        f"arn:aws:iam::{A1}:root",
        f"arn:aws:sts::{A1}:federated-user/fed",
        f"arn:aws:iam::{A2}:user/stranger",
        f"arn:aws:iam::{A2}:root",
        "arn:aws:iam::333333333333:user/stranger",
    )
]
"""Callers as STS reports them, of principals that the random maps name, and strangers."""

Outcome = tuple[str, frozenset[str]] | None

USUAL = 300
NUMBER = asked("AUTHMAP_ACCESS", USUAL)
EXAMPLES = settings(
    max_examples=NUMBER,
    derandomize=NUMBER <= USUAL,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def outcomes(real: oracle.Oracle, data: dict[str, str]) -> list[frozenset[Outcome]]:
    """For each caller, what the authenticator may make of it."""
    return [
        frozenset(_outcome(each) for each in login["candidates"] or [login])
        for login in real.ask(data, CALLERS)["callers"]
    ]


def _outcome(login: Any) -> Outcome:
    if login["error"] or not login["mapped"]:
        return None
    return login["username"], frozenset(login["groups"])


SUBJECTS = st.sampled_from(
    [("User", name) for name in (*NAMES, f"role:{A1}:staff:masters", "dev:alice") if name]
    + [("Group", name) for name in (*GROUPS, "1", "yes") if name]
)


@st.composite
def bindings(draw: st.DrawFn) -> Bindings | None:
    """Bindings, or none that are known."""
    subjects = draw(st.none() | st.lists(SUBJECTS, max_size=4))
    if subjects is None:
        return None
    return Bindings(
        [
            binding_of(
                "ClusterRoleBinding",
                {
                    "metadata": {"name": f"b{number}"},
                    "roleRef": {"kind": "ClusterRole", "name": "view"},
                    "subjects": [{"kind": kind, "name": name}],
                },
                "rbac",
            )
            for number, (kind, name) in enumerate(subjects)
        ]
    )


TEMPLATES = ["default", *PRESETS, "{username}{{AccountID}}:{{SessionName}}", "all:{{SessionName}}"]


@pytest.mark.long
@EXAMPLES
@given(maps.data(), bindings(), st.sampled_from(TEMPLATES))
def test_safe_fixes_change_nobody_s_access(
    real: oracle.Oracle, data: dict[str, str], known: Bindings | None, template: str
) -> None:
    """They rename, where a finding says so; nobody gains, loses, or shares a name."""
    options = RunOptions(bindings=known, username_template=PRESETS.get(template, template))
    result = authmap.fix_data(data, options=options)
    before, after = AuthMap.from_data(data), AuthMap.from_data(result.output)
    renamed = {
        place(finding.entry) for finding in result.applied if finding.renames and finding.entry
    }
    asked_of = outcomes(real, data), outcomes(real, result.output)
    for caller, was, becomes in zip(CALLERS, *asked_of, strict=True):
        if was != becomes:
            assert {one and one[1] for one in was} == {one and one[1] for one in becomes}, caller
            entries = before.index.matches(canonicalize(caller["arn"]))
            assert renamed & {place(entry) for entry in entries}, caller
    shared_names_were_shared(before, after)
    told = authmap.lint_data(data, options=options).findings
    old, new = (
        {(f.code, place(f.entry)) for f in findings if f.entry}
        for findings in (told, result.remaining)
    )
    assert not new - old


def place(entry: Entry) -> tuple[str, int]:
    return entry.section.name, entry.index


def shared_names_were_shared(before: AuthMap, after: AuthMap) -> None:
    """Assert that entries whose usernames can be equal could have equal ones before."""
    old = {place(entry): entry for entry in before.entries}
    active = [entry for entry in (*after.roles, *after.users) if entry.username]
    for one, other in combinations(active, 2):
        if resolve.key(one) != resolve.key(other) and _overlap(one, other):
            assert _overlap(old[place(one)], old[place(other)]), (one, other)


def _overlap(one: Entry, other: Entry) -> bool:
    patterns = (
        username_overlap.pattern(e.username, e.account_id, sessions=e.has_session_name)
        for e in (one, other)
    )
    return username_overlap.overlap(*patterns)


@pytest.mark.long
@EXAMPLES
@given(maps.data(), maps.data(), st.sets(st.sampled_from(["mapRoles", "mapUsers", "mapAccounts"])))
def test_same_is_what_the_authenticator_does(
    real: oracle.Oracle, one: dict[str, str], two: dict[str, str], kept: set[str]
) -> None:
    """A principal is the same if and only if the authenticator treats its callers so."""
    two = two | {name: text for name, text in one.items() if name in kept}
    found = compare(AuthMap.from_data(one), AuthMap.from_data(two))
    named = {
        resolve.fold(each.principal.arn): each for each in found.principals if each.principal.arn
    }
    accounts = {each.principal.account: each for each in found.principals if not each.principal.arn}
    differs: set[str] = set()
    asked_of = outcomes(real, one), outcomes(real, two)
    for caller, was, becomes in zip(CALLERS, *asked_of, strict=True):
        change = named.get(resolve.fold(canonicalize(caller["arn"])))
        change = change or accounts.get(caller["arn"].split(":")[4])
        if was != becomes:
            assert change, caller
            assert change.effects, (caller, was, becomes)
            differs.add(change.principal.title + change.principal.arn)
    for change in (*named.values(), *accounts.values()):
        has_callers = any(_is_caller(each["arn"], change.principal.arn) for each in CALLERS)
        if change.effects and has_callers:
            assert change.principal.title + change.principal.arn in differs, change


def _is_caller(arn: str, of: str) -> bool:
    return resolve.fold(canonicalize(arn)) == resolve.fold(of)
