"""The guards refuse harmful changes, whatever a fix or a backup contains."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from authmap.cluster import reading
from authmap.cluster.change import guards, plan
from authmap.cluster.kube.kubeconfig import ConnectionOptions
from authmap.cluster.kube.session import Session
from authmap.fixing.results import DataFixResult
from authmap.model.options import RunOptions
from cluster.crash_points import authmap
from cluster.proxy import Proxy, Request
from cluster.run import on_terminal
from cluster.server import AWS_AUTH
from cluster.users import EDIT_MAP

if TYPE_CHECKING:
    from cluster.chain import Chain
    from cluster.server import Cluster

FIXTURE = Path(__file__).parents[2] / "fixtures" / "aws-auth.yaml"
APPLY = ("fix", "--apply", "--yes", "--context", "prod", "--fail-on=never")
ROLLBACK = ("rollback", "--yes", "--context", "prod")
ROLE = "arn:aws:iam::111111111111:role"
USER = "arn:aws:iam::111111111111:user"
NODE = f"""\
- rolearn: {ROLE}/nodes
  username: system:node:{{{{EC2PrivateDNSName}}}}
  groups: [system:bootstrappers, system:nodes]
"""
STAFF = f"- {{rolearn: {ROLE}/staff, username: staff, groups: [developers]}}\n"
OPS = f"- {{rolearn: {ROLE}/ops, username: ops, groups: [system:masters]}}\n"
OVERRIDDEN = f"- {{rolearn: {ROLE}/staff, username: dead, groups: [nobody]}}\n"
ALICE = f"- {{userarn: {USER}/alice, username: alice}}\n- {{userarn: {USER}/Alice, username: a}}\n"
MAP = {
    "mapRoles": NODE + OVERRIDDEN + STAFF + OPS,
    "mapUsers": ALICE,
    "mapAccounts": "['222222222222']",
}


def create(cluster: Cluster, **data: str) -> None:
    cluster.create_map(FIXTURE.read_bytes())
    cluster.set_data(data or MAP)


def saved(config: Path) -> str:
    """The only backup, as an option: no fix is in effect where others changed the map since."""
    (path,) = (config.parent / "state").rglob("*.yaml")
    return f"--to={path}"


def roles(cluster: Cluster) -> str:
    return str(cluster.source_map()["data"]["mapRoles"])


@pytest.mark.parametrize(
    ("key", "text", "said"),
    [
        ("mapRoles", NODE + OVERRIDDEN + STAFF, r"role/ops \(mapRoles\[3\]\) would lose access"),
        ("mapRoles", "", r"role/nodes .*, role/staff .*, role/ops .* would lose access"),
        ("mapRoles", NODE + STAFF + OVERRIDDEN + OPS, "although no fix targets it"),
        ("mapRoles", MAP["mapRoles"].replace("ops, g", "ops2, g"), "although no fix targets it"),
        (
            "mapRoles",
            MAP["mapRoles"].replace("[dev", "[system:masters, dev"),
            "although no fix targets it",
        ),
        (
            "mapRoles",
            MAP["mapRoles"].replace("role/ops", "role/oops"),
            r"role/ops \(mapRoles\[3\]\) would lose access",
        ),
        (
            "mapRoles",
            MAP["mapRoles"] + OPS.replace("ops", "new"),
            "would let role/new log in",
        ),
        (
            "mapRoles",
            MAP["mapRoles"].replace("system:node:", "node:"),
            "belongs to a node and would change",
        ),
        ("mapRoles", MAP["mapRoles"] + "- {", "the change would make mapRoles unreadable"),
        ("mapUsers", ALICE.splitlines()[0], r"rename user/alice from `alice` or `a` to `alice`"),
        ("mapAccounts", "[]", "mapAccounts would lose account 222222222222"),
    ],
)
def test_fix_that_changes_something_else(
    cluster: Cluster, tmp_path: Path, key: str, text: str, said: str
) -> None:
    create(cluster)
    session = Session(
        "prod", ConnectionOptions(str(cluster.kubeconfig("editor", path=tmp_path / "config")))
    )
    live = reading.read(session)
    wrong = plan.of_data(live, live.data | {key: text})
    wrong = wrong._replace(result=DataFixResult(live.path, wrong.data, [], [], []))
    with pytest.raises(guards.GuardError, match=said):
        guards.check(wrong, session, RunOptions())
    as_it_is = plan.of_data(live, live.data)._replace(result=wrong.result)
    assert guards.check(as_it_is, session, RunOptions()).doubts == []
    session.close()


def test_binding_that_only_some_sessions_would_keep(cluster: Cluster, tmp_path: Path) -> None:
    """`s{{SessionName}}` is `staff` for a session `taff`, and for no other."""
    create(cluster, mapRoles=STAFF)
    cluster.bind("staff", role="view", users=["staff"])
    before = cluster.source_map()
    config = cluster.kubeconfig("editor", path=tmp_path / "config")
    options = ["--rename=staff", "--username-template=s{{SessionName}}", "--select=AM101"]
    run = authmap(config, *APPLY, *options)
    assert run.returncode == 2
    assert "ClusterRoleBinding staff names the user `staff`" in run.stderr
    assert cluster.source_map() == before


def test_entries_of_an_unreadable_section_count_as_edits(cluster: Cluster, tmp_path: Path) -> None:
    """A fix must not activate an entry that somebody else adds to an unreadable section."""
    lost = f"- rolearn: {ROLE}/staff\n  username: {{{{SessionName}}}}\n  groups: [g]\n"
    create(cluster, mapRoles=lost)
    theirs = []

    def behaviour(request: Request) -> None:
        if (request.method, request.nth) == ("PATCH", 2):
            theirs.append(cluster.set_data({"mapRoles": lost + OPS}))

    with Proxy(cluster, behaviour) as proxy:
        config = cluster.kubeconfig("editor", path=tmp_path / "config", url=proxy.url)
        run = authmap(config, *APPLY, "--select=AM003", "--unsafe-fixes")
        assert run.returncode == 2
        assert "no longer the one that --yes approved" in run.stderr
        assert [cluster.source_map()] == theirs
        again = authmap(config, *APPLY, "--select=AM003", "--unsafe-fixes")
    assert again.returncode == 0, again.stderr
    assert roles(cluster) != lost + OPS


def test_rollback_does_not_silently_remove_an_entry(cluster: Cluster, tmp_path: Path) -> None:
    """Not even if the new entry is first and shifts the index of all others."""
    create(cluster, mapRoles=NODE + STAFF)
    config = cluster.kubeconfig("editor", path=tmp_path / "config")
    assert authmap(config, *APPLY).returncode == 0
    cluster.set_data({"mapRoles": OPS + roles(cluster)})
    before = cluster.source_map()
    run = authmap(config, *ROLLBACK, saved(config))
    assert run.returncode == 2
    assert "lockout risk: role/ops (mapRoles[0]) would lose access" in run.stderr
    assert cluster.source_map() == before


def test_rollback_of_entries_that_were_only_moved(cluster: Cluster, tmp_path: Path) -> None:
    create(cluster, mapRoles=NODE + STAFF)
    config = cluster.kubeconfig("editor", path=tmp_path / "config")
    assert authmap(config, *APPLY).returncode == 0
    fixed = roles(cluster).removeprefix(NODE)
    cluster.set_data({"mapRoles": fixed + NODE})
    run = authmap(config, *ROLLBACK, saved(config))
    assert run.returncode == 0, run.stderr
    assert "lockout risk" not in run.stderr
    assert roles(cluster) == NODE + STAFF


SINCE = "changed since the backup; the rollback would change it back: "


@pytest.mark.parametrize(
    ("then", "said"),
    [
        (STAFF + OPS.replace("system:masters", "platform"), ["ops: groups `platform` -> `system:"]),
        (
            STAFF.replace("dev", "v"),
            ["ops would be restored (`ops, system:masters`)", "staff: groups"],
        ),
        (STAFF + OPS.replace(" ops", " oops"), ["role/ops: username `oops` -> `ops`"]),
    ],
)
def test_rollback_does_not_silently_restore_access(
    cluster: Cluster, tmp_path: Path, then: str, said: list[str]
) -> None:
    create(cluster, mapRoles=STAFF + OPS)
    config = cluster.kubeconfig("editor", path=tmp_path / "config")
    assert authmap(config, *APPLY, "--rename=staff", "--select=AM101").returncode == 0
    fixed = re.search("username: .*?, g", roles(cluster))
    assert fixed
    cluster.set_data({"mapRoles": then.replace("username: staff, g", fixed.group())})
    before = cluster.source_map()
    to, gain = saved(config), "--accept-access-gain"
    for options, refusal in (
        ((), "changes that others made since the backup would be lost"),
        ((gain,), "changes that others made since the backup would be lost"),
        (("--accept-lockout-risk",), "the rollback would give somebody access"),
    ):
        if "oops" in then and options == ("--accept-lockout-risk",):
            continue  # only a name changes
        run = authmap(config, *ROLLBACK, to, *options)
        assert run.returncode == 2
        assert run.stderr.count(SINCE) == len(said)
        assert all(each in run.stderr for each in said)
        assert refusal in run.stderr or not options
        assert cluster.source_map() == before
    code, shown = on_terminal(config, "rollback", "--context", "prod", to, answers=["n"])
    assert (code, shown.count(SINCE)) == (2, len(said))
    run = authmap(config, *ROLLBACK, to, "--accept-lockout-risk", gain)
    assert run.returncode == 0, run.stderr
    assert roles(cluster) == STAFF + OPS


def test_rollback_of_everything_that_a_fix_changes(cluster: Cluster, tmp_path: Path) -> None:
    """Groups, ARNs and usernames, with characters that YAML does not allow, are the fix's own."""
    odd = STAFF.replace("username: staff", r'username: "a\x7f\u00e9"')
    path = OPS.replace("role/ops", "role/team/ops")
    bad = STAFF.replace("staff", "other").replace("[developers]", "['']")
    create(cluster, mapRoles=odd + path + bad)
    config = cluster.kubeconfig("editor", path=tmp_path / "config")
    run = authmap(config, *APPLY, "--unsafe-fixes")
    assert run.returncode == 0, run.stderr
    assert f"{ROLE}/ops" in roles(cluster)
    data = cluster.source_map()["data"]
    (backup,) = (tmp_path / "state").rglob("*.yaml")
    assert cluster.kubectl("create", "--dry-run=client", "-f", str(backup)).returncode == 0
    cluster.set_data(data | {"other": "1"})
    run = authmap(config, *ROLLBACK, f"--to={backup}")
    assert run.returncode == 2
    assert run.stderr.count(SINCE) == 1
    assert f"{SINCE}the text of other" in run.stderr
    cluster.set_data(data)
    run = authmap(config, *ROLLBACK, "--accept-lockout-risk")  # with its old ARN, ops has no access
    assert run.returncode == 0, run.stderr
    assert SINCE not in run.stderr
    assert roles(cluster) == odd + path + bad


