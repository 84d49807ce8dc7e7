"""`show`: the map as the authenticator holds it; as a library and as a command."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import maps
import pytest
from command import authmap
from hypothesis import HealthCheck, given, settings

from authmap import AuthMap, load
from authmap.explain.map_view import MapView, view
from authmap.linting.run import brief
from authmap.render import show

if TYPE_CHECKING:
    from pathlib import Path

IAM = "arn:aws:iam::111111111111"

MANIFEST = """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: aws-auth
  namespace: kube-system
data:
  mapRoles: |
    - rolearn: arn:aws:iam::111111111111:role/dev
      username: staff
      groups: [viewers]
    - rolearn: arn:aws:iam::111111111111:role/dev
      username: role:{{AccountID}}:staff:{{SessionName}}
      groups:
        - system:masters
        - viewers
    - rolearn: arn:aws:iam::111111111111:role/ops
      user: ops
  mapUsers: |
    - username: {{SessionName}}
  mapAccounts: |
    - 222222222222
    - "12"
"""

PLAIN = """\
aws-auth.yaml: 2 active mappings, 2 inactive
mapUsers is ignored entirely: the authenticator cannot read it (line 19: \
a placeholder is not quoted: put the whole value in quotes)

LINE  PRINCIPAL                           USERNAME                                  \
GROUPS                  AUDIT LOG
11    arn:aws:iam::111111111111:role/dev  role:{{AccountID}}:staff:{{SessionName}}  \
system:masters,viewers  each session: role:111111111111:staff:<session>
16    arn:aws:iam::111111111111:role/ops  <empty>                                   \
<none>                  everyone: <empty>

mapAccounts: callers from these accounts get their own ARN and no groups
LINE  ACCOUNT
21    222222222222

inactive: these entries match nobody
LINE  ENTRY           PRINCIPAL                           REASON
8     mapRoles[0]     arn:aws:iam::111111111111:role/dev  overridden by line 11: the last one wins
22    mapAccounts[1]  12                                  it is not an account ID of twelve digits

