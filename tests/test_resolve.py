"""`resolve`: who a caller is to the cluster, and why; as a library and as a command."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import maps
import pytest
import words
from command import authmap
from hypothesis import HealthCheck, given, settings

from authmap import ArnError, AuthMap, LoginError, load
from authmap.authenticator.resolve import caller, fold
from authmap.explain.caller import CallerError, explain_caller
from authmap.explain.reasons import ReasonKind, rendered, why_inactive
from authmap.model.bindings import Bindings
from authmap.render import identity

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Mapping
    from pathlib import Path

    from authmap.explain.caller import Aside, Explanation

STS = "arn:aws:sts::111111111111:assumed-role"
IAM = "arn:aws:iam::111111111111"

FOUNDING = """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: aws-auth
  namespace: kube-system
data:
  mapRoles: |
    - rolearn: arn:aws:iam::111111111111:role/staff
      username: role:{{AccountID}}:staff:{{SessionName}}
      groups: [system:masters]
"""

MAP = {
    "mapRoles": """\
- rolearn: arn:aws:iam::111111111111:role/Staff
  username: staff
- rolearn: arn:aws:iam::111111111111:role/staff
  username: role:{{AccountID}}:staff:{{SessionName}}
  groups: ["{{SessionNameRaw}}", system:masters]
- rolearn: arn:aws:iam::111111111111:role/ci/deployer
- rolearn: arn:aws:iam::111111111111:role/AWSReservedSSO_Admin_*
- rolearn: arn:aws:iam::111111111111:role/nodes
  username: system:node:{{EC2PrivateDNSName}}
- rolearn: arn:aws:iam::111111111111:user/both
  username: by-roles
- rolearn: arn:aws:iam::111111111111:role/keys
  username: "{{AccessKeyID}}"
- sso: {permissionSetName: View, accountID: "111111111111"}
""",
    "mapUsers": """\
- userarn: arn:aws:iam::111111111111:user/Jane
  username: node-{{EC2PrivateDNSName}}
- userarn: arn:aws:iam::111111111111:user/jane
  username: jane
  groups: [admins]
- userarn: arn:aws:iam::111111111111:user/both
  username: by-users
- userarn: arn:aws:iam::111111111111:user/both
  username: by-users, and again
- userarn: arn:aws:iam::111111111111:user/div/bob
  username: bob