def test_same_token_does_not_confirm(cluster: Cluster, tmp_path: Path) -> None:
    """If the user may be mapped by an entry, a login with the same token proves nothing."""
    own = f"- {{rolearn: {ROLE}/editor, username: editor}}\n"
    create(cluster, mapRoles=own + STAFF)
    config = cluster.kubeconfig("editor", path=tmp_path / "config")
    run = authmap(config, *APPLY, "--accept-lockout-risk")
    assert "`editor` may come from an entry of this map" in run.stderr
    assert "not confirmed: a fresh login gets the same token again" in run.stderr


def test_fresh_login_with_another_session_name(chain: Chain, tmp_path: Path) -> None:
    """A session without a given name is named after the time, and so is the user."""
    create(chain.cluster, mapRoles=OPS)
    chain.authenticator.wait_until(lambda: bool(chain.whoami("ops")))
    config = chain.kubeconfig("ops", session="", path=tmp_path / "config")
    run = authmap(config, *APPLY)
    assert run.returncode == 0, run.stderr
    names = re.findall(r"`role:111111111111:ops:aws-go-sdk-(\d+)`", run.stderr)
    assert len(set(names)) == len(names) == 2
    assert (
        f"a fresh login is `role:111111111111:ops:aws-go-sdk-{names[1]}` and can still"
        in run.stderr
    )


