"""Every recogniser against its folder in fixtures/documents/: what is found, and what fix makes.

A folder is called as the module is. Each of its files has what is said about it beside it (`.txt`),
and where `fix --unsafe-fixes` changes it, the result (`fixed-…`).
"""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from typing import TYPE_CHECKING

import pytest
from command import authmap
from styles import (
    Entries,
    Written,
    as_file,
    as_json,
    block,
    config_map,
    indented,
    literal,
    manifest,
)
from test_metamorphic import EXPECTED, PAYLOAD, changed_lines, unquoted
from test_rules import FIXTURES, expect

from authmap.api import fix, lint, load
from authmap.documents import recognise
from authmap.documents.read import concerns_us
from authmap.linting.run import Run
from authmap.model.options import RunOptions
from authmap.render import text

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FOLDER = FIXTURES / "documents"
CASES = sorted(
    path
    for path in FOLDER.glob("*/*")
    if path.suffix in (".yaml", ".json") and not path.name.startswith("fixed-")
)


def name(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"


def test_every_recogniser_has_a_folder() -> None:
    assert {path.parent.name for path in CASES} == {*recognise.recogniser_names(), "values"}


def test_every_recogniser_can_be_imported() -> None:
    for found in recognise.recogniser_names():
        assert callable(import_module(f"authmap.documents.{found}").read)


def test_a_configmap_needs_no_other_recogniser() -> None:
    """What is imported is felt at each start."""
    script = """
import sys
from authmap.api import lint
with open("fixtures/aws-auth.yaml", "rb") as file:
    lint(file.read() + b"---\\nkind: Deployment\\n")
print(*sorted(each for each in sys.modules if each.startswith("authmap.documents.")))
"""
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, capture_output=True, text=True, cwd=FIXTURES.parent, check=True)
    found = {each.rpartition(".")[2] for each in done.stdout.split()}
    assert {each for each in found if each.startswith(("kind_", "key_"))} == {"kind_configmap"}
    assert "values" not in found


@pytest.mark.parametrize("path", CASES, ids=name)
def test_input_reads_as_expected(path: Path) -> None:
    report = lint(path.read_bytes(), path=path.name, named=True)
    run = Run(
        report.findings,
        [],
        [],
        1,
        report.maps,
        kubeconfigs=report.kubeconfigs,
        unread=report.unread,
    )
    expect(path.with_suffix(".txt"), text.render(run))


@pytest.mark.parametrize("path", CASES, ids=name)
def test_fix_of_input(path: Path) -> None:
    before = path.read_bytes()
    fixed = path.with_name(f"fixed-{path.name}")
    result = fix(before, path=path.name, options=RunOptions(unsafe_fixes=True), named=True)
    if not result.applied:
        assert result.output == before
        assert not fixed.exists()
        return
    expect(fixed, result.output.decode())
    again = fix(result.output, path=path.name, options=RunOptions(unsafe_fixes=True), named=True)
    assert again.output == result.output


@pytest.mark.parametrize("path", [path for path in CASES if path.parent.name != "values"], ids=name)
def test_input_is_not_passed_over_below_a_folder(path: Path) -> None:
    assert concerns_us(path.read_bytes())
    report = lint(path.read_bytes())
    assert report.maps + report.kubeconfigs + report.unread


# the configuration of the authenticator's server


@pytest.mark.parametrize(
    ("written", "read"),
    # asked of aws-iam-authenticator 0.7.13: viper 1.21, mapstructure 2.5
    [
        ("123", "123"), ("true", "1"), ("yes", "yes"), ("on", "on"), ("0123", "83"),
        ("1_000", "1000"), ("1.50", "1.5"), ("1e3", "1000"), ("0x1F", "31"), ("~", ""), ("", ""),
        ("12:30:45", "12:30:45"), ("!!str 5", "5"), ("089", "89"), ("+5", "5"), ("-0", "0"),
        ("0b11", "3"), ("0o17", "15"), ("'007'", "007"),
    ],
)  # fmt: skip
def test_server_reads_numbers_as_text(written: str, read: str) -> None:
    text = f"server:\n  mapRoles:\n  - rolearn: a\n    username: {written}\n"
    (entry,) = load(text.encode())[0].entries
    assert entry.username == read


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("admins", ["admins"]), ("'a,b'", ["a", "b"]), ("~", []), ("5", ["5"]),
        ("[a, 1, null, true]", ["a", "1", "", "1"]),
    ],
)  # fmt: skip
def test_server_reads_a_text_as_a_list(written: str, read: list[str]) -> None:
    text = f"Server:\n  maproles:\n    RoleARN: a\n    GROUPS: {written}\n"
    (entry,) = load(text.encode())[0].entries
    assert entry.groups == read


