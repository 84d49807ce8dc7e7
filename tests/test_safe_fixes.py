"""A fix is safe if its rule says so and the comparison of access finds nothing but its rename."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from authmap.api import fix, fix_data, lint, load, load_bindings
from authmap.fixing import judge, verify
from authmap.model.options import RunOptions
from authmap.rules.registry import checked_rules
from authmap.usernames.template import TemplateError, template

if TYPE_CHECKING:
    from collections.abc import Iterable

    from authmap.documents.reading import Reading
    from authmap.model.finding import Fix
    from authmap.syntax.change import Change

ROLE = "arn:aws:iam::111111111111:role"
NAME = "role:{{AccountID}}"
HEAD = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: aws-auth, namespace: kube-system}
data:
"""
RBAC = """\
kind: ClusterRoleBinding
metadata: {name: x}
roleRef: {kind: ClusterRole, name: view}
subjects: [{kind: Group, name: "1001"}, {kind: User, name: deploy}]
"""


def entry(name: str, username: str, groups: str = "[g]") -> str:
    return f"- rolearn: {ROLE}/{name}\n  username: {username}\n  groups: {groups}\n"


def usernames(text: bytes) -> list[str]:
    return [each.username for found in load(text) for each in found.entries]


def reasons(text: str, **options: object) -> dict[str, str]:
    """Why fixes are not applied, by the code of their finding; in a file as in a cluster."""
    settings = RunOptions(**options)  # type: ignore[arg-type]
    in_file = fix(text.encode(), options=settings)
    in_cluster = fix_data({"mapRoles": text}, options=settings)
    found = {finding.code: reason for finding, reason in in_file.held_back}
    assert found == {finding.code: reason for finding, reason in in_cluster.held_back}
    assert in_file.output.decode() == in_cluster.output["mapRoles"]
    return found


def test_quoted_group() -> None:
    text = entry("a", "a", "[1001, dev]")
    known = load_bindings(RBAC.encode())
    said = "put role/a into group `1001`"
    assert reasons(text)["AM002"] == f"it would {said}; --unsafe-fixes applies it"
    reason = reasons(text, bindings=known)["AM002"]
    assert f"{said}, which ClusterRoleBinding x binds;" in reason
    output = fix(text.encode()).output
    assert output == entry("a", f"{NAME}:a:{{{{SessionName}}}}", "[1001, dev]").encode()
    assert b'["1001", dev]' in fix(text.encode(), options=RunOptions(unsafe_fixes=True)).output


def test_quoted_username() -> None:
    assert "give role/a the username `42`" in reasons(entry("a", "42"))["AM002"]


def test_quoted_account() -> None:
    config = b"clusterID: c\nserver:\n  mapAccounts: [012345678901]\n"
    result = fix(config, options=RunOptions(select=("AM002",)))
    assert result.output == config
    ((_, reason),) = result.held_back
    assert "everyone else in account 012345678901 log in" in reason


@pytest.mark.parametrize(("count", "said"), [(7, "all 7 entries"), (1, "the only entry")])
def test_section_that_comes_into_effect(count: int, said: str) -> None:
    text = entry("a0", "{{AccountID}}") + "".join(entry(f"a{n}", "x") for n in range(1, count))
    assert f"it would bring {said} of mapRoles into effect" in reasons(text)["AM003"]


def test_renamed_section() -> None:
    text = HEAD + "  maproles: |\n    " + entry("a", "a").replace("\n", "\n    ").rstrip() + "\n"
    ((_, reason),) = fix(text.encode()).held_back
    assert "bring the only entry of mapRoles into effect" in reason


def test_userid_is_quoted_safely() -> None:
    text = f"- {{rolearn: {ROLE}/a, username: '{NAME}:a:{{{{SessionName}}}}', userid: 1}}\n"
    assert fix(text.encode()).output == text.replace("userid: 1", 'userid: "1"').encode()


