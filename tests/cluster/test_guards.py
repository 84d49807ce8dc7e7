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
    run = authmap(config, *ROLLBACK)
    assert run.returncode == 2
    assert "lockout risk: role/ops (mapRoles[0]) would lose access" in run.stderr
    assert cluster.source_map() == before


def test_rollback_of_entries_that_were_only_moved(cluster: Cluster, tmp_path: Path) -> None:
    create(cluster, mapRoles=NODE + STAFF)
    config = cluster.kubeconfig("editor", path=tmp_path / "config")
    assert authmap(config, *APPLY).returncode == 0
    fixed = roles(cluster).removeprefix(NODE)
    cluster.set_data({"mapRoles": fixed + NODE})
    run = authmap(config, *ROLLBACK)
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
    run = authmap(config, *ROLLBACK)
    assert run.returncode == 2
    assert run.stderr.count(SINCE) == len(said)
    assert all(each in run.stderr for each in said)
    assert "changes that others made since the backup would be lost" in run.stderr
    assert cluster.source_map() == before
    code, shown = on_terminal(config, "rollback", "--context", "prod", answers=["n"])
    assert (code, shown.count(SINCE)) == (2, len(said))
    assert cluster.source_map() == before
    run = authmap(config, *ROLLBACK, "--accept-lockout-risk")
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
    (saved,) = (tmp_path / "state").rglob("*.yaml")
    assert cluster.kubectl("create", "--dry-run=client", "-f", str(saved)).returncode == 0
    cluster.set_data(data | {"other": "1"})
    run = authmap(config, *ROLLBACK)
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
