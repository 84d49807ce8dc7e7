"""`authmap diff`: what it compares, what it says, and when it fails."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
from jsonschema import Draft202012Validator
from manifests import A1, A2, ADMIN, FARGATE, NODES, ROOT, STAFF, authmap, manifest, role

from authmap.access.concern import Concern
from authmap.access.report import AccessReport
from authmap.model.auth_map import AuthMap
from authmap.render.access import place_of

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

SCHEMA = Draft202012Validator(json.loads((ROOT / "authmap" / "schema" / "diff.json").read_bytes()))


def compared(folder: Path, old: str, new: str, *options: str) -> subprocess.CompletedProcess[str]:
    (folder / "old.yaml").write_text(old)
    (folder / "new.yaml").write_text(new)
    return authmap("diff", *options, "old.yaml", "new.yaml", cwd=folder)


TEXT = """\
nodes:
  role/nodes loses access; its nodes become NotReady, and new ones cannot join
    - system:node:{{EC2PrivateDNSName}} [system:bootstrappers, system:nodes] at old.yaml:6

loses access:
  role/ci loses access
    - ci [deployers] at old.yaml:18

gains access:
  everyone else in account 333333333333 can log in as the caller's ARN
    + the caller's ARN [] at new.yaml:19

changes name or groups:
  role/staff in account 111111111111 is renamed from `staff:{{SessionName}}` to `s:{{SessionName}}`
    - staff:{{SessionName}} [devs] at old.yaml:12
    + s:{{SessionName}} [devs] at new.yaml:9
  role/staff in account 222222222222 gains group `system:masters`, which ClusterRoleBinding \
cluster-admin binds; gains full control of the cluster through group `system:masters`
    - staff [devs] at old.yaml:15
    + staff [devs, system:masters] at new.yaml:12