@pytest.mark.parametrize("hidden", [False, True])
def test_wrong_claim_is_found_out(monkeypatch: pytest.MonkeyPatch, hidden: bool) -> None:
    """The fix at fault is not applied, and all others are; even if nothing shows which it is."""
    text = entry("a", "a", "[1001, dev]") + entry("b", "b") + entry("c", "c", "[yes, dev]")
    quotes = next(each for each in checked_rules() if each.rule.code == "AM002")
    original = quotes.check.__globals__["_quotes"]

    def wrong(layer: object, node: object, *, safe: bool) -> Fix | None:
        found: Fix | None = original(layer, node, safe=safe)
        return found and found._replace(safe=True)

    monkeypatch.setitem(quotes.check.__globals__, "_quotes", wrong)
    if hidden:
        monkeypatch.setattr(judge.Touched, "blamed", lambda *_: [])
    result = fix(text.encode())
    written = result.output.decode()
    assert usernames(result.output) == [f"{NAME}:{n}:{{{{SessionName}}}}" for n in "abc"]
    assert "[1001, dev]" in written
    assert "[yes, dev]" in written
    assert {f.code: f.fix.effect for f, _ in result.held_back if f.fix}.keys() == {"AM002"}
    said = [reason for _, reason in result.held_back]
    assert "role/a into group `1001`" in said[0]
    assert "role/c into group `yes`" in said[1]


def test_fixes_that_only_verify_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is applied in a round of its own; none is dropped with a wrong reason."""
    original = verify.only_intended_changes

    def at_most_two(before: Reading, after: Reading, changes: Iterable[Change]) -> bool:
        changes = list(changes)
        return len({id(c.node) for c in changes}) <= 2 and original(before, after, changes)

    monkeypatch.setattr(verify, "only_intended_changes", at_most_two)
    text = "".join(entry(name, name) for name in ("aa", "bb", "cc", "dd", "ee"))
    result = fix(text.encode())
    assert not result.held_back
    assert all("{{SessionName}}" in username for username in usernames(result.output))


def test_fix_that_would_cause_another_finding() -> None:
    text = entry("a", '"a:{{accesskeyid}}"')
    reason = reasons(text, select=("AM105", "AM109"))["AM105"]
    assert "the result would have another problem: AM109" in reason
    assert fix(text.encode(), options=RunOptions(select=("AM105",))).applied


# names that nobody shares

SSO = "AWSReservedSSO_Admin_0123456789abcde"


def test_permission_set_keeps_its_name() -> None:
    """The hash in a role's name changes when somebody creates the permission set again."""
    result = fix(entry(f"{SSO}f", "admin").encode())
    assert usernames(result.output) == [f"{NAME}:Admin:{{{{SessionName}}}}"]


def test_two_roles_of_one_permission_set() -> None:
    text = entry(f"{SSO}e", "a") + entry(f"{SSO}f", "b")
    names = [f"{NAME}:{SSO}{end}:{{{{SessionName}}}}" for end in "ef"]
    assert usernames(fix(text.encode()).output) == names
    elsewhere = text.replace("111111111111", "222222222222", 1)
    assert usernames(fix(elsewhere.encode()).output) == [f"{NAME}:Admin:{{{{SessionName}}}}"] * 2


def test_taken_name() -> None:
    taken = entry("other", "'role:111111111111:Admin:{{SessionName}}'")
    result = fix((taken + entry(f"{SSO}f", "a")).encode())
    assert usernames(result.output)[1] == f"{NAME}:{SSO}f:{{{{SessionName}}}}"


def test_no_free_name() -> None:
    text = entry("other", "role:111111111111:staff:{{SessionName}}") + entry("staff", "staff")
    said = f"role/other (mapRoles[0], line 1) could have the username `{NAME}:staff"
    assert said in reasons(text, select=("AM101",))["AM101"]
    assert usernames(fix(text.encode()).output)[1] == "staff"


def test_template_without_a_role() -> None:
    """The first entry gets the name; if they could share a name before, all get it."""
    options = RunOptions(username_template="team:{{AccountID}}:{{SessionName}}", select=("AM101",))
    name = options.username_template
    result = fix((entry("a", "a") + entry("b", "b")).encode(), options=options)
    assert usernames(result.output) == [name, "b"]
    result = fix((entry("a", "x") + entry("b", "x")).encode(), options=options)
    assert usernames(result.output) == [name, name]


