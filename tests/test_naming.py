"""Usernames that fixes write: templates, obstacles, misspelt placeholders, protected entries."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from authmap.api import fix, lint
from authmap.authenticator.foreign_template import templates
from authmap.authenticator.placeholder import (
    has_session,
    is_led_by_caller,
    misspelled_placeholders,
    near,
    with_placeholders_corrected,
)
from authmap.linting.engine import check
from authmap.model import reserved_entries
from authmap.model.auth_map import AuthMap
from authmap.model.options import RunOptions
from authmap.model.reserved_entries import ReservedEntry
from authmap.rules.registry import all_rules
from authmap.usernames.rename import rename
from authmap.usernames.template import PRESETS, TemplateError, render, template

if TYPE_CHECKING:
    from authmap.authenticator.entry import Entry
    from authmap.model.finding import Fix

ROLE = "arn:aws:iam::111111111111:role/team/staff"


def entry(
    username: str, *, arn: str = ROLE, groups: tuple[str, ...] = ("g",), name: str = "mapRoles"
) -> Entry:
    key = "rolearn" if name == "mapRoles" else "userarn"
    shown = username.replace("\\", "\\\\").replace('"', '\\"')
    text = f'- {key}: "{arn}"\n  username: "{shown}"\n  groups: [{", ".join(groups)}]\n'
    found = AuthMap.from_data({name: text}).entries
    assert found[0].username == username
    return found[0]


def renamed(old: Entry, options: RunOptions) -> Fix | None:
    """The fix that renames an entry of a map without others."""
    alone = AuthMap.from_data({old.section.name: old.section.text})
    return rename(alone, alone.entries[0], options)


def new_name(old: Entry, **options: object) -> str | None:
    found = renamed(old, RunOptions(**options))  # type: ignore[arg-type]
    return found.changes[0].value if found else None


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("default", "role:{{AccountID}}:staff:{{SessionName}}"),
        ("access-entry", "arn:aws:sts::{{AccountID}}:assumed-role/staff/{{SessionName}}"),
        ("append", "old:{{SessionName}}"),
        ("{account_id}/{role_name}/{username}/{{SessionNameRaw}}",
         "111111111111/staff/old/{{SessionNameRaw}}"),
        ("{role_name}{{SessionName}}", "staff{{SessionName}}"),
        ("p:{{AccountID}}{role_name}:{{SessionName}}", "p:{{AccountID}}staff:{{SessionName}}"),
    ],
)  # fmt: skip
def test_template(text: str, name: str) -> None:
    checked = template(text)
    assert render(entry("old"), checked) == name
    assert new_name(entry("old"), username_template=checked) == name


def test_template_of_another_partition() -> None:
    china = entry("old", arn="arn:aws-cn:iam::111111111111:role/staff")
    name = render(china, template("access-entry"))
    assert name == "arn:aws-cn:sts::{{AccountID}}:assumed-role/staff/{{SessionName}}"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no {{SessionName}}"),
        ("staff", "no {{SessionName}}"),
        ("{username}", "no {{SessionName}}"),
        ("{{SessionName}}", "begins with the session name"),
        ("{{SessionNameRaw}}:{role_name}", "begins with the session name"),
        ("{{AccessKeyID}}{{SessionName}}", "begins with the session name"),
        ("{role}:{{SessionName}}", "no field `{role}`"),
        ("{}:{{SessionName}}", "no field `{}`"),
        ("{SessionName}:x", "no field `{SessionName}`"),
        ("a:{{sessionname}}", "write {{SessionName}}"),
        ("a:<<SessionName>>", "write {{SessionName}}"),
        ("a:{{ SessionName }}", "write {{SessionName}}"),
        ("a:{{{role_name}}}:{{SessionName}}", "contains `{{role_name}}`"),
        ("a:{{UserName}}:{{SessionName}}", "use one of {{SessionName}}"),
        ("{role_name:{{SessionName}}", "a brace"),
        ("role_name}:{{SessionName}}", "a brace"),
        ("a:{{SessionName}}\n", "control characters"),
        (" a:{{SessionName}}", "a space"),
        ("a:\x7f{{SessionName}}", "control characters"),
        ("a:{{EC2PrivateDNSName}}:{{SessionName}}", "EC2 instance"),
        ("system:{role_name}:{{SessionName}}", "system:"),
    ],
)
def test_bad_template(text: str, said: str) -> None:
    with pytest.raises(TemplateError, match=r".*") as caught:
        template(text)
    assert said in str(caught.value)


def test_presets_are_good_templates() -> None:
    for name, text in PRESETS.items():
        assert template(name) == template(text) == text


@pytest.mark.parametrize(
    ("arn", "name"),
    [
        ("arn:aws:iam::111111111111:role/staff", "staff"),
        ("ARN:AWS:IAM::111111111111:ROLE/a/b/Staff", "Staff"),
        ("arn:aws:sts::111111111111:assumed-role/staff/jane", "staff"),
        ("arn:aws:iam::111111111111:user/a/jane", "jane"),
        ("arn:aws:iam::111111111111:root", "root"),
        ("staff", "staff"),
        ("arn:aws:iam", "arn:aws:iam"),
    ],
)
def test_role_name(arn: str, name: str) -> None:
    assert entry("x", arn=arn).role_name == name


@pytest.mark.parametrize(
    ("old", "held"),
    [
        (entry("staff"), None),
        (entry("staff", groups=()), "no groups"),
        (entry("staff", groups=("",)), "no groups"),
        (entry("${staff}"), "not rendered"),
        (entry("staff", arn="arn:aws:iam::${account}:role/staff"), "not rendered"),
        (entry("staff", arn="arn:aws:iam::1111:role/staff"), "no caller can have this ARN"),
        (entry("staff", arn="arn:aws:iam::111111111111:role/*"), "no caller can have this ARN"),
        (entry("staff", arn="staff"), "no caller can have this ARN"),
        (entry("emr-containers"), "EMR on EKS"),
    ],
)
def test_obstacles(old: Entry, held: str | None) -> None:
    found = renamed(old, RunOptions())
    assert found
    assert (found.held_back is None) if held is None else (held in (found.held_back or ""))


@pytest.mark.parametrize("named", ["staff", "old", ROLE])
def test_an_entry_without_groups_is_renamed_when_named(named: str) -> None:
    found = renamed(entry("old", groups=()), RunOptions(rename=(named,)))
    assert found
    assert found.held_back is None
    found = renamed(entry("old", groups=()), RunOptions(rename=("somebody",)))
    assert found
    assert found.held_back


@pytest.mark.parametrize(
    "old",
    [
        entry("", groups=("g",)),
        entry("jane", arn="arn:aws:iam::111111111111:user/jane"),
        entry("root", arn="arn:aws:iam::111111111111:root"),
        AuthMap.from_data({"mapRoles": f"- rolearn: {ROLE}"}).entries[0],
    ],
)
def test_what_has_no_name_or_no_session_is_not_renamed(old: Entry) -> None:
    assert renamed(old, RunOptions()) is None


def test_a_rename_that_lets_somebody_in_is_unsafe() -> None:
    for username, safe in (("a", True), ("a:{{EC2PrivateDNSName}}", False)):
        found = renamed(entry(username), RunOptions())
        assert found
        assert found.safe is safe


def test_an_unchecked_template_makes_no_traceback() -> None:
    for text in ("{nothing}:{{SessionName}}", "{", "", "{{SessionName}}", "append"):
        renamed(entry("staff"), RunOptions(username_template=text))
    assert new_name(entry("staff"), username_template="append") == "staff:{{SessionName}}"
    assert new_name(entry("{{SessionName}}"), username_template="append") is None


NAMES = st.lists(
    st.sampled_from(
        [
            *("staff", "a:", "-", "{{SessionName}}", "{{SessionNameRaw}}", "{{AccountID}}", "{{"),
            *("{{AccessKeyID}}", "{{EC2PrivateDNSName}}", "<<SessionName>>", "{{ AccountID }}"),
            *(
                "{{sessionname}}",
                "{{UserName}}",
                "${SessionName}",
                "${x}",
                "{username}",
                "}",
                "<x>",
            ),
            *("system:", "111111111111", "\u00e9", "'", '"', "\\", " ", "#", "aws-batch"),
        ]
    ),
    max_size=4,
).map("".join)
TEMPLATES = st.sampled_from(
    [*PRESETS, "{account_id}:{{SessionName}}", "x{{SessionNameRaw}}{username}"]
)
ARNS = st.sampled_from(
    [
        ROLE,
        "arn:aws:iam::111111111111:role/staff",
        "arn:aws:sts::111111111111:assumed-role/staff/x",
        "arn:aws:iam::1:role/{{SessionName}}",
        "arn:aws:iam::111111111111:user/jane",
        "${arn}",
        "x",
    ]
)


@given(NAMES, TEMPLATES, ARNS)
def test_a_new_name_names_the_session(username: str, text: str, arn: str) -> None:
    old = entry(username, arn=arn)
    found = renamed(old, RunOptions(username_template=template(text)))
    if found:
        name = found.changes[0].value
        assert has_session(name)
        assert not is_led_by_caller(name)
        assert name != username
        assert (
            text != "default"
            or "{{AccountID}}" in name
            or name == with_placeholders_corrected(username)
        )


def codes(text: str, **options: object) -> list[str]:
    return [f.rule.code for f in lint(text.encode(), options=RunOptions(**options)).findings]  # type: ignore[arg-type]


@given(NAMES, st.booleans(), TEMPLATES)
def test_what_fix_leaves_has_no_cause_to_fix(username: str, unsafe: bool, text: str) -> None:
    shown = username.replace("\\", "\\\\").replace('"', '\\"')
    source = f'- rolearn: {ROLE.replace("team/", "")}\n  username: "{shown}"\n  groups: [g]\n'
    options = RunOptions(
        select=("AM101", "AM102", "AM103", "AM104", "AM105", "AM108"),
        unsafe_fixes=unsafe,
        username_template=template(text),
    )
    result = fix(source.encode(), options=options)
    assert fix(result.output, options=options).output == result.output
    left = {f.rule.code for f in result.remaining}
    name = AuthMap.from_data({"mapRoles": result.output.decode()}).entries[0].username
    if result.held_back or not username or templates(username):
        return
    old = entry(username)
    if "{{EC2PrivateDNSName}}" not in with_placeholders_corrected(username) or text == "default":
        assert "AM101" not in left
        assert reserved_entries.owner(old) or has_session(name)
    if text == "default":
        assert not left & {"AM102", "AM103"}


@pytest.mark.parametrize(
    ("value", "meant"),
    [
        *((f"a:{wrong}:b", "a:{{SessionName}}:b") for wrong in (
            "<<SessionName>>", "<SessionName>", "{SessionName}", "${SessionName}", "$(SessionName)",
            "%{SessionName}", "{{ SessionName }}", "[[SessionName]]", "{{{SessionName}}}",
            "{{SessionName", "{{SessionName}", "{SessionName}}", "$SessionName", "%SessionName%",
            "{{.SessionName}}", "{{ .SessionName }}", "{{- SessionName -}}", "<%= SessionName %>",
            "{% SessionName %}", "${{SessionName}}", "{{sessionname}}", "{{session_name}}",
            "{{ session-name }}", "{{SessionID}}", "{{SesionName}}", "{{\u017fessionName}}",
        )),
        ("<<AccountID>>-<<SessionNameRaw>>", "{{AccountID}}-{{SessionNameRaw}}"),
        ("{{ AccountID }}{{ SessionName }}", "{{AccountID}}{{SessionName}}"),
        ("%{AccountID}%{SessionName}", "{{AccountID}}{{SessionName}}"),
        ("{{accesskeyid}}", "{{AccessKeyID}}"),
        ("system:node:{{ec2PrivateDnsName}}", "system:node:{{EC2PrivateDNSName}}"),
        # left alone
        *((same, same) for same in (
            "", "staff", "{{SessionName}}", "({{SessionName}})", "[{{SessionName}}]",
            "<{{AccountID}}>",
            "SessionName", "mySessionName}", "{{UserName}}", "{UserName}", "<USER>", "${user}",
            "{{ .Values.x }}", '{{ "{{SessionName}}" }}', "{{`{{SessionName}}`}}", "{{}}", "{{ }}",
            "[team SessionName]", "{{1a}}",
        )),
    ],
)  # fmt: skip
def test_healed(value: str, meant: str) -> None:
    assert with_placeholders_corrected(value) == meant
    assert not [slip for slip in misspelled_placeholders(meant) if slip.meant]


@given(NAMES)
def test_healing_ends(value: str) -> None:
    for _ in range(10):
        value = with_placeholders_corrected(value)
    assert with_placeholders_corrected(value) == value


@pytest.mark.parametrize(
    "value", ["<" * 40000, "{{" * 40000, "{{a" * 40000, "<<SessionName>>" * 9000]
)
def test_no_value_takes_long(value: str) -> None:
    assert len(misspelled_placeholders(value)) <= 20
    templates(value)
    with_placeholders_corrected(value)


@pytest.mark.parametrize("name", ["UserName", "user", "Role", "name", "", "x" * 1000])
def test_nothing_is_near(name: str) -> None:
    assert near(name) is None


@pytest.mark.parametrize(
    ("old", "owner"),
    [
        (entry("system:node:{{EC2PrivateDNSName}}"), "a node"),
        (entry("anything", groups=("system:nodes",)), "a node"),
        (entry("mwaa-service"), "Amazon MWAA"),
        (entry("x", arn="arn:aws:iam::111111111111:role/AWSServiceRoleForBatch"), "AWS Batch"),
        (entry("x", arn="arn:aws:iam::111111111111:role/awsserviceroleforbatch"), "AWS Batch"),
        (entry("x", arn="arn:aws:iam::111111111111:role/aws-service-role/batch.amazonaws.com/"
               "AWSServiceRoleForBatch"), "AWS Batch"),
        (entry("x", arn="arn:aws:iam::1:role/AWSServiceRoleForAmazonPrometheusScraper_1"),
         "Amazon Managed Service for Prometheus"),
        (entry("aws-batch"), None),
        (entry("staff"), None),
        (entry("deployer"), "our deployer"),
        (entry("x", arn="arn:aws:iam::111111111111:role/bot-7"), "our bots"),
    ],
)  # fmt: skip
def test_owner(old: Entry, owner: str | None) -> None:
    more = (
        ReservedEntry("our deployer", "", username="deployer"),
        ReservedEntry("our bots", "", role="Bot-*", username="bot"),
    )
    assert reserved_entries.owner(old, more) == owner
    if owner and owner.startswith("our"):
        assert reserved_entries.owner(old) is None


def test_every_row_has_a_source() -> None:
    for row in reserved_entries.SERVICES:
        assert row.source.startswith("https://docs.aws.amazon.com/")
        assert row.role or row.username


def test_no_fix_renames_a_service() -> None:
    """Whatever is selected, and however unsafe: the table's entries keep their names."""
    for row in reserved_entries.SERVICES:
        role = row.role.replace("*", "0a1b") or "anything"
        found = AuthMap.from_data(
            {"mapRoles": f"- rolearn: arn:aws:iam::111111111111:role/{role}\n"
                         f"  username: '{row.username}'\n  groups: [g]\n"}
        )  # fmt: skip
        options = RunOptions(select=tuple(all_rules()), unsafe_fixes=True)
        for finding in check([found], options):
            assert not finding.renames, finding.message