def test_server_reads_accounts_as_numbers() -> None:
    accounts = "[111111111111, 012345678901, 001234567012, '012345678901', 0.5, true, null]"
    (found,) = load(f"server: {{mapAccounts: {accounts}}}".encode())
    read = ["111111111111", "12345678901", "175304202", "012345678901", "0.5", "1", ""]
    assert found.accounts == read


# the same eight entries everywhere


def as_arn(entries: Entries) -> Entries:
    return [{key.replace("rolearn", "arn"): value for key, value in e.items()} for e in entries]


def eksctl(entries: Entries) -> Written:
    head = "apiVersion: eksctl.io/v1alpha5\nkind: ClusterConfig\nmetadata: {name: c, region: r}\n"
    return Written(f"{head}iamIdentityMappings:\n{block(as_arn(entries))}".encode())


def server(entries: Entries) -> Written:
    return Written(f"clusterID: c\nserver:\n  mapRoles:\n{indented(block(entries), 2)}".encode())


def objects(entries: Entries) -> Written:
    head = "apiVersion: iamauthenticator.k8s.aws/v1alpha1\nkind: IAMIdentityMapping\n"
    specs = (indented(block([entry])[2:], 2).replace("    ", "  ") for entry in as_arn(entries))
    return Written("---\n".join(f"{head}spec:\n  {spec.lstrip()}" for spec in specs).encode())


def control_plane(entries: Entries) -> Written:
    head = (
        "apiVersion: controlplane.cluster.x-k8s.io/v1beta2\nkind: AWSManagedControlPlane\nspec:\n"
    )
    body = indented(block(entries), 4)
    return Written(f"{head}  iamAuthenticatorConfig:\n    mapRoles:\n{body}".encode())


def control_plane_in_json(entries: Entries) -> Written:
    spec = {"iamAuthenticatorConfig": {"mapRoles": entries}}
    return Written(as_file({"kind": "AWSManagedControlPlane", "spec": spec}, indent=2))


def values(entries: Entries) -> Written:
    return Written(f"replicas: 1\nawsAuth:\n  mapRoles:\n{indented(block(entries), 2)}".encode())


def module(entries: Entries) -> Written:
    return Written(as_file({"eks": {"aws_auth_roles": entries}}, indent=2))


def configuration_in_configmap(entries: Entries) -> Written:
    head = "kind: ConfigMap\nmetadata: {name: authenticator}\ndata:\n  config.yaml: |\n"
    return Written(head.encode() + indented(server(entries).data.decode(), 4).encode())


def plan(kind: str, values: dict[str, object]) -> Written:
    """As `terraform show -json` prints it."""
    resource = {"address": f"{kind}.x", "mode": "managed", "type": kind, "values": values}
    modules = {"child_modules": [{"resources": [resource]}]}
    found = {"terraform_version": "1.9.8", "planned_values": {"root_module": modules}}
    return Written(as_file(found, separators=(",", ":")), '"')


def kubectl_manifest(entries: Entries) -> Written:
    return plan("kubectl_manifest", {"yaml_body": manifest(literal(block(entries))).decode()})


def kubernetes_manifest(entries: Entries) -> Written:
    return plan("kubernetes_manifest", {"manifest": config_map(as_json(entries))})


def helm_release(entries: Entries) -> Written:
    return plan("helm_release", {"values": [values(entries).data.decode()]})


def kubernetes_config_map(entries: Entries) -> Written:
    metadata = [{"name": "aws-auth", "namespace": "kube-system"}]
    data = {"mapRoles": block(entries)}
    return plan("kubernetes_config_map_v1_data", {"metadata": metadata, "data": data})