1 node entry breaks, 1 loses access, 1 gains access, 2 change name or groups; 2 unchanged; \
failed: nodes, admin (--fail-on)
RBAC bindings were not checked: no bindings given (--rbac PATH or --context NAME); a binding to an \
old username stops matching
"""
OLD = manifest(
    NODES, ADMIN, STAFF, role("staff", "staff", "devs", account=A2), role("ci", "ci", "deployers"),
    role("same", "same"),
)  # fmt: skip
NEW = manifest(
    ADMIN, role("staff", "s:{{SessionName}}", "devs"),
    role("staff", "staff", "devs", "system:masters", account=A2), role("same", "same"),
    more='  mapAccounts: |\n    - "333333333333"\n',
)  # fmt: skip


def test_text(tmp_path: Path) -> None:
    run = compared(tmp_path, OLD, NEW)
    assert (run.returncode, run.stdout, run.stderr) == (1, TEXT, "")
    swapped = compared(tmp_path, OLD, NEW, "--reverse", "--fail-on=lost")
    assert swapped.returncode == 1
    assert "role/ci can log in as `ci`\n    + ci [deployers] at old.yaml:18\n" in swapped.stdout
    same = compared(tmp_path, OLD, OLD)
    assert (same.returncode, same.stdout) == (0, "nobody's access changes; 6 unchanged\n")


def test_fits_into_80_columns() -> None:
    """Only names are longer than a line, which are not broken, so that they can be copied."""
    from authmap.render.access import render

    long = "AWSReservedSSO_AdministratorAccess_0123456789abcdef"
    groups = [f"team-{number}-with-a-long-name" for number in range(5)]
    old = AuthMap.from_data({"mapRoles": role(long, f"admin:{long}:{{{{SessionName}}}}", *groups)})
    text = render(AccessReport(old, AuthMap.from_data({})), width=80)
    assert max(map(len, text.splitlines())) <= 80
    coloured = render(AccessReport(old, AuthMap.from_data({})), width=80, colour=True)
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == text != coloured


def test_json(tmp_path: Path) -> None:
    run = compared(tmp_path, OLD, NEW, "-f", "json")
    report = json.loads(run.stdout)
    SCHEMA.validate(report)
    assert run.returncode == 1
    assert report["summary"] == {
        "nodes": 1, "lost": 1, "gained": 1, "changed": 2, "unchanged": 2, "unknown": 0,
    }  # fmt: skip
    assert report["failed"] == ["nodes", "admin"]
    nodes, ci, account, _, staff = report["changes"]
    assert nodes["nodes"]
    assert ci["effects"] == ["lost"]
    assert account["principal"]["arn"] is None
    assert staff["admin"] == "gained"
    assert [each["name"] for each in staff["gained"]] == ["system:masters"]
    assert staff["gained"][0]["bindings"] == ["ClusterRoleBinding cluster-admin"]
    (before,) = staff["before"]
    assert (before["path"], before["line"], before["index"]) == ("old.yaml", 15, 3)
    assert run.stdout == compared(tmp_path, OLD, NEW, "-f", "json").stdout


def test_github(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    folder = tmp_path / "a,b"
    folder.mkdir()
    lines = compared(folder, OLD, NEW, "-f", "github", "--fail-on=nodes").stdout.splitlines()
    file = "file=a%2Cb/new.yaml"
    assert lines[0].startswith(
        f"::error {file},line=1,title=authmap diff%3A lost%2C nodes::role/nodes"
    )
    assert f"::warning {file},line=19,title=authmap diff%3A gained::everyone else" in lines[2]
    assert f"::warning {file},line=12,title=authmap diff%3A admin%2C gained::role/staff" in lines[4]
    assert lines[5].startswith("::notice title=authmap diff::1 node entry breaks")
    many = manifest(*(role(f"r{number}", f"r{number}") for number in range(25)))
    lines = compared(folder, many, manifest(), "-f", "github").stdout.splitlines()
    assert len(lines) == 11
    assert "15 of them not shown here" in lines[-1]


@pytest.mark.parametrize(
    ("old", "new", "failed"),
    [
        ([NODES, ADMIN], [ADMIN], ["nodes", "lost"]),
        ([FARGATE, ADMIN], [ADMIN], ["nodes", "lost"]),
        ([NODES], [NODES.replace(", system:nodes", "")], ["nodes", "lost"]),
        ([NODES], [NODES.replace("EC2PrivateDNSName", "SessionName")],
         ["nodes", "lost", "gained"]),
        ([ADMIN], [STAFF], ["admin", "lost", "gained"]),
        ([ADMIN, role("boss", "boss", "system:masters")], [ADMIN], ["lost"]),
        ([STAFF], [STAFF, ADMIN], ["admin", "gained"]),
        ([STAFF], [], ["lost"]),
        ([], [STAFF], ["gained"]),
        ([STAFF], [STAFF.replace("devs", "devs, more")], ["gained"]),
        ([STAFF], [STAFF.replace("devs", "")], ["lost"]),
        ([STAFF], [STAFF.replace("staff:", "s:")], []),
        ([STAFF, NODES], [NODES, STAFF], []),
    ],
)  # fmt: skip
def test_what_fails(tmp_path: Path, old: list[str], new: list[str], failed: list[str]) -> None:
    """Each word fails just what it names; the default is `nodes,admin`."""
    (tmp_path / "old.yaml").write_text(manifest(*old))
    (tmp_path / "new.yaml").write_text(manifest(*new))
    maps = [AuthMap.from_data({"mapRoles": "".join(entries)}) for entries in (old, new)]
    assert [str(each) for each in AccessReport(*maps, fail_on=tuple(Concern)).failed] == failed
    run = compared(tmp_path, manifest(*old), manifest(*new))
    assert run.returncode == bool({"nodes", "admin"} & set(failed)), run.stdout
    if "failed: " in run.stdout:
        assert run.stdout.partition("failed: ")[2].startswith(
            ", ".join(word for word in failed if word in ("nodes", "admin"))
        )


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (["--fail-on=gained"], 0),
        (["--fail-on=gained,lost"], 1),
        (["--fail-on=gained", "--fail-on", " lost"], 1),
        (["--fail-on=never"], 0),
        (["--exit-zero"], 0),
        (["--exit-zero", "--fail-on=lost"], 0),
    ],
)
def test_fail_on(tmp_path: Path, options: list[str], code: int) -> None:
    run = compared(tmp_path, manifest(NODES), manifest(), *options)
    assert (run.returncode, run.stderr) == (code, "")
    assert "role/nodes loses access" in run.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--fail-on=lots", "new.yaml", "new.yaml"], "one of nodes, admin, lost, gained, never"),
        (["--fail-on=", "new.yaml", "new.yaml"], "one of nodes, admin, lost, gained, never"),
        (["--fail-on=never,lost", "new.yaml", "new.yaml"], "leave them out"),
        (["new.yaml"], "give OLD and NEW"),
        (["new.yaml", "new.yaml", "new.yaml"], "give OLD and NEW"),
        (["-", "-"], "only one side can be standard input"),
        (["-f", "sarif", "new.yaml", "new.yaml"], "--format must be one of text, json, github"),
        (["--rbac=none.yaml", "new.yaml", "new.yaml"], "none.yaml: does not exist"),
    ],
)
def test_usage_errors(tmp_path: Path, arguments: list[str], message: str) -> None:
    (tmp_path / "new.yaml").write_text(manifest(STAFF))
    for options in [[], ["--exit-zero"]] if "--rbac" not in arguments[0] else [[]]:
        run = authmap("diff", *options, *arguments, cwd=tmp_path)
        assert (run.returncode, run.stdout) == (2, "")
        assert message in run.stderr


@pytest.mark.parametrize(
    ("side", "message"),
    [
        ("none.yaml", "none.yaml: does not exist"),
        ("", "'': is not a path; is a variable empty?"),
        (".", ".: is a directory, not a file"),
        ("-", "<stdin>: is empty; did the command before the pipe fail?"),
        ("empty.yaml", "empty.yaml: is empty; use /dev/null for an empty map"),
        ("other.yaml", "other.yaml: no aws-auth map found (Service web)"),
        ("two.yaml", "two.yaml: found 2 aws-auth maps, but need exactly one: two.yaml:1"),
        ("broken.yaml", "cannot be read"),
        ("chart.yaml", "is a template: render it first"),
        ("\x1b[31m.yaml", "\\x1b[31m.yaml: does not exist"),
        ("HEAD:aws-auth.yaml", "cannot be read from git: not a git repository"),
    ],
)
def test_sides_that_cannot_be_read(tmp_path: Path, side: str, message: str) -> None:
    (tmp_path / "new.yaml").write_text(manifest(STAFF))
    (tmp_path / "empty.yaml").write_text(" \n")
    (tmp_path / "other.yaml").write_text("kind: Service\nmetadata: {name: web}\n")
    (tmp_path / "two.yaml").write_text(f"{manifest(STAFF)}---\n{manifest(STAFF)}")
    (tmp_path / "broken.yaml").write_text("data: [\n")
    (tmp_path / "chart.yaml").write_text("{{- if .Values.x }}\n" + manifest(STAFF) + "{{- end }}\n")
    ceiling = {"GIT_CEILING_DIRECTORIES": str(tmp_path.parent)}
    for sides in [(side, "new.yaml"), ("new.yaml", side)]:
        run = authmap("diff", *sides, cwd=tmp_path, **ceiling)
        assert (run.returncode, run.stdout) == (2, "")
        assert message in run.stderr
        assert "\x1b" not in run.stderr
        zero = authmap("diff", "--exit-zero", *sides, cwd=tmp_path, **ceiling)
        assert (zero.returncode, zero.stdout, zero.stderr) == (0, "", run.stderr)


def test_pipe_and_empty_map(tmp_path: Path) -> None:
    (tmp_path / "new.yaml").write_text(manifest(STAFF))
    name = ["--stdin-filename", "live"]
    run = authmap("diff", *name, "-", "new.yaml", cwd=tmp_path, stdin=manifest(NODES))
    assert run.returncode == 1
    assert "at live:6\n" in run.stdout
    run = authmap("diff", "--fail-on=gained", "/dev/null", "new.yaml", cwd=tmp_path)
    assert run.returncode == 1
    assert "1 gains access; 0 unchanged; failed: gained" in run.stdout
    run = authmap("diff", "/dev/null", "/dev/null", cwd=tmp_path)
    assert (run.returncode, run.stdout) == (0, "nobody's access changes; 0 unchanged\n")


def test_unreadable_section(tmp_path: Path) -> None:
    run = compared(tmp_path, manifest(NODES), manifest("    - [\n"))
    assert run.returncode == 1
    assert "role/nodes loses access" in run.stdout
    assert re.match(
        r"authmap: warning: new\.yaml:\d+:\d+: mapRoles is ignored entirely: .*"
        r"compared as if nobody in it could log in$",
        run.stderr,
    )


def test_bindings(tmp_path: Path) -> None:
    (tmp_path / "rbac.yaml").write_text(
        "kind: ClusterRoleBinding\nmetadata: {name: look}\n"
        "roleRef: {kind: ClusterRole, name: cluster-admin}\n"
        "subjects: [{kind: User, name: boss}]\n"
    )
    old, new = manifest(role("x", "x")), manifest(role("x", "boss"))
    run = compared(tmp_path, old, new, "--rbac=rbac.yaml")
    assert run.returncode == 1
    assert "gains full control of the cluster through user `boss`" in run.stdout
    assert "not checked" not in run.stdout
    without = compared(tmp_path, old, new)
    assert without.returncode == 0
    assert "RBAC bindings were not checked" in without.stdout


@pytest.mark.parametrize(
    ("old", "new", "unknown", "lost"),
    [
        # its username: nobody can tell
        ([STAFF], [role("staff", "${user}", "devs")], ["role/staff"], []),
        # its ARN: it may be the role that is gone, but not another one
        ([NODES, STAFF], [NODES.replace(A1, "${account}")], ["role/nodes"], ["role/staff"]),
        ([ADMIN], [ADMIN.replace("arn:aws:iam", "arn:${partition}:iam")], ["role/admin"], []),
        # somebody else on both sides
        ([NODES, role("${x}", "x")], [role("${x}", "x", "g")], [], ["role/nodes"]),
        # somebody is left who may have full control
        ([ADMIN], [role("<NAME>", "x", "system:masters").replace(A1, A2)], [], ["role/admin"]),
        # a whole section
        ([NODES], ["{{- range .Values.roles }}\n- x\n{{- end }}\n"], ["role/nodes"], []),
    ],
)  # fmt: skip
def test_what_is_not_rendered_is_not_judged(
    old: list[str], new: list[str], unknown: list[str], lost: list[str]
) -> None:
    maps = [AuthMap.from_data({"mapRoles": "".join(entries)}) for entries in (old, new)]
    for report in (AccessReport(*maps, fail_on=tuple(Concern)),):
        assert [each.title for each in report.unknown] == unknown
        assert [row.title for row in report.rows] == lost
        assert report.unrendered
        assert Concern.ADMIN not in report.failed
    report = AccessReport(*reversed(maps))
    assert [each.title for each in report.unknown] == unknown


def test_unrendered_accounts() -> None:
    one = AuthMap.from_data({"mapAccounts": f"- '{A2}'\n- '<ACCOUNT_ID>'"})
    other = AuthMap.from_data({"mapRoles": STAFF, "mapAccounts": "- ${account}"})
    report = AccessReport(one, other)
    assert [each.title for each in report.unknown] == [f"everyone else in account {A2}"]
    assert [row.title for row in report.rows] == ["role/staff"]


def test_gate_does_not_pass_what_is_not_rendered(tmp_path: Path) -> None:
    """Entries whose ARNs are templates are no principals: what differs in them still counts."""
    account = "${account_id}"
    old = manifest(*(each.replace(A1, account) for each in (NODES, STAFF, ADMIN)))
    evil = role("evil", "e", "system:masters").replace(A1, account)
    new = manifest(STAFF.replace(A1, account), evil)
    run = compared(tmp_path, old, new)
    assert run.returncode == 2
    assert run.stderr.count("authmap: not compared: ") == 3
    assert "no change in what could be compared; 0 unchanged; 3 entries are not" in run.stdout
    github = compared(tmp_path, old, new, "-f", "github")
    assert "::error title=authmap diff%3A not compared::what differs is not" in github.stdout
    assert compared(tmp_path, old, new, "--fail-on=never").returncode == 0
    same = compared(tmp_path, old, old)
    assert (same.returncode, same.stderr) == (0, "")
    assert compared(tmp_path, old, manifest(NODES, STAFF)).returncode == 2
    lost = manifest(STAFF, *(each.replace(A1, account) for each in (ADMIN,)))
    assert compared(tmp_path, manifest(NODES, STAFF), lost).returncode == 1


def test_place_of_each_account() -> None:
    """Also where mapAccounts contains an account twice: the first place counts."""
    numbers = [f"{number:012}" for number in (*range(1, 4), 1)]
    new = AuthMap.from_data({"mapAccounts": "".join(f"- '{number}'\n" for number in numbers)})
    report = AccessReport(AuthMap.from_data({}), new)
    places = [place_of(new, grant).line for row in report.rows for grant in row.change.after]
    assert places == [1, 2, 3]


def test_unrendered_is_reported(tmp_path: Path) -> None:
    new = manifest(role("staff", "${user}", "devs"), NODES)
    run = compared(tmp_path, manifest(STAFF, NODES), new)
    assert run.returncode == 2
    assert run.stderr == (
        "authmap: not compared: new.yaml:6: role/staff contains `${user}`, which is not rendered "
        "yet\n"
        "authmap: because of that, not compared: role/staff; render both sides first\n"
    )
    assert run.stdout == (
        "no change in what could be compared; 1 unchanged, 1 not compared; 1 entry is not rendered "
        "yet\n"
    )
    report = json.loads(compared(tmp_path, manifest(STAFF, NODES), new, "-f", "json").stdout)
    SCHEMA.validate(report)
    assert [each["title"] for each in report["unknown"]] == ["role/staff"]
    assert [each["template"] for each in report["unrendered"]] == ["${user}"]


def test_hostile_names_stay_harmless(tmp_path: Path) -> None:
    old = manifest(role("staff", '"\\e[31mred\\n::error::x"', '"\\a"'))
    for output_format in ("text", "json", "github"):
        run = compared(tmp_path, old, manifest(), "-f", output_format, "--fail-on=lost")
        assert run.returncode == 1
        assert not set(run.stdout) & {"\x1b", "\x07"}
        assert "\n::error::x" not in run.stdout


ANNOTATED = re.compile(r"::error (?:file=(.*?),line=1,)?title=")


@pytest.mark.parametrize(
    ("new", "options", "file"),
    [
        ("new.yaml", [], "new.yaml"),
        ("{folder}/new.yaml", [], "new.yaml"),
        ("{folder}/../link/new.yaml", [], "new.yaml"),
        ("link.yaml", [], "new.yaml"),
        ("../outside.yaml", [], None),
        ("-", [], None),
        ("-", ["--stdin-filename", "new.yaml"], "new.yaml"),
        ("-", ["--stdin-filename", "none.yaml"], None),
        ("-", ["--stdin-filename", "loop.yaml"], None),
        ("-", ["--stdin-filename", "x" * 5000], None),
        ("/dev/stdin", [], None),
    ],
)
def test_github_annotates_files_of_the_repository(
    tmp_path: Path, new: str, options: list[str], file: str | None
) -> None:
    folder, link = tmp_path / "repository", tmp_path / "link"
    (folder / ".git").mkdir(parents=True)
    link.symlink_to(folder)
    for path in (folder / "new.yaml", folder / "<stdin>", tmp_path / "outside.yaml"):
        path.write_text(manifest(STAFF))
    (folder / "link.yaml").symlink_to("new.yaml")
    (folder / "loop.yaml").symlink_to("loop.yaml")
    (folder / "old.yaml").write_text(manifest(NODES, STAFF))
    run = authmap(
        "diff", "-f", "github", *options, "old.yaml", new.format(folder=folder),
        cwd=folder, stdin=manifest(STAFF),
    )  # fmt: skip
    found = ANNOTATED.match(run.stdout)
    assert found, run.stderr
    assert found[1] == file


@pytest.mark.parametrize("output_format", ["text", "github"])
def test_no_command_for_github_in_a_line(tmp_path: Path, output_format: str) -> None:
    """Its runner takes `##[` for a command wherever it is in a line."""
    hostile = "##[add-mask]x"
    new = manifest(role("staff", f'"###[error]{hostile}"', f'"${{a}}{hostile}"'))
    for name, text in ((f"{hostile}.yaml", new), ("old.yaml", manifest(STAFF))):
        (tmp_path / name).write_text(text)
    run = authmap(
        "diff", "-f", output_format, "old.yaml", f"{hostile}.yaml",
        cwd=tmp_path, GITHUB_ACTIONS="true",
    )  # fmt: skip
    assert run.returncode == 2, run.stderr  # it is not rendered
    assert "##[" not in run.stdout + run.stderr
    assert "not compared: #\\x23[add-mask]x.yaml:" in run.stderr
    text = authmap("diff", "old.yaml", f"{hostile}.yaml", cwd=tmp_path, GITHUB_ACTIONS="").stderr
    assert "##[add-mask]x" in text


def test_github_without_a_file(tmp_path: Path) -> None:
    (tmp_path / "old.yaml").write_text(manifest(STAFF))
    run = authmap("diff", "-f", "github", "old.yaml", "/dev/null", cwd=tmp_path)
    assert run.stdout.startswith("::warning title=authmap diff%3A lost::role/staff loses access\n")


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        (("aws-auth", "kube-system"), ("aws-auht", "kube-system"), 1),
        (("aws-auth", "kube-system"), ("aws-auth", "default"), 1),
        (("aws-auth", "kube-system"), ("aws-auth", None), 0),
        (("aws-auth", None), ("aws-auth", "{{ .Release.Namespace }}"), 0),
        (("aws-auth", "staging"), ("aws-auth", "staging"), 0),
    ],
)
def test_object_that_the_authenticator_does_not_read(
    tmp_path: Path, old: tuple[str, str], new: tuple[str, str], code: int
) -> None:
    texts = []
    for name, namespace in (old, new):
        text = manifest(NODES, STAFF).replace("aws-auth", name)
        where = f"namespace: '{namespace}'" if namespace else "labels: {}"
        texts.append(text.replace("namespace: kube-system", where))
    run = compared(tmp_path, *texts)
    assert run.returncode == code, run.stdout
    warned = "the authenticator reads only kube-system/aws-auth: compared as an empty map"
    assert (warned in run.stderr) == bool(code)
    assert ("role/nodes loses access" in run.stdout) == bool(code)


@pytest.mark.parametrize(
    ("old", "new"), [("{{EC2PrivateDNSName}}", "x"), ("x", "{{EC2PrivateDNSName}}")]
)
def test_full_control_of_other_logins(tmp_path: Path, old: str, new: str) -> None:
    """Only EC2 instances have it on one side, and every session on the other."""
    texts = [manifest(role("admin", name, "system:masters")) for name in (old, new)]
    run = compared(tmp_path, *texts, "-f", "json")
    (row,) = json.loads(run.stdout)["changes"]
    assert (run.returncode, row["admin"]) == (1, "gained" if new == "x" else "lost")


def test_service_account_that_is_bound(tmp_path: Path) -> None:
    """Whoever has its name has its permissions, as `kubectl auth can-i --as` shows."""
    (tmp_path / "rbac.yaml").write_text(
        "kind: ClusterRoleBinding\napiVersion: rbac.authorization.k8s.io/v1\n"
        "metadata: {name: tiller}\nroleRef: {kind: ClusterRole, name: cluster-admin}\n"
        "subjects: [{kind: ServiceAccount, name: tiller, namespace: kube-system}]\n"
    )
    name = "system:serviceaccount:kube-system:tiller"
    texts = [manifest(role("ci", each, "devs")) for each in ("ci", name)]
    run = compared(tmp_path, *texts, "--rbac=rbac.yaml")
    assert run.returncode == 1
    assert f"gains full control of the cluster through user `{name}`" in run.stdout