def one(username: str) -> str:
    arn = "arn:aws:iam::111111111111:role/staff"
    return f"- rolearn: {arn}\n  username: '{username}'\n  groups: [g]\n"


@pytest.mark.parametrize(
    ("username", "expected"),
    [
        ("staff", ["AM101", "AM102"]),
        ("staff:{{SessionName}}", ["AM102"]),
        ("staff:{{AccountID}}", ["AM101"]),
        ("{{SessionName}}", ["AM102", "AM103"]),
        ("{{ SessionName }}", ["AM101", "AM102", "AM104"]),
        ("a:{{AccountId}}:{{SessionName}}", ["AM102", "AM105"]),
        ("a:{{AccountID}}:<<SessionName>>", ["AM101", "AM104"]),
        ("a:{{AccountID}}:{{SessionName}}", []),
        ("a:{{AccountID}}:{{SessionName}}:{{Team}}", ["AM105"]),
        ("${team}:<<SessionName>>", []),
    ],
)
def test_each_cause_is_told_once(username: str, expected: list[str]) -> None:
    assert sorted(codes(one(username), ignore=("AM108",), select=("AM10",))) == expected


@pytest.mark.parametrize(
    ("username", "select", "result"),
    [
        ("a:<<SessionName>>", ("AM101",), "a:{{SessionName}}"),
        ("a:<<SessionName>>", ("AM104",), "a:{{SessionName}}"),
        ("a:<<SessionName>>", ("AM101", "AM104"), "a:{{SessionName}}"),
        (
            "a:<<SessionName>>",
            ("AM101", "AM102", "AM104"),
            "role:{{AccountID}}:staff:{{SessionName}}",
        ),
        ("<<SessionName>>", ("AM104",), "<<SessionName>>"),
        ("<<SessionName>>", ("AM101", "AM104"), "role:{{AccountID}}:staff:{{SessionName}}"),
        ("a:<<AccountID>>", ("AM102",), "role:{{AccountID}}:staff:{{SessionName}}"),
        ("a:<<AccountID>>", ("AM104",), "a:{{AccountID}}"),
        ("a:<<AccountID>>:{{SessionName}}", ("AM102",), "a:{{AccountID}}:{{SessionName}}"),
        ("a:{{SessionName}}", ("AM101",), "a:{{SessionName}}"),
        ("a:{{SessionName}}", ("AM101", "AM102"), "role:{{AccountID}}:staff:{{SessionName}}"),
        ("a:{{EC2PrivateDNSName}}", ("AM101",), "a:{{EC2PrivateDNSName}}"),
    ],
)
def test_which_fix_wins(username: str, select: tuple[str, ...], result: str) -> None:
    output = fix(one(username).encode(), options=RunOptions(select=select)).output
    assert output.decode() == one(result)


def test_append_does_not_add_an_account() -> None:
    options = RunOptions(select=("AM101", "AM102"), username_template=template("append"))
    result = fix(one("staff").encode(), options=options)
    assert result.output.decode() == one("staff:{{SessionName}}")
    (left,) = result.remaining
    assert left.rule.code == "AM102"
    assert left.fix is None
