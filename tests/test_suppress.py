"""Comments and the annotation: what they are about, what is no comment, and how they go again."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from styles import double, double_lines, folded, literal

from authmap.api import fix, fix_data, lint, lint_data
from authmap.documents.read import read
from authmap.documents.reading import Wanted
from authmap.model.content import Unreadable
from authmap.model.options import RunOptions
from authmap.model.planned_change import PlannedChange

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from authmap.linting.results import Report
    from authmap.model.finding import Finding

ROOT = Path(__file__).parent.parent
FIXTURES = sorted(p for p in (ROOT / "fixtures").rglob("*") if p.suffix in (".yaml", ".json"))
ARN = "arn:aws:iam::111111111111:role/"

ENTRIES = f"""\
- rolearn: {ARN}a
  username: role:{{{{AccountID}}}}:a:{{{{SessionName}}}}
  groups:
  - developers
- rolearn: {ARN}b
  username: role:{{{{AccountID}}}}:b
  groups:
  - system:masters
- rolearn: {ARN}c
  username: role:{{{{AccountID}}}}:c
  groups: [developers]
"""
NATIVE = "\n" + "".join(f"    {line}\n" for line in ENTRIES.splitlines())
HEAD = "kind: ConfigMap\nmetadata:\n  name: aws-auth\n  namespace: kube-system\ndata:\n"


def names(findings: Sequence[Finding]) -> list[tuple[str, str]]:
    return [(f.rule.code, f.entry.arn.removeprefix(ARN) if f.entry else "") for f in findings]


FOUND = [("AM101", "b"), ("AM301", "b"), ("AM101", "c")]
WAYS: dict[str, Callable[[str], str]] = {
    "bare": str,
    "literal": lambda text: f"{HEAD}  mapRoles: {literal(text)}",
    "native": lambda text: f"{HEAD}  mapRoles:\n" + literal(text).partition("\n")[2],
    "double": lambda text: f"{HEAD}  mapRoles: {double(text)}",
    "double, a line each": lambda text: f"{HEAD}  mapRoles: {double_lines(text)}",
    "folded": lambda text: f"{HEAD}  mapRoles: {folded(text)}",
}
ENDS = {"lf": "\n", "crlf": "\r\n"}


def written(way: str, text: str, end: str = "lf") -> bytes:
    return WAYS[way](text).replace("\n", ENDS[end]).encode()


def found(data: bytes) -> Report:
    """What the rules say that see the values, and those about comments."""
    return lint(data, options=RunOptions(select=("AM101", "AM301", "AM9")))


def with_comment(line: int, comment: str, *, own: bool) -> str:
    """The entries with a comment behind a line, or above it."""
    lines = ENTRIES.splitlines()
    if own:
        indent = " " * (len(lines[line]) - len(lines[line].lstrip(" ")))
        lines.insert(line, indent + comment)
    else:
        lines[line] += f" {comment}"
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("way", WAYS)
def test_no_comment(way: str) -> None:
    assert names(found(written(way, ENTRIES)).findings) == FOUND


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("own", [True, False], ids=["above", "behind"])
@pytest.mark.parametrize("line", range(4, 8))
def test_is_about_the_entry_on_any_line_of_which_it_stands(way: str, own: bool, line: int) -> None:
    text = with_comment(line, "# authmap: ignore[AM101] the old one", own=own)
    report = found(written(way, text))
    assert names(report.findings) == [("AM301", "b"), ("AM101", "c")]
    assert names(report.suppressed) == [("AM101", "b")]
    suppression = report.suppressed[0].suppression
    assert suppression
    assert (suppression.kind, suppression.reason) == ("comment", "the old one")


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("own", [True, False], ids=["above", "behind"])
@pytest.mark.parametrize("line", range(10))
def test_an_unused_one_is_taken_out_byte_for_byte(way: str, own: bool, line: int, end: str) -> None:
    text = with_comment(line, "# authmap: ignore[AM204,AM306] 'for' \"good\"", own=own)
    before = written(way, text, end)
    result = fix(before, options=RunOptions(select=("AM901",)))
    if way == "folded" and own:  # there empty lines around it can mean one line break or two
        assert result.output.split() == written(way, ENTRIES, end).split()
    else:
        assert result.output == written(way, ENTRIES, end)
    assert [finding.rule.code for finding in result.applied] == ["AM901"]


@pytest.mark.parametrize(
    ("comment", "left"),
    [
        ("# authmap: ignore[AM101,AM204]", "# authmap: ignore[AM101]"),
        ("# authmap: ignore[AM204, AM101, AM306] why", "# authmap: ignore[AM101] why"),
        ("# why # authmap: ignore[AM204]", "# why"),
        ("# why  #  authmap:  ignore[AM204]  and so # noqa", "# why # noqa"),
        ("# authmap: ignore[AM204] # authmap: ignore[AM101]", "# authmap: ignore[AM101]"),
        ("# authmap: ignore[AM204]   ", ""),
    ],
)
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("own", [True, False], ids=["above", "behind"])
def test_what_else_is_in_the_comment_stays(way: str, comment: str, left: str, own: bool) -> None:
    before = written(way, with_comment(5, comment, own=own))
    after = with_comment(5, left, own=own) if left else ENTRIES
    assert fix(before, options=RunOptions(select=("AM901",))).output == written(way, after)


def eligible(path: Path) -> bool:
    """Whether a comment in a file can be read, and be found to suppress nothing."""
    data = path.read_bytes()
    if path.suffix != ".yaml" or b"\r" in data or not data.isascii():
        return False
    contents = read(data, wanted=Wanted(named=True)).contents
    unfit = (Unreadable, PlannedChange)  # a plan is JSON, which has no comments
    readable = not any(isinstance(each, unfit) or each.partly_unread for each in contents)
    return bool(contents) and readable


@pytest.mark.parametrize(
    "path",
    [path for path in FIXTURES if eligible(path)],
    ids=lambda path: f"{path.parent.name}/{path.name}",
)
def test_an_unused_one_goes_from_any_line_of_any_file(path: Path) -> None:
    """Wherever a comment can be put, after a line or on one of its own."""
    data, options = path.read_bytes(), RunOptions(select=("AM901",))
    contents = read(data, wanted=Wanted(named=True)).contents
    locked = {content.locked for content in contents if content.locked}
    lines = data.decode().split("\n")
    before = fix(data, options=options, named=True).output
    recognised = 0
    for number, line in enumerate(lines[:24]):
        indent = " " * (len(line) - len(line.lstrip(" ")))
        comment = "# authmap: ignore[AM209]"
        put = [f"{line} {comment}"] if number % 2 else [indent + comment, line]
        changed = "\n".join([*lines[:number], *put, *lines[number + 1 :]]).encode()
        found = lint(changed, options=options, named=True).findings
        if not any("AM209" in finding.message for finding in found):
            continue  # what looks like a comment is text there
        recognised += 1
        result = fix(changed, options=options, named=True)
        if any("AM209" in finding.message for finding in result.remaining):
            reason = result.held_back[0][1]
            assert reason in locked or "folded into the comment" in reason
        else:
            assert result.output == before
    assert recognised


def within(text: str) -> Report:
    return found(f"{HEAD}{text}".encode())


class TestWhere:
    """Places other than an entry."""

    @pytest.mark.parametrize(
        "text",
        [
            f"  mapRoles: |  # authmap: ignore[AM101]\n{NATIVE[1:]}",
            f"  # authmap: ignore[AM101]\n  mapRoles: |\n{NATIVE[1:]}",
            f"  mapRoles: # authmap: ignore[AM101]{NATIVE}",
            f"  mapRoles: {double(ENTRIES)[:-1]} # authmap: ignore[AM101]\n",
        ],
    )
    def test_the_key_is_about_its_section(self, text: str) -> None:
        users = "  mapUsers: |\n    - {userarn: a, username: b, groups: [system:masters]}\n"
        report = within(text + users)
        assert names(report.suppressed) == [("AM101", "b"), ("AM101", "c")]
        assert [finding.rule.code for finding in report.findings] == ["AM301", "AM301"]

    def test_a_key_whose_value_is_an_alias(self) -> None:
        text = f"  other: &it |\n{NATIVE[1:]}  mapRoles: *it # authmap: ignore[AM101]\n"
        assert names(within(text).suppressed) == [("AM101", "b"), ("AM101", "c")]

    def test_an_item_of_accounts(self) -> None:
        accounts = '  mapAccounts: |\n    - "1" # authmap: ignore[AM207]\n    - "2"\n'
        report = lint(f"{HEAD}{accounts}".encode(), options=RunOptions(select=("AM207",)))
        assert (len(report.suppressed), len(report.findings)) == (1, 1)

    def test_a_name(self) -> None:
        text = HEAD.replace("kube-system", "default # authmap: ignore[AM008]")
        report = lint(f"{text}  mapRoles: ''\n".encode())
        assert (names(report.suppressed), report.findings) == ([("AM008", "")], [])

    def test_entries_on_one_line_all(self) -> None:
        one = f"{{rolearn: {ARN}x, username: x, groups: [y]}}"
        text = f"  mapRoles: |\n    [{one}, {one.replace('x', 'z')}] # authmap: ignore[AM101]\n"
        assert len(within(text).suppressed) == 2

    def test_a_blank_line_parts(self) -> None:
        text = f"  mapRoles: |\n    # authmap: ignore[AM101]\n\n{NATIVE[1:]}"
        assert "AM901" in [finding.rule.code for finding in within(text).findings]

    def test_an_entry_that_is_an_alias(self) -> None:
        anchor = f"\nx: &x {{rolearn: {ARN}x, username: x, groups: [z]}}\ndata:"
        text = "  mapRoles:\n  - *x # authmap: ignore[AM101]\n"
        report = lint(f"{HEAD.replace(chr(10) + 'data:', anchor)}{text}".encode())
        assert names(report.suppressed) == [("AM101", "x")]


def test_is_left_where_the_next_line_is_folded_into_it() -> None:
    text = f"{HEAD}  mapAccounts: >\n    - '1'\n    # authmap: ignore[AM209]\n    - '2'\n"
    result = fix(text.encode(), options=RunOptions(select=("AM901",)))
    assert result.output == text.encode()
    [(_, reason)] = result.held_back
    assert "the next line is folded into the comment" in reason


class TestAnnotation:
    TEXT = f"{HEAD}  mapRoles: |\n{NATIVE[1:]}"

    @pytest.mark.parametrize(
        "value", ["AM101", "AM101,AM102", '"am101 , missing-session-name"', "|\n      AM101\n"]
    )
    def test_is_about_the_object(self, value: str) -> None:
        annotated = f"\n  annotations:\n    authmap.dev/ignore: {value}\ndata:"
        data = self.TEXT.replace("\ndata:", annotated, 1) + "---\n" + self.TEXT
        report = lint(data.encode(), options=RunOptions(select=("AM101",)))
        assert names(report.suppressed) == [("AM101", "b"), ("AM101", "c")]
        assert names(report.findings) == [("AM101", "b"), ("AM101", "c")]
        suppression = report.suppressed[0].suppression
        assert suppression
        assert suppression.kind == "annotation"

    def test_of_a_live_map(self) -> None:
        annotations = {"authmap.dev/ignore": "AM101, AM204, AM999"}
        report = lint_data({"mapRoles": ENTRIES}, path="prod", annotations=annotations)
        assert names(report.suppressed) == [("AM101", "b"), ("AM101", "c")]
        said = [(f.rule.code, f.source.path, f.span) for f in report.findings]
        assert said == [
            ("AM301", "prod mapRoles", said[0][2]),
            ("AM901", "prod authmap.dev/ignore", (7, 12)),
            ("AM902", "prod authmap.dev/ignore", (14, 19)),
        ]
        assert not any(finding.fix for finding in report.findings)

    def test_is_no_part_of_the_data_of_a_live_map(self) -> None:
        annotations = {"authmap.dev/ignore": "AM101, AM204"}
        result = fix_data({"mapRoles": ENTRIES}, annotations=annotations)
        assert (result.applied, result.output) == ([], {"mapRoles": ENTRIES})


OTHERS = {
    "eksctl": (
        "apiVersion: eksctl.io/v1alpha5\nkind: ClusterConfig\nmetadata:\n  name: prod\n@"
        f"iamIdentityMappings: # KEY\n- arn: {ARN}a\n  username: a # HERE\n  groups: [g]\n"
        f"# ABOVE\n- arn: {ARN}b\n  username: b\n  groups: [g]\n"
    ),
    "control plane": (
        "apiVersion: controlplane.cluster.x-k8s.io/v1beta2\nkind: AWSManagedControlPlane\n"
        "metadata:\n  name: prod\n@spec:\n  iamAuthenticatorConfig:\n    mapRoles: # KEY\n"
        f"    - rolearn: {ARN}a\n      username: a # HERE\n      groups: [g]\n"
        f"    # ABOVE\n    - rolearn: {ARN}b\n      username: b\n      groups: [g]\n"
    ),
    "server": (
        "kind: ConfigMap\nmetadata:\n  name: authenticator\n@data:\n  config.yaml: | # KEY\n"
        f"    server:\n      mapRoles:\n      - rolearn: {ARN}a\n        username: a # HERE\n"
        f"      # ABOVE\n      - rolearn: {ARN}b\n        username: b\n"
    ),
}


@pytest.mark.parametrize("chosen_input", OTHERS)
@pytest.mark.parametrize(
    ("at", "about"), [("HERE", "a"), ("ABOVE", "b"), ("KEY", "ab"), ("@", "ab")]
)
def test_in_other_inputs(chosen_input: str, at: str, about: str) -> None:
    text = OTHERS[chosen_input].replace(at, "authmap: ignore[AM101]", 1)
    if at == "@":
        note = "  annotations:\n    authmap.dev/ignore: AM101\n"
        text = OTHERS[chosen_input].replace("@", note)
    report = found(text.replace("@", "").encode())
    assert names(report.suppressed) == [("AM101", each) for each in about]
    rest = [each for each in "ab" if each not in about]
    assert names(report.findings) == [("AM101", each) for each in rest]


def test_objects_of_one_entry_each() -> None:
    def mapping(name: str, annotation: str = "", comment: str = "") -> str:
        return (
            "apiVersion: iamauthenticator.k8s.aws/v1alpha1\nkind: IAMIdentityMapping\n"
            f"metadata:\n  name: {name}\n{annotation}spec:\n  arn: {ARN}{name}\n"
            f"  username: {name}{comment}\n  groups: [g]\n---\n"
        )

    note = "  annotations:\n    authmap.dev/ignore: AM101, AM301\n"
    comment = " # authmap: ignore[AM101]"
    report = found((mapping("a", note) + mapping("b") + mapping("c", comment=comment)).encode())
    assert names(report.suppressed) == [("AM101", "a"), ("AM101", "c")]
    assert names(report.findings) == [("AM901", ""), ("AM101", "b")]


def test_what_one_map_of_a_file_uses_is_not_unused_in_another() -> None:
    entry = "  - rolearn: {0}{1}\n    username: {1}{2}\n"
    first = entry.format(ARN, "a", "") + entry.format(ARN, "b", " # authmap: ignore[AM101, XX]")
    text = f"one:\n  mapRoles:\n{first}two:\n  mapRoles:\n{entry.format(ARN, 'c', '')}"
    report = lint(text.encode(), options=RunOptions(select=("AM101", "AM9")), named=True)
    assert report.maps == 2
    assert names(report.suppressed) == [("AM101", "b")]
    assert names(report.findings) == [("AM101", "a"), ("AM902", ""), ("AM101", "c")]


class TestKubeconfig:
    TEXT = (
        "apiVersion: v1\nkind: Config\nusers:\n@- name: prod\n  user:\n    token: hunter2\n"
        "    exec:\n      command: aws\n      args: [eks, get-token, --role-arn, "
        f"{ARN}a]@@\n- name: test\n  user:\n    exec:\n      command: aws\n"
        f"      args: [eks, get-token, --role-arn, {ARN}b]\n"
    )

    @pytest.mark.parametrize("at", ["@", "@@"])
    def test_is_about_a_user(self, at: str) -> None:
        comment = "# authmap: ignore[AM501] a robot"
        text = self.TEXT.replace("@@", f" {comment}" if at == "@@" else "")
        report = lint(text.replace("@", f"{comment}\n" if at == "@" else "").encode())
        said = [(f.rule.code, f.message.split("`")[1]) for f in report.findings]
        assert said == [("AM501", "test")]
        assert [f.message.split("`")[1] for f in report.suppressed] == ["prod"]

    def test_nothing_is_written_into_it(self) -> None:
        text = self.TEXT.replace("@@", " # authmap: ignore[AM204]").replace("@", "")
        result = fix(text.encode(), options=RunOptions(select=("AM901",)))
        assert (result.output, result.applied) == (text.encode(), [])
        assert "authmap does not change kubeconfigs" in result.held_back[0][1]


def test_a_live_map_has_comments_of_its_own() -> None:
    text = with_comment(4, "# authmap: ignore[AM101,AM204] old", own=True)
    report = lint_data({"mapRoles": text})
    assert names(report.suppressed) == [("AM101", "b")]
    result = fix_data({"mapRoles": text}, options=RunOptions(select=("AM901",)))
    assert result.output == {"mapRoles": text.replace(",AM204", "")}


def test_fix_leaves_alone_what_is_suppressed() -> None:
    before = written("literal", with_comment(5, "# authmap: ignore[AM101]", own=False))
    result = fix(before)
    assert [finding.entry and finding.entry.arn for finding in result.applied] == [f"{ARN}c"]
    assert b"username: role:{{AccountID}}:b #" in result.output
    assert names(result.remaining) == [("AM301", "b")]


@pytest.mark.parametrize(
    "line",
    [
        'username: "b # authmap: ignore[AM101]"',
        "username: 'b # authmap: ignore[AM101]'",
        "username: b# authmap:ignore[AM101]",
        "username: >-\n    b # authmap: ignore[AM101]",
        'username: "b\n\n    # authmap: ignore[AM101]\n    "',
        "username: b\n  note: |\n    # authmap: ignore[AM101]",
        "username: b\n  ? '# authmap: ignore[AM101]'\n  : x",
    ],
)
def test_text_in_a_value_is_no_comment(line: str) -> None:
    text = ENTRIES.replace("username: role:{{AccountID}}:b\n", f"{line}\n")
    for way in ("bare", "literal", "native"):
        report = lint(written(way, text), options=RunOptions(select=("AM101", "AM9")))
        assert names(report.findings) == [("AM101", "b"), ("AM101", "c")]
        assert report.suppressed == []


def test_unused_is_judged_by_what_the_rule_says_whether_it_is_selected_or_not() -> None:
    text = with_comment(5, "# authmap: ignore[AM101,AM108,AM204,AM401]", own=False)
    report = lint(written("literal", text), options=RunOptions(select=("AM901",)))
    assert [finding.message for finding in report.findings] == [
        "`AM108`, `AM204` suppress nothing here"
    ]
    assert report.suppressed == []  # as it would not be reported in any case


def test_unused_is_not_judged_while_a_section_cannot_be_read() -> None:
    users = "  mapUsers: |\n    - userarn: x # authmap: ignore[AM306]\n"
    for roles, expected in (("[]", ["AM901"]), ("'- ['", [])):
        report = lint(f"{HEAD}{users}  mapRoles: {roles}\n".encode())
        assert [f.rule.code for f in report.findings if f.rule.code == "AM901"] == expected


def test_nothing_of_this_is_loaded_where_authmap_is_not_named() -> None:
    program = (
        "import sys, authmap, pathlib\n"
        "authmap.lint(pathlib.Path('fixtures/AM101/bad.yaml').read_bytes())\n"
        "assert 'authmap.api' in sys.modules\n"
        "unneeded = {'authmap.linting.comments', 'authmap.linting.suppression'}\n"
        "assert not unneeded & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True)


def test_no_other_fix_does_what_is_suppressed() -> None:
    """AM102 asks for the account, and the username that both rules write names the session, too."""
    entry = f"- rolearn: {ARN}build\n  username: build\n  groups: [builders]\n"
    text = f"# authmap: ignore[AM101] one user, on purpose\n{entry}".encode()
    result = fix(text)
    assert (result.output, result.applied) == (text, [])
    ((finding, reason),) = result.held_back
    assert finding.rule.code == "AM102"
    assert reason == "AM101 is suppressed here, and its fix makes the same change"
    for other in (b"AM102", b"AM108"):
        assert fix(text.replace(b"AM101", other)).applied


@pytest.mark.parametrize("ignored", ["AM101", "AM1", "AM"])
def test_no_other_fix_does_what_is_ignored(ignored: str) -> None:
    text = f"- rolearn: {ARN}build\n  username: build\n  groups: [builders]\n".encode()
    assert fix(text, options=RunOptions(ignore=(ignored,))).output == text
    assert fix(text, options=RunOptions(ignore=("AM103",))).output != text
    named = text.replace(b": build", b": build:{{SessionName}}")
    assert (fix(named, options=RunOptions(ignore=(ignored,))).output == named) == (
        ignored != "AM101"
    )