def test_fresh_login_that_the_new_map_does_not_rename(chain: Chain, tmp_path: Path) -> None:
    """The first fresh login may still use the old map, so a later one is needed."""
    ops = OPS.replace("username: ops", "username: '111111111111:ops:{{SessionName}}'")
    create(chain.cluster, mapRoles=ops + STAFF)
    chain.authenticator.wait_until(lambda: bool(chain.whoami("ops")))
    config = chain.kubeconfig("ops", path=tmp_path / "config")
    mark = chain.cluster.mark()
    run = authmap(config, *APPLY)
    assert run.returncode == 0, run.stderr
    assert "a fresh login can still change the map" in run.stderr
    events = chain.cluster.audit(mark)
    logins = [e for e in events if e.get("objectRef", {}).get("resource") == "selfsubjectreviews"]
    assert len(logins) > 2  # one of them is by the session that writes


def test_account_caller_who_is_bound_by_arn(cluster: Cluster, tmp_path: Path) -> None:
    """A corrected ARN would let an entry catch them, under another name than the bound one."""
    with_path = OPS.replace("role/ops", "role/team/OPS")
    create(cluster, mapRoles=with_path + STAFF, mapAccounts="['111111111111']")
    cluster.bind("ops", role="view", users=[f"{ROLE}/Ops"])  # as IAM spells it
    before = cluster.source_map()
    config = cluster.kubeconfig("editor", path=tmp_path / "config")
    run = authmap(config, *APPLY, "--unsafe-fixes", "--select=AM201")
    assert run.returncode == 2, run.stderr
    assert f"ClusterRoleBinding ops names the user `{ROLE}/Ops`" in run.stderr
    assert "would lose ClusterRole/view" in run.stderr
    assert cluster.source_map() == before