def state_file(entries: Entries) -> Written:
    attributes = {"metadata": [{"name": "aws-auth"}], "data": {"mapRoles": as_json(entries)}}
    instance = {"index_key": "a", "attributes": attributes}
    kind = "kubernetes_config_map"
    resource = {"mode": "managed", "type": kind, "name": "x", "instances": [instance]}
    return Written(as_file({"terraform_version": "1", "resources": [resource]}, indent=2), '"')


LOCKED: dict[str, Callable[[Entries], Written]] = {
    "kubernetes_config_map": kubernetes_config_map,
    "kubernetes_manifest": kubernetes_manifest,
    "kubectl_manifest": kubectl_manifest,
    "helm_release": helm_release,
    "state file": state_file,
}
CONTAINERS: dict[str, Callable[[Entries], Written]] = {
    "eksctl": eksctl,
    "server": server,
    "objects": objects,
    "control plane": control_plane,
    "control plane in JSON": control_plane_in_json,
    "values of a chart": values,
    "variables of a module": module,
    "configuration in a ConfigMap": configuration_in_configmap,
}
NUMBER_REFUSED = {("AM101", 7, "123")}
NUMBER_READ = {("AM002", 7, "123"), ("AM102", 7, "123")}
DIFFERENT = {
    "server": NUMBER_READ,
    "configuration in a ConfigMap": NUMBER_READ,
    "eksctl": NUMBER_REFUSED,
    "objects": NUMBER_REFUSED,
    "control plane": NUMBER_REFUSED,
    "control plane in JSON": NUMBER_REFUSED,
}
"""What is found in a ConfigMap or in another container, and not in both."""


@pytest.mark.parametrize("container", [*CONTAINERS, *LOCKED])
def test_same_findings_in_every_container(container: str) -> None:
    written = (CONTAINERS | LOCKED)[container](PAYLOAD)
    found = {
        (
            finding.rule.code,
            finding.entry and finding.entry.index,
            written.meant(finding.source.text[slice(*finding.span)]),
        )
        for finding in lint(written.data, named=True).findings
    }
    assert found == EXPECTED ^ DIFFERENT.get(container, set())


@pytest.mark.parametrize("container", CONTAINERS)
def test_one_username_is_one_line(container: str) -> None:
    before = CONTAINERS[container](PAYLOAD).data
    new_name = "role:{{AccountID}}:staff:{{SessionName}}"
    only = RunOptions(select=("AM101",), rename=("nobody",))
    result = fix(before, options=only, named=True)
    changed = changed_lines(before, result.output)
    ((old, new),) = [pair for pair in changed if b"123" not in pair[0]]
    assert unquoted(new).replace(new_name.encode(), b"staff") == unquoted(old)
    assert fix(result.output, options=only, named=True).output == result.output


@pytest.mark.parametrize("container", LOCKED)
def test_what_terraform_made_is_not_mended(container: str) -> None:
    before = LOCKED[container](PAYLOAD).data
    result = fix(before, options=RunOptions(unsafe_fixes=True))
    assert result.output == before
    assert {reason for _, reason in result.held_back} == {
        "edit the Terraform source, from which this JSON is generated"
    }
    address = "kubernetes_config_map" if container == "state file" else container
    assert all(finding.message.startswith(address) for finding in result.remaining)


def test_each_resource_has_its_address() -> None:
    spec = {"arn": "arn:aws:iam::111111111111:role/a", "username": "a", "groups": ["g"]}
    mapping = {"apiVersion": "iamauthenticator.k8s.aws/v1alpha1", "kind": "IAMIdentityMapping"}
    kind = "kubernetes_manifest"
    resources = [
        {"address": name, "mode": "managed", "type": kind, "values": {"manifest": manifest}}
        for name, manifest in (
            ("x.one", mapping | {"spec": spec}),
            ("x.two", mapping | {"spec": spec}),
        )
    ]
    found = {"terraform_version": "1", "values": {"root_module": {"resources": resources}}}
    report = lint(as_file(found), options=RunOptions(select=("AM101",)))
    assert [finding.message[:6] for finding in report.findings] == ["x.one:", "x.two:"]


@pytest.mark.parametrize(
    "source",
    [
        'module "eks" {\n  source = "terraform-aws-modules/eks/aws"\n}\n',
        'resource "kubernetes_config_map" "aws_auth" {\n  data = {\n    mapRoles = "x"\n  }\n}\n',
        'aws_auth_roles = [\n  {\n    rolearn = "arn:aws:iam::1:role/x"\n  },\n]\n',
    ],
)
def test_source_of_terraform_says_how_to_make_a_plan(source: str) -> None:
    (finding,) = lint(source.encode(), path="main.tf", named=True).findings
    assert finding.rule.code == "AM011"
    assert "terraform show -json plan | authmap lint -" in finding.advice


