"""Tests of the login chain, which the login tests rely on."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cluster.chain import Chain

FIXTURE = Path(__file__).parents[2] / "fixtures" / "aws-auth.yaml"
ALICE, BOB = "alice@example.com", "bob@example.com"


def get_nodes(chain: Chain, session: str) -> None:
    config = chain.kubeconfig("staff", session)
    done = chain.cluster.kubectl("--kubeconfig", str(config), "get", "--raw", "/api/v1/nodes")
    assert done.returncode == 0, done.stderr


def test_two_sessions_of_a_role_are_one_user_until_usernames_have_session_names(
    chain: Chain,
) -> None:
    chain.cluster.create_map(FIXTURE.read_bytes())
    chain.wait_for_login("staff")
    mark = chain.cluster.mark()
    get_nodes(chain, ALICE)
    get_nodes(chain, BOB)
    users = [event["user"] for event in chain.cluster.audit(mark)]
    assert [user["username"] for user in users] == ["staff", "staff"]
    assert [user["extra"]["sessionName"] for user in users] == [[ALICE], [BOB]]
    assert users[0]["extra"]["arn"] == [f"arn:aws:sts::111111111111:assumed-role/staff/{ALICE}"]
    assert users[0]["extra"]["canonicalArn"] == ["arn:aws:iam::111111111111:role/staff"]

    manifest = FIXTURE.read_bytes()
    new = b"username: role:{{AccountID}}:staff:{{SessionName}}"
    chain.cluster.create_map(manifest.replace(b"username: staff", new))
    chain.wait_for_login("role:111111111111:staff:alice-example.com")
    mark = chain.cluster.mark()
    get_nodes(chain, BOB)
    [event] = chain.cluster.audit(mark)
    assert event["user"]["username"] == "role:111111111111:staff:bob-example.com"


def test_reset_removes_the_map_from_the_authenticator_too(chain: Chain) -> None:
    chain.cluster.create_map(FIXTURE.read_bytes())
    chain.wait_for_login("staff")
    chain.reset()
    assert chain.whoami() is None