""",
    "mapAccounts": '- "999999999999"\n- 222222222222\n',
}


def ask(arn: str, data: Mapping[str, str] = MAP, **known: Any) -> Explanation:
    return explain_caller(AuthMap.from_data(data), arn, **known)


def spots(asides: list[Aside]) -> list[tuple[str, int]]:
    return [(aside.spot.section, aside.spot.number) for aside in asides]


def chosen(found: Explanation) -> tuple[str, int, int, str | None, list[str]]:
    assert found.chosen
    spot, username, groups, _ = found.chosen
    return spot.section, spot.number, spot.line, username, groups


def test_founding_example() -> None:
    found = AuthMap.from_data(
        {
            "mapRoles": "- rolearn: arn:aws:iam::111111111111:role/staff\n"
            "  username: role:{{AccountID}}:staff:{{SessionName}}\n"
            "  groups: [system:masters]\n"
        }
    ).resolve(f"{STS}/staff/botocore-session-1560000000")
    assert found
    assert found.username == "role:111111111111:staff:botocore-session-1560000000"
    assert found.groups == ["system:masters"]


def test_last_entry_holds_and_shadows_the_others() -> None:
    found = ask(f"{STS}/staff/alice@example.com")
    assert chosen(found) == (
        "mapRoles", 1, 3,
        "role:111111111111:staff:alice-example.com", ["alice@example.com", "system:masters"],
    )  # fmt: skip
    assert [(a.spot.number, a.spot.line, a.reason) for a in found.shadowed] == [
        (0, 1, "overridden by line 3: the last one wins")
    ]
    assert found.mapped
    assert found.reason is None


def test_roles_are_asked_before_users_and_accounts() -> None:
    data = MAP | {"mapAccounts": "- 111111111111\n"}
    found = ask(f"{IAM}:user/both", data)
    assert chosen(found) == ("mapRoles", 5, 10, "by-roles", [])
    assert spots(found.shadowed) == [("mapUsers", 2), ("mapUsers", 3), ("mapAccounts", 0)]


def test_account_gives_the_arn_and_no_groups() -> None:
    found = ask("arn:aws:sts::222222222222:assumed-role/Any/alice")
    assert chosen(found) == ("mapAccounts", 1, 2, "arn:aws:iam::222222222222:role/Any", [])
    assert any("sessions" in note for note in found.notes)


def test_role_path_is_left_out_as_sts_leaves_it_out() -> None:
    found = ask(f"{IAM}:role/team/staff", session_name="bob")
    assert found.chosen
    assert found.chosen.username == "role:111111111111:staff:bob"
    assert any(f"{STS}/staff/SESSION" in note for note in found.notes)


@pytest.mark.parametrize(
    ("arn", "number", "why"),
    [
        (f"{STS}/deployer/x", 2, "path"),
        (f"{STS}/AWSReservedSSO_Admin_0123456789abcdef/x", 3, "wildcard"),
        (f"{STS}/AWSReservedSSO_View_0123456789abcdef/x", 7, "SSORoleMatch"),
    ],
)
def test_entry_that_means_a_caller_and_never_matches_is_the_reason(
    arn: str, number: int, why: str
) -> None:
    found = ask(arn)
    assert not found.mapped
    assert spots(found.near) == [("mapRoles", number)]
    assert why in found.near[0].reason
    assert f"the entry on line {found.near[0].spot.line} is for it" in (found.reason or "")


@pytest.mark.parametrize(
    ("item", "why"),
    [
        (f"role: {IAM}:role/x", "`role` is ignored"),
        (f"rolearn: [{IAM}:role/x]", "its rolearn is not text"),
        (f"{IAM}:role/x", "it is not a mapping"),
        (f"{{rolearn: {IAM}:role/x, sso: {{}}}}", "both rolearn and sso"),
        (f"rolearn: ' {IAM}:role/x'", "begins with a space"),
        (f"role: {IAM}:role/path/x", "`role` is ignored"),
    ],
)
def test_entry_that_holds_the_arn_where_it_is_not_read_is_near(item: str, why: str) -> None:
    found = ask(f"{STS}/x/alice", {"mapRoles": f"- {item}\n- role: {IAM}:role/y\n"})
    assert spots(found.near) == [("mapRoles", 0)]
    assert why in found.near[0].reason
    assert "the entry on line 1 is for it" in (found.reason or "")


def test_where_whole_entries_stand_unread_is_told() -> None:
    hidden = f"- rolearn: {IAM}:role/x\n"
    [found] = load(f"data:\n  maproles: |\n    {hidden}".encode())
    assert any(
        "ignores `maproles`" in note for note in explain_caller(found, f"{IAM}:role/x").notes
    )
    notes = ask(f"{IAM}:role/x", {"mapRoles": f"[]\n---\n{hidden}"}).notes
    assert any("after `---`" in note for note in notes)
    assert not any("behind" in note for note in ask(f"{IAM}:role/x", {"mapRoles": hidden}).notes)


@pytest.mark.parametrize(
    ("arn", "spot", "why"),
    [
        ("arn:aws:iam::333333333333:role/staff", ("mapRoles", 1), "is for account 111111111111"),
        ("arn:aws-cn:iam::111111111111:role/staff", ("mapRoles", 1), "is for the partition aws"),
        (f"{IAM}:user/staff", ("mapRoles", 1), "is for the role with that name"),
        (f"{IAM}:user/bob", ("mapUsers", 4), "has the path `/div/`"),
        (f"{IAM}:role/stafff", ("mapRoles", 1), "is spelled differently"),
    ],
)
def test_what_looks_alike_is_told_apart(arn: str, spot: tuple[str, int], why: str) -> None:
    found = ask(arn)
    assert not found.mapped
    assert spot in spots(found.near)
    assert why in found.near[spots(found.near).index(spot)].reason


def test_nothing_alike() -> None:
    found = ask(f"{IAM}:user/zzzzzzzz")
    assert found.near == []
    assert found.chosen is None


def test_session_of_no_instance_fails_the_login() -> None:
    found = ask(f"{STS}/nodes/alice")
    assert not found.mapped
    assert found.chosen
    assert found.chosen.spot.number == 4
    assert "`alice`" in (found.reason or "")
    lets_in = ask(f"{STS}/nodes/i-0123456789abcdef0", private_dns_name="ip-10-0-0-1.ec2.internal")
    assert chosen(lets_in)[3] == "system:node:ip-10-0-0-1.ec2.internal"


def test_spellings_of_one_user_are_candidates() -> None:
    found = ask(f"{IAM}:user/JANE")
    assert found.mapped
    assert [(c.spot.number, c.username, c.groups) for c in found.candidates] == [
        (0, None, []),
        (1, "jane", ["admins"]),
    ]
    assert "there is no session" in (found.candidates[0].reason or "")
    assert identity.document(found)["username"] == "jane"


def test_what_is_not_known_stays_and_is_told() -> None:
    assert ask(f"{IAM}:role/staff").unknown == ["{{SessionName}}", "{{SessionNameRaw}}"]
    assert ask(f"{STS}/keys/a").unknown == ["{{AccessKeyID}}"]
    known = ask(f"{STS}/keys/a", access_key_id="AKIAEXAMPLE")
    assert known.unknown == []
    assert ask(f"{STS}/nodes/i-01234567").unknown == ["{{EC2PrivateDNSName}}"]
    named = ask(f"{IAM}:role/nodes", private_dns_name="ip-10-0-0-1")
    assert (chosen(named)[3], named.unknown) == ("system:node:ip-10-0-0-1", [])
    assert chosen(known)[3] == "AKIAEXAMPLE"


def test_account_fills_the_gap_in_an_arn_and_contradicts_none() -> None:
    assert ask("arn:aws:iam:::user/both", account_id="111111111111").mapped
    with pytest.raises(CallerError, match="is not in account 222222222222"):
        ask(f"{IAM}:user/both", account_id="222222222222")


def test_lost_section_is_a_reason() -> None:
    found = ask(f"{STS}/x/y", {"mapRoles": "- rolearn: [\n", "mapAccounts": ""})
    assert [each.what for each in found.unreadable_sections] == ["mapRoles"]
    assert "mapRoles is ignored entirely" in (found.reason or "")


@pytest.mark.parametrize(
    ("arn", "known", "why"),
    [
        ("staff", {}, "is a name"),
        ("", {}, "is empty"),
        (f"{STS}/staff/", {}, "not a session name"),
        (f"{IAM}:role/x", {"session_name": ""}, "not a session name"),
        (f"{IAM}:role/*", {}, "wildcard"),
        ("arn:aws:iam::11111111111:role/x", {}, "11 digits"),
        (f"{STS}/staff", {}, "lacks a role or a session"),
        (f"{STS}/team/staff/x", {}, "assumed-role/ROLE/SESSION"),
        (f"{IAM}:instance-profile/x", {}, "instance profile"),
        (f"{STS}/staff/x", {"session_name": "y"}, "cannot take a session name"),
        (f"{IAM}:user/x", {"session_name": "y"}, "cannot take a session name"),
        (f"{IAM}:role/x", {"session_name": "a b"}, "not a session name"),
    ],
)
def test_caller_who_cannot_be(arn: str, known: dict[str, str], why: str) -> None:
    with pytest.raises(CallerError, match=why):
        ask(arn, MAP, **known)


def test_letter_that_only_counts_as_one_of_iam_lets_in_all_the_same() -> None:
    """The Kelvin sign is a k where case does not matter."""
    data = {"mapRoles": f"- rolearn: {IAM}:role/\u212a\n"}
    assert ask(f"{IAM}:role/k", data).mapped
    assert [why_inactive(entry) for entry in AuthMap.from_data(data).entries] == [None]


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(maps.data())
def test_reasons_agree_with_what_resolve_does(data: dict[str, str]) -> None:
    """An entry that is not dead lets its caller in; a dead one lets nobody in."""
    found = AuthMap.from_data(data)
    dead = {id(entry): why.kind for entry in found.entries if (why := why_inactive(entry))}
    for entry in found.entries:
        if id(entry) not in dead:
            arn = fold(entry.arn)
            session = "i-0123456789abcdef0" if ":role/" in arn else None
            who = caller(arn, session_name=session)
            assert any(each is entry for each in found.index.matches(who.arn))
            rendered(entry, who)
    for arn in words.CALLERS:
        if "/path/" not in arn:  # STS reports no such session
            _same_answer(found, arn, dead)


def _same_answer(found: AuthMap, arn: str, dead: dict[int, ReasonKind]) -> None:
    said = explain_caller(found, arn) if arn.isascii() else None
    try:
        real = found.resolve(arn)
    except (ArnError, LoginError):
        assert said is None or said.candidates or not said.mapped
        return
    if real and real.entry:
        assert id(real.entry) not in dead
        # at random it may also be one by which the login fails
        assert {dead.get(id(each), "instance") for each in real.others} <= {"instance"}
    if said and not said.candidates:
        assert said.mapped == (real is not None)
        if real and said.chosen:
            assert (said.chosen.username, said.chosen.groups) == (real.username, real.groups)


# the command


def run(*arguments: str | Path, at: Path, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return authmap(*arguments, cwd=at, stdin=stdin.encode())


def test_command_answers_in_words(tmp_path: Path) -> None:
    (tmp_path / "aws-auth.yaml").write_text(FOUNDING)
    arn = f"{STS}/staff/botocore-session-1560000000"
    result = run("resolve", arn, "aws-auth.yaml", at=tmp_path)
    assert result.stdout == (
        f"{arn} is mapped by mapRoles[0], aws-auth.yaml:8\n"
        "  username  role:111111111111:staff:botocore-session-1560000000\n"
        "  groups    system:masters\n"
        f"note: the authenticator looks up {IAM}:role/staff\n"
    )
    assert (result.returncode, result.stderr) == (0, "")


def test_command_answers_in_json(tmp_path: Path) -> None:
    arguments = ("resolve", f"{IAM}:role/staff", "-", "--session-name", "alice", "-f", "json")
    result = run(*arguments, at=tmp_path, stdin=FOUNDING)
    assert result.returncode == 0
    document: dict[str, Any] = json.loads(result.stdout)
    assert document == {
        "version": 1,
        "path": "<stdin>",
        "arn": f"{IAM}:role/staff",
        "canonical_arn": f"{IAM}:role/staff",
        "mapped": True,
        "section": "mapRoles",
        "index": 0,
        "line": 8,
        "username": "role:111111111111:staff:alice",
        "groups": ["system:masters"],
        "bindings": None,
        "unchecked": None,
        "candidates": [],
        "shadowed": [],
        "near": [],
        "lost": [],
        "unknown": [],
        "reason": None,
        "notes": [],
    }


def test_that_bindings_are_not_known_is_said_where_none_could_be_listed() -> None:
    (auth_map,) = load(FOUNDING.encode())
    found = explain_caller(auth_map, f"{IAM}:role/staff", bindings=Bindings([], "may not"))
    assert identity.document(found)["unchecked"] == "may not"
    assert "  bound     none known\nnote: some bindings may be missing: may not\n" in (
        identity.render(found)
    )


def test_command_finds_the_one_map_below_and_says_which(tmp_path: Path) -> None:
    (tmp_path / "base").mkdir()
    (tmp_path / "base" / "cm.yaml").write_text(FOUNDING)
    (tmp_path / "base" / "broken.yaml").write_text('aws-auth: "')
    result = run("resolve", f"{IAM}:role/other", at=tmp_path)
    assert result.returncode == 1
    assert "is not mapped" in result.stdout
    assert "using the map in ./base/cm.yaml" in result.stderr
    assert "skipped: ./base/broken.yaml:1:11" in result.stderr


@pytest.mark.parametrize(
    ("content", "path", "why"),
    [
        (f"{FOUNDING}---\n{FOUNDING}", "cm.yaml", "cm.yaml:1, cm.yaml:12"),
        (f"{FOUNDING}---\n{FOUNDING}", ".", "./cm.yaml:1, ./cm.yaml:12"),
        ("kind: Deployment\nmetadata: {name: web}\n", "cm.yaml", "(Deployment web)"),
        ("kind: Deployment\n", ".", "no aws-auth map in this directory or below"),
        (FOUNDING + 'x: "', "cm.yaml", "cm.yaml:11:4: cannot be read"),
        (FOUNDING, "no.yaml", "does not exist"),
    ],
)
def test_command_wants_exactly_one_map(tmp_path: Path, content: str, path: str, why: str) -> None:
    (tmp_path / "cm.yaml").write_text(content)
    result = run("resolve", f"{IAM}:role/staff", path, at=tmp_path)
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.startswith("authmap: error: ")
    assert why in result.stderr


def test_command_refuses_what_is_no_caller(tmp_path: Path) -> None:
    (tmp_path / "cm.yaml").write_text(FOUNDING)
    result = run("resolve", "staff\x1b[31m", at=tmp_path)
    assert result.returncode == 2
    assert "\\x1b[31m" in result.stderr
    assert "\x1b" not in result.stderr


def test_what_is_printed_can_be_seen() -> None:
    roles = '- rolearn: arn:aws:iam::111111111111:role/staff\n  username: "a\\e[2J\\u202eb"\n'
    text = identity.render(ask(f"{IAM}:role/staff", {"mapRoles": roles}))
    assert "  username  a\\x1b[2J\\u202eb\n" in text