def test_account_caller_whose_bindings_cannot_be_listed(cluster: Cluster, tmp_path: Path) -> None:
    create(cluster, mapRoles=OPS.replace("role/ops", "role/team/ops"), mapAccounts="[1]")
    cluster.set_data(cluster.source_map()["data"] | {"mapAccounts": "['111111111111']"})
    cluster.role("map-editor", [EDIT_MAP], namespace="kube-system")
    where = "kube-system"
    cluster.bind("me", role="map-editor", kind="Role", users=["user-00"], namespace=where)
    before = cluster.source_map()
    config = cluster.kubeconfig("user-00", path=tmp_path / "config")
    run = authmap(config, *APPLY, "--unsafe-fixes", "--select=AM201")
    assert run.returncode == 2, run.stderr
    assert "lockout risk: cannot check whether a binding names an old username" in run.stderr
    assert cluster.source_map() == before


@pytest.mark.parametrize("yes", [True, False])
def test_rollback_lets_nobody_become_a_user_bound_since(
    cluster: Cluster, tmp_path: Path, yes: bool
) -> None:
    """The old username belonged to nobody when somebody bound it."""
    create(cluster, mapRoles=STAFF)
    config = cluster.kubeconfig("editor", path=tmp_path / "config")
    assert authmap(config, *APPLY).returncode == 0
    cluster.bind("staff", users=["staff"])
    before = cluster.source_map()
    command = ROLLBACK if yes else ("rollback", "--context", "prod")
    run = authmap(config, *command, "--accept-lockout-risk")
    assert run.returncode == 2
    assert (
        "the rollback would let role/staff become the user `staff`, to whom ClusterRoleBinding "
        "staff grants ClusterRole/cluster-admin: delete that binding" in run.stderr
    )
    assert run.stderr.endswith("--accept-access-gain continues anyway; nothing was written\n")
    assert cluster.source_map() == before
    assert authmap(config, *ROLLBACK, "--accept-access-gain").returncode == 0
    assert roles(cluster) == STAFF


def test_immutable_map(cluster: Cluster, tmp_path: Path) -> None:
    create(cluster, mapRoles=STAFF)
    kind = "application/merge-patch+json"
    cluster.must("PATCH", AWS_AUTH, {"immutable": True}, content_type=kind)
    config = cluster.kubeconfig("editor", path=tmp_path / "config")
    run = authmap(config, *APPLY)
    assert run.returncode == 2
    assert "aws-auth is marked `immutable: true`, so the API server refuses" in run.stderr
    assert "`kubectl replace --force -f FILE`" in run.stderr
    assert "backup" not in run.stderr
    # what the message says works
    saved = cluster.kubectl("get", "configmap", "aws-auth", "-n", "kube-system", "-o", "yaml")
    changed = saved.stdout.replace(b"immutable: true\n", b"")
    done = cluster.kubectl("replace", "--force", "-f", "-", stdin=changed)
    assert done.returncode == 0, done.stderr
    assert authmap(config, *APPLY).returncode == 0


def test_rollback_that_changes_many_entries_says_so_briefly(
    cluster: Cluster, tmp_path: Path
) -> None:
    many = "".join(OPS.replace("ops", f"ops-{number}") for number in range(50))
    create(cluster, mapRoles=STAFF + many)
    config = cluster.kubeconfig("editor", path=tmp_path / "config")
    assert authmap(config, *APPLY).returncode == 0
    cluster.set_data({"mapRoles": STAFF})
    run = authmap(config, *ROLLBACK, saved(config))
    assert run.returncode == 2
    assert run.stderr.count(f"{SINCE}mapRoles {ROLE}/ops-") == 20
    assert f"{SINCE}30 more; the diff shows them" in run.stderr
    assert run.stderr.count("access gained: the rollback would let role/ops-") == 20
    assert "access gained: 30 more; the diff shows them" in run.stderr
