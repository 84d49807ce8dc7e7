"""`--rbac`: which bindings are known by it, and what is not known all the same."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from command import authmap

from authmap.api import lint
from authmap.documents.bindings import read_bindings
from authmap.model.bindings import Bindings
from authmap.model.options import RunOptions

if TYPE_CHECKING:
    import subprocess

ROOT = Path(__file__).parent.parent
MAP = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: aws-auth, namespace: kube-system}
data:
  mapRoles: |
    - rolearn: arn:aws:iam::111111111111:role/carl
      username: carl
"""
BINDING = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: b}
roleRef: {kind: ClusterRole, name: edit, apiGroup: rbac.authorization.k8s.io}
subjects:
"""
OTHER = BINDING + "- {kind: User, name: dora}\n"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("map.yaml").write_text(MAP)


def renamed(rbac: str) -> subprocess.CompletedProcess[str]:
    Path("rbac.yaml").write_text(rbac)
    return authmap("fix", "map.yaml", "--rbac", "rbac.yaml")


def test_who_is_bound_by_nothing_loses_nothing() -> None:
    assert "username: role:" in renamed(OTHER).stdout


@pytest.mark.parametrize(
    "subjects",
    [
        '- {kind: User, name: "{{ .Values.user }}"}',
        "- {kind: User, name: {{ .Values.user }}}",
        "- kind: User\n  name: {{ .Values.user }}",
        '- {kind: User, name: "${user}"}',
        '- {kind: "${kind}", name: carl}',
        "- {{ .Values.subject }}",
        '- "${subject}"',
        "  {{ .Values.subjects }}",
        "- {kind: User, name: dora}\n- {kind: User, name: <USER>}",
    ],
)
def test_subject_that_is_not_rendered_may_be_anybody(subjects: str) -> None:
    done = renamed(f"{BINDING}{subjects}\n")
    assert (done.returncode, done.stdout) == (1, MAP)
    assert "the entry has no groups, so its access comes from a binding" in done.stderr
    done = authmap("lint", "map.yaml", "--rbac", "rbac.yaml")
    assert "[AM403]" not in done.stdout
    assert "RBAC rules (AM401, AM402, AM403) skipped: rbac.yaml:" in done.stdout
    assert "is not rendered yet and could be anybody" in done.stdout


def test_service_account_that_is_not_rendered_is_no_user() -> None:
    account = '- {kind: ServiceAccount, name: "{{ .Release.Name }}", namespace: n}\n'
    assert "username: role:" in renamed(BINDING + account).stdout


def test_rename_with_bindings_that_are_not_all_known_says_so() -> None:
    Path("map.yaml").write_text(MAP + "      groups: [dev]\n")
    done = renamed(BINDING + '- {kind: User, name: "${user}"}\n')
    assert "username: role:" in done.stdout
    assert (
        "RBAC bindings were not all checked (rbac.yaml:6: the subject `${user}` is not rendered "
        "yet and could be anybody): "
    ) in done.stderr


def test_subject_that_is_merged_is_bound() -> None:
    first = "- &one {kind: User, name: dora}\n"
    assert "names the user `carl`" in renamed(BINDING + first + "- {<<: *one, name: carl}\n").stderr
    first = "- &one {kind: User, name: carl}\n"
    assert "names the user `carl`" in renamed(BINDING + first + "- {<<: *one, x: y}\n").stderr


@pytest.mark.parametrize("rbac", [MAP, "bindings: [{user: carl}]\n", "", "kind: List\nitems: []\n"])
def test_rbac_without_a_binding_is_refused(rbac: str) -> None:
    done = renamed(rbac)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "authmap: error: rbac.yaml: no ClusterRoleBinding or RoleBinding found; export them from "
        "the cluster: `kubectl get clusterrolebindings,rolebindings -A -o yaml > rbac.yaml`\n"
    )


def test_folder_without_a_binding_is_refused() -> None:
    Path("empty").mkdir()
    for command in ("lint", "fix"):
        done = authmap(command, "map.yaml", "--rbac", "empty")
        assert (done.returncode, done.stdout) == (2, "")
    Path("rbac.yaml").write_text(OTHER)
    done = authmap("fix", "map.yaml", "--rbac", "empty", "--rbac", "rbac.yaml")
    assert "username: role:" in done.stdout


def test_rbac_that_is_a_template_and_no_yaml_says_so() -> None:
    done = renamed("{{- if .Values.x }}\n" + OTHER + "{{- end }}\n")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "authmap: error: rbac.yaml: cannot be read: line 1, column 1: `{{- if .Values.x }}` is a "
        "template that is not rendered yet: render it first\n"
    )


def test_bindings_of_the_file_itself_count_although_there_may_be_others() -> None:
    """A fix takes none of them its subject; all else is as without them."""
    entry = "    - rolearn: arn:aws:iam::222222222222:role/{0}\n      username: {0}\n"
    entries = "".join(entry.format(name) + "      groups: [g]\n" for name in ("ops", "dev"))
    Path("map.yaml").write_text(f"{MAP}{entries}---\n{BINDING}- {{kind: User, name: ops}}\n")
    done = authmap("fix", "--diff", "map.yaml")
    lines = [line for line in done.stdout.splitlines() if line.startswith(("-  ", "+  "))]
    assert lines == [
        "-      username: dev",
        "+      username: role:{{AccountID}}:dev:{{SessionName}}",
    ]
    assert "ClusterRoleBinding b names the user `ops`, who would lose" in done.stderr
    assert "the entry has no groups, so its access comes from a binding" in done.stderr
    assert "RBAC bindings were not checked" in done.stderr
    done = authmap("lint", "map.yaml", "--extend-select", "AM4")
    assert "[AM4" not in done.stdout
    assert "RBAC rules (AM401, AM402, AM403) skipped: no bindings given" in done.stdout
    Path("rbac.yaml").write_text(OTHER)
    assert (
        "username: role:{{AccountID}}:ops:"
        in authmap("fix", "map.yaml", "--rbac", "rbac.yaml").stdout
    )


@pytest.mark.parametrize(
    "name",
    ["AM501/bad.yaml", "AM001/bad-file.yaml", "aws-auth.yaml"],
    ids=["kubeconfig", "broken", "map"],
)
def test_a_bad_binding_is_found_beside_anything(name: str) -> None:
    rbac = b"kind: RoleBinding\nsubjects: [{kind: User, name: 'a:{{AccountID}}'}]\n"
    options = RunOptions(select=("AM4",), bindings=Bindings(read_bindings(rbac, "rbac.yaml")))
    findings = lint((ROOT / "fixtures" / name).read_bytes(), options=options).findings
    assert [finding.code for finding in findings if finding.code == "AM401"] == ["AM401"]