# lists of entries where nobody would look


def test_values_are_read_only_where_they_are_named() -> None:
    data = CONTAINERS["values of a chart"](PAYLOAD).data
    assert lint(data).maps == 0
    assert lint(data, named=True).maps == 1
    assert lint(data, options=RunOptions(extra_paths=("awsAuth.mapRoles",))).maps == 1
    assert lint(data, options=RunOptions(extra_paths=("awsAuth.mapUsers", "*.x"))).maps == 0


@pytest.mark.parametrize(
    "path", ["clusters.*.people", "clusters.0.people", "clusters.0.*", "*.*.*"]
)
def test_paths_in_values(path: str) -> None:
    data = f"clusters:\n- people:\n{indented(block(PAYLOAD), 2)}".encode()
    assert lint(data, named=True).maps == 0
    options = RunOptions(extra_paths=(path,), select=("AM101",))
    assert len(lint(data, options=options).findings) == 2
    result = fix(data, options=options)
    assert len(changed_lines(data, result.output)) == 1


def test_a_configmap_of_another_name_is_not_guessed_at() -> None:
    data = manifest(literal(block(PAYLOAD))).replace(b"aws-auth", b"aws-auth-backup")
    assert lint(data, named=True).maps == 0


def test_values_of_a_known_kind_have_paths_too() -> None:
    head = "kind: HelmRelease\nmetadata: {name: x}\nspec:\n  values:\n    people:\n"
    data = (head + indented(block(PAYLOAD), 4)).encode()
    assert lint(data, options=RunOptions(extra_paths=("spec.values.people",))).maps == 1
    assert lint(data, named=True).others == ["HelmRelease x"]


def test_values_that_are_many_times_the_same() -> None:
    data = b"a: &a {aws_auth_roles: [{rolearn: a}]}\n" + b"".join(
        b"%c: &%c [%s]\n" % (c, c, b", ".join([b"*%c" % (c - 1)] * 9)) for c in b"bcdefghijk"
    )
    assert lint(data, named=True).maps == 1


def test_aliases_do_not_multiply() -> None:
    module = "&a {resources: []}"
    text = f"a: {module}\n"
    for letter, before in zip("bcdefghijklm", "abcdefghijkl", strict=True):
        inner = ", ".join([f"*{before}"] * 9)
        text += f"{letter}: &{letter} {{child_modules: [{inner}]}}\n"
    text += "terraform_version: 1\nvalues: {root_module: *m}\n"
    assert lint(text.encode(), named=True).maps == 0
    paths = (".".join(["m", *["child_modules", "*"] * 12]),)
    assert lint(text.encode(), options=RunOptions(extra_paths=paths)).maps == 0


def test_extra_paths_of_a_configuration_file(tmp_path: Path) -> None:
    (tmp_path / "charts").mkdir()
    (tmp_path / "authmap.toml").write_text('[extra-paths]\n"charts/*.yaml" = ["eks.people"]\n')
    for name in ("charts/values.yaml", "values.yaml"):
        text = f"eks:\n  people:\n{indented(block(PAYLOAD), 2)}"
        (tmp_path / name).write_text(text)
    done = authmap("lint", "-f", "concise", "--select", "AM101", cwd=tmp_path)
    assert done.returncode == 1
    assert [line.partition(":")[0] for line in done.stdout.splitlines()] == [
        "./charts/values.yaml"
    ] * 2


@pytest.mark.parametrize("container", CONTAINERS)
def test_comments_keep_findings_back(container: str) -> None:
    data = CONTAINERS[container](PAYLOAD).data
    if container in ("control plane in JSON", "variables of a module"):  # has no comments
        return
    was = {f.entry and f.entry.index for f in lint(data, named=True).findings}
    commented = data.replace(b"role/staff\n", b"role/staff # authmap: ignore[AM101, AM102]\n")
    assert commented != data
    found = lint(commented, named=True).findings
    assert {f.entry and f.entry.index for f in found} == was - {2}