def test_corrected_spelling_is_no_trap() -> None:
    """`dev:{{sessionname}}` is nobody else; corrected, it could become `dev:alice`."""
    text = entry("a", '"dev:{{sessionname}}"') + entry("b", "dev:alice")
    assert "role/b (mapRoles[1], line 4) could have" in reasons(text, select=("AM105",))["AM105"]
    assert usernames(fix(text.encode()).output)[0] == f"{NAME}:a:{{{{SessionName}}}}"


@pytest.mark.parametrize("prefix", ["system", "eks", "aws", "amazon", "iam"])
def test_reserved_prefixes(prefix: str) -> None:
    with pytest.raises(TemplateError, match=f"begins with `{prefix}:`"):
        template(f"{prefix}:{{role_name}}:{{{{SessionName}}}}")
    text = entry(prefix, "x")
    options: dict[str, object] = {"username_template": "{role_name}:{{SessionName}}"}
    assert f"would begin with `{prefix}:`" in reasons(text, select=("AM101",), **options)["AM101"]


# nodes and people

UNSAFE = RunOptions(unsafe_fixes=True)


@pytest.mark.parametrize("groups", ["[db-user, system:masters]", "[system:masters]", "[]"])
def test_people_under_a_node_s_name_do_not_become_nodes(groups: str) -> None:
    text = entry("ops", "system:node:{{SessionName}}", groups).encode()
    assert any(finding.code == "AM304" for finding in lint(text).findings)
    assert fix(text, options=UNSAFE).output == text


@pytest.mark.parametrize(
    ("username", "groups"),
    [
        ("<system:node:{{EC2PrivateDNSName}}>", "[<system:bootstrappers>, <system:nodes>]"),
        ("node:{{EC2PrivateDNSName}}", "['[system:nodes]']"),
        ("System:Node:x", "[g]"),
        ('"{{SessionName}}"', "['<system:nodes>']"),
    ],
)
def test_what_is_meant_for_nodes_gets_no_name_of_people(username: str, groups: str) -> None:
    result = fix(entry("nodes", username, groups).encode(), options=UNSAFE)
    assert not any("role:" in name for name in usernames(result.output))
    codes = {finding.code: reason for finding, reason in result.held_back}
    assert "looks like one for nodes" in codes[next(c for c in codes if c in ("AM101", "AM103"))]


def test_the_entry_that_wins_stays() -> None:
    """One role for EC2 and Fargate: no fix deletes or changes either entry."""
    nodes = "[system:bootstrappers, system:nodes]"
    text = entry("n", "system:node:{{EC2PrivateDNSName}}", nodes)
    text += entry("n", "system:node:{{SessionName}}", nodes.replace("]", ", system:node-proxier]"))
    assert fix(text.encode(), options=UNSAFE).output.decode() == text


def test_node_does_not_get_another_name() -> None:
    """Corrected, any caller could be any node."""
    text = entry("n", "system:node:{{SessionNam}}", "[system:nodes, dev]")
    codes = {finding.code: reason for finding, reason in fix(text.encode()).held_back}
    assert "make role/n the node `system:node:{{SessionName}}`" in codes["AM105"]
    assert fix(text.encode(), options=UNSAFE).output != text.encode()


def test_unsafe_fix_that_locks_somebody_out() -> None:
    text = f"- {{rolearn: {ROLE}/a, user: 'dev:{{{{EC2PrivateDNSName}}}}', groups: [g]}}\n"
    reason = reasons(text, unsafe_fixes=True, select=("AM004",))["AM004"]
    assert reason.endswith(" and lock out role/a except for EC2 instances")


def test_unsafe_fix_that_makes_people_nodes() -> None:
    text = f"- {{rolearn: {ROLE}/a, username: a, group: [system:nodes]}}\n"
    reason = reasons(text, unsafe_fixes=True, select=("AM004",))["AM004"]
    assert reason == "it would put role/a into group `system:nodes`"


def test_rename_by_name_is_made_although_nobody_is_bound() -> None:
    known = load_bindings(RBAC.encode())
    options = RunOptions(bindings=known, rename=("a",))
    result = fix(entry("a", "deploy").encode(), options=options)
    assert usernames(result.output) == [f"{NAME}:a:{{{{SessionName}}}}"]