ignored: the authenticator does not read these
LINE  RULE   REASON
17    AM004  `user` is not a key of mapRoles: nothing reads it
"""


def seen(text: str, path: str = "aws-auth.yaml") -> MapView:
    return view(load(text.encode(), path=path)[0])


def of_roles(text: str) -> MapView:
    return view(AuthMap.from_data({"mapRoles": text}))


def test_plain_text() -> None:
    assert show.render(seen(MANIFEST)) == PLAIN


def test_document() -> None:
    assert show.document(seen(MANIFEST)) == {
        "version": 1,
        "path": "aws-auth.yaml",
        "mappings": [
            {
                "section": "mapRoles",
                "index": 1,
                "line": 11,
                "arn": f"{IAM}:role/dev",
                "username": "role:{{AccountID}}:staff:{{SessionName}}",
                "groups": ["system:masters", "viewers"],
                "audit": {
                    "scope": "each session",
                    "username": "role:111111111111:staff:<session>",
                },
                "random_with": [],
            },
            {
                "section": "mapRoles",
                "index": 2,
                "line": 16,
                "arn": f"{IAM}:role/ops",
                "username": "",
                "groups": [],
                "audit": {"scope": "everyone", "username": ""},
                "random_with": [],
            },
        ],
        "accounts": [{"section": "mapAccounts", "index": 0, "line": 21, "account": "222222222222"}],
        "dead": [
            {
                "section": "mapRoles",
                "index": 0,
                "line": 8,
                "arn": f"{IAM}:role/dev",
                "username": "staff",
                "groups": ["viewers"],
                "kind": "overridden",
                "reason": "overridden by line 11: the last one wins",
                "overridden_by": 11,
            },
            {
                "section": "mapAccounts",
                "index": 1,
                "line": 22,
                "arn": "12",
                "username": "",
                "groups": [],
                "kind": "account",
                "reason": "it is not an account ID of twelve digits",
                "overridden_by": None,
            },
        ],
        "lost": [
            {
                "section": "mapUsers",
                "line": 19,
                "reason": "a placeholder is not quoted: put the whole value in quotes",
            }
        ],
        "ignored": [
            {
                "rule": "AM004",
                "line": 17,
                "reason": "`user` is not a key of mapRoles: nothing reads it",
            }
        ],
        "notes": [],
    }


@pytest.mark.parametrize(
    ("written", "kind", "why"),
    [
        ("username: x", "dropped", "it has no rolearn"),
        (f"role: {IAM}:role/a", "dropped", "it has no rolearn: `role` is ignored"),
        ("rolearn: 123", "dropped", "its rolearn is not text"),
        ("rolearn:", "dropped", "its rolearn is empty"),
        ('rolearn: ""', "dropped", "its rolearn is empty"),
        (f"rolearn: {IAM}:role/a\n  sso: {{}}", "dropped", "both rolearn and sso"),
        ("sso: {permissionSetName: A, accountID: '111111111111'}", "sso", "SSORoleMatch"),
        ("sso: {permissionSetName: A, accountID: 111111111111}", "dropped", "a quoted string"),
        ("rolearn: arn:aws:iam::${ACCOUNT}:role/a", "template", "`${ACCOUNT}`"),
        (f"rolearn: {IAM}:role/a*", "wildcard", "`*` is not a wildcard"),
        ("rolearn: arn:aws:iam::1111:role/a", "malformed", "4 digits"),
        (f"rolearn: ' {IAM}:role/a'", "malformed", "begins with a space"),
        (f"rolearn: {IAM}:role/a/b", "path", f"write `{IAM}:role/b`"),
        (
            "rolearn: arn:aws:sts::111111111111:assumed-role/a/b",
            "session",
            f"write `{IAM}:role/a`",
        ),
        ("rolearn: arn:aws:sts::111111111111:assumed-role/a", "session", "role"),
        (
            f'rolearn: {IAM}:user/a\n  username: "{{{{EC2PrivateDNSName}}}}"',
            "instance",
            "every login fails",
        ),
    ],
)
def test_why_an_entry_is_dead(written: str, kind: str, why: str) -> None:
    found = of_roles(f"- {written}\n")
    assert found.live == []
    assert [dead.reason.kind for dead in found.dead] == [kind]
    assert why in found.dead[0].reason.text


def test_groups_that_are_empty_are_told_from_none() -> None:
    text = show.render(of_roles(f"- rolearn: {IAM}:role/a\n  groups: [a, 1]\n"))
    assert " a,<empty> " in text


def test_item_that_is_no_mapping() -> None:
    assert of_roles("- staff\n").dead[0].reason.text == "dropped: it is not a mapping"


def test_mapping_by_users_is_dead_where_roles_have_it() -> None:
    found = view(
        AuthMap.from_data(
            {
                "mapRoles": f"\n- rolearn: {IAM}:user/jane\n",
                "mapUsers": f"- userarn: {IAM}:user/JANE\n",
            }
        )
    )
    assert found.dead[0].reason == (
        "overridden",
        "overridden by line 2: mapRoles is checked first",
        2,
    )


@pytest.mark.parametrize(
    ("arn", "username", "audit"),
    [
        ("role/a", "staff", ("everyone", "staff")),
        ("role/a", "{{AccountID}}:staff", ("everyone", "111111111111:staff")),
        ("role/a", "a:{{SessionName}}", ("each session", "a:<session>")),
        ("role/a", "a:{{SessionNameRaw}}", ("each session", "a:<session>")),
        ("role/a", "{{EC2PrivateDNSName}}", ("each instance", "<private DNS name>")),
        ("role/a", "{{AccessKeyID}}", ("each access key", "<access key>")),
        ("role/a", "{{sessionname}}", ("everyone", "{{sessionname}}")),
        ("user/jane", "jane", ("this user", "jane")),
        ("user/jane", "jane:{{SessionName}}", ("this user", "jane:")),
        ("Role/a", "{{AccountID}}:{{SessionName}}", ("each session", "111111111111:<session>")),
    ],
)
def test_what_the_audit_log_tells(arn: str, username: str, audit: tuple[str, str]) -> None:
    found = of_roles(f'- rolearn: {IAM}:{arn}\n  username: "{username}"\n')
    assert [live.audit for live in found.live] == [audit]


def test_case_of_an_arn_does_not_matter() -> None:
    found = of_roles('- rolearn: ARN:AWS:iam::111111111111:ROLE/a\n  username: "{{AccountID}}"\n')
    assert [live.audit for live in found.live] == [("everyone", "111111111111")]


def test_section_that_is_lost_is_told_once() -> None:
    found = of_roles("rolearn: a\n")
    assert [each.what for each in found.unreadable_sections] == ["mapRoles"]
    assert found.ignored == []


@pytest.mark.parametrize("width", [None, 40, 250])
def test_what_is_printed_can_be_seen(width: int | None) -> None:
    hostile = '"a\\e[2J\\u202e\\nb"'
    text = show.render(
        of_roles(
            f"- rolearn: {IAM}:role/a\n  username: {hostile}\n  groups: [{hostile}]\n"
            f"- rolearn: {hostile}\n  {hostile}: x\n"
        ),
        width=width,
    )
    assert text.count("a\\x1b[2J\\u202e\\nb") == 5
    assert text.replace("\n", "").isprintable()


def test_spellings_of_one_user_are_told_to_be_random() -> None:
    users = f"- userarn: {IAM}:user/jane\n  username: a\n- userarn: {IAM}:user/Jane\n"
    found = view(AuthMap.from_data({"mapUsers": users}))
    assert [live.random_with for live in found.live] == [[3], [1]]
    assert "this user (or line 3, at random): a" in show.render(found)


def test_object_that_is_not_read_is_told() -> None:
    text = MANIFEST.replace("kube-system", "default")
    assert "reads only kube-system/aws-auth, but this is default/aws-auth" in show.render(
        seen(text)
    )
    assert seen(MANIFEST.replace("  namespace: kube-system\n", "")).notes == []


def test_documents_and_keys_that_are_not_read() -> None:
    roles = f"- rolearn: {IAM}:role/a\n---\n- rolearn: {IAM}:role/b\n"
    assert [(each.line, each.what) for each in of_roles(roles).ignored] == [(3, "AM012")]
    text = MANIFEST.replace("mapAccounts: |", "mapaccounts: |")
    assert (20, "AM007") in [(each.line, each.what) for each in seen(text).ignored]


@pytest.mark.parametrize("width", [40, 80, 120, 160, 250])
def test_no_width_of_a_terminal_breaks_a_value(width: int) -> None:
    text = show.render(seen(MANIFEST), width=width)
    lines = text.splitlines()
    for value in (f"{IAM}:role/dev", "role:{{AccountID}}:staff:{{SessionName}}"):
        assert any(value in line for line in lines)
    table = "LINE   PRINCIPAL" in text
    assert table == (width == 250)
    assert all(len(line) <= 250 for line in lines)


def test_colour_only_where_it_is_wanted() -> None:
    assert "\x1b[" in show.render(seen(MANIFEST), width=80, colour=True)
    assert "\x1b[" not in show.render(seen(MANIFEST), width=80)


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(maps.data())
def test_whatever_is_in_a_map_is_shown_so_that_it_can_be_seen(data: dict[str, str]) -> None:
    found = view(AuthMap.from_data(data, path="a\x1bb"))
    text = show.render(found)
    assert all(line.isprintable() for line in text.split("\n"))
    assert all(brief(live.arn) in text for live in found.live)
    assert all(brief(dead.arn) in text for dead in found.dead)
    json.loads(show.json(found))


# the command


def run(*arguments: str, at: Path, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return authmap(*arguments, cwd=at, stdin=stdin.encode())


def test_command(tmp_path: Path) -> None:
    (tmp_path / "aws-auth.yaml").write_text(MANIFEST)
    result = run("show", "aws-auth.yaml", at=tmp_path)
    assert (result.returncode, result.stdout, result.stderr) == (0, PLAIN, "")
    document: dict[str, Any] = json.loads(run("show", "-f", "json", at=tmp_path).stdout)
    assert document == show.document(seen(MANIFEST, "./aws-auth.yaml"))


def test_command_draws_a_table_on_a_terminal(tmp_path: Path) -> None:
    import pty

    (tmp_path / "aws-auth.yaml").write_text(MANIFEST)
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "authmap", "show", "aws-auth.yaml"],
        cwd=tmp_path, stdout=theirs, env=os.environ | {"COLUMNS": "250", "NO_COLOR": "1"},
    )  # fmt: skip
    os.close(theirs)
    output = b""
    try:
        while data := os.read(ours, 4096):
            output += data
    except OSError:  # the other end is closed
        pass
    os.close(ours)
    assert process.wait() == 0
    text = output.decode().replace("\r\n", "\n")
    assert text == show.render(seen(MANIFEST), width=250)


def test_command_tells_the_lists_of_one_document_apart(tmp_path: Path) -> None:
    lists = [
        "mapRoles:\n  - {rolearn: arn:aws:iam::111111111111:role/a}\n",
        "map_users:\n- {userarn: arn:aws:iam::111111111111:user/b}\n",
        "mapRoles: |\n    - {rolearn: arn:aws:iam::111111111111:role/c}\n",
    ]
    (tmp_path / "vals.yaml").write_text(f"a:\n  {lists[0]}{lists[1]}c:\n  {lists[2]}")
    done = run("show", "vals.yaml", at=tmp_path)
    assert done.stderr.endswith("need exactly one: vals.yaml:3, vals.yaml:5, vals.yaml:8\n")


def test_command_refuses_a_format_it_does_not_have(tmp_path: Path) -> None:
    result = run("show", "-", "-f", "yaml", at=tmp_path, stdin=MANIFEST)
    assert (result.returncode, result.stdout) == (2, "")
    assert "text, json" in result.stderr
