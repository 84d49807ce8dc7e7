"""Promise 1: what authmap says about a map is what the real authenticator does with it."""

from __future__ import annotations

import json
from random import Random
from typing import TYPE_CHECKING, Any

import maps
import pytest
import words
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sample_sizes import asked

from authmap.authenticator.arn import ArnError
from authmap.authenticator.entry import is_unreadable
from authmap.authenticator.resolve import LoginError
from authmap.model.auth_map import AuthMap

if TYPE_CHECKING:
    import oracle

EXAMPLES = asked("AUTHMAP_DIFFERENTIAL", 5000)
DNS_NAME = "ip-10-0-0-1.ec2.internal"
ROLE = f"arn:aws:iam::{words.A1}:role/staff"
CALLERS: list[dict[str, str]] = [
    {"accessKeyId": "AKIAEXAMPLE", "privateDNSName": DNS_NAME, **known}
    for known in (
        *({"arn": arn} for arn in words.CALLERS),
        {"arn": ROLE, "sessionName": "alice"},
        {"arn": ROLE, "sessionName": "i-0123456789abcdef0", "accountId": words.A2},
        {"arn": ROLE.replace("aws", "aws-xx"), "sessionName": "alice"},
    )
]


def of_authmap(data: dict[str, str]) -> dict[str, Any]:
    """authmap's answer in the shape of the filter's."""
    found = AuthMap.from_data(data)
    kept = [entry for entry in found.entries if entry.dropped is None]
    return {
        "roles": [
            {
                "rolearn": e.arn,
                "username": e.username,
                "groups": e.groups,
                "userid": e.userid,
                "sso": e.sso and list(e.sso),
            }
            for e in kept
            if e.section.name == "mapRoles"
        ],
        "users": [
            {"userarn": e.arn, "username": e.username, "groups": e.groups, "userid": e.userid}
            for e in kept
            if e.section.name == "mapUsers"
        ],
        "accounts": found.accounts,
        "lost": [name for name, section in found.sections.items() if is_unreadable(section)],
        "callers": [_answer(found, caller) for caller in CALLERS],
    }


def _answer(found: AuthMap, caller: dict[str, str]) -> Any:
    session = None if ":assumed-role/" in caller["arn"] else caller.get("sessionName", "")
    try:
        who = found.resolve(
            caller["arn"],
            account_id=caller.get("accountId"),
            session_name=session,
            access_key_id=caller["accessKeyId"],
            private_dns_name=caller["privateDNSName"],
        )
    except (ArnError, LoginError):
        return "refused"
    return "unmapped" if who is None else [who.username, who.groups]


def of_authenticator(answer: Any) -> dict[str, Any]:
    """The filter's answer, in a shape that compares."""
    for role in answer["roles"]:
        sso = role["sso"]
        role["sso"] = sso and [sso["permissionSetName"], sso["accountID"], sso.get("partition", "")]
    return {
        "roles": answer["roles"],
        "users": answer["users"],
        "accounts": answer["accounts"],
        "lost": sorted(answer["lost"], key=["mapRoles", "mapUsers", "mapAccounts"].index),
        "callers": [_their_answer(caller) for caller in answer["callers"]],
    }


def _their_answer(caller: Any) -> Any:
    if caller["error"]:
        return "refused"
    return [caller["username"], caller["groups"]] if caller["mapped"] else "unmapped"


def agree(real: oracle.Oracle, data: dict[str, str]) -> dict[str, Any]:
    """Assert that the authenticator and authmap say the same of a map, and return it."""
    answer = real.ask(data, CALLERS)
    candidates = [caller["candidates"] for caller in answer["callers"]]
    theirs, ours = of_authenticator(answer), of_authmap(data)
    for index, possible in enumerate(candidates):
        if possible:
            assert ours["callers"][index] in [_their_answer(each) for each in possible]
            theirs["callers"][index] = ours["callers"][index]
    for what in theirs:
        assert ours[what] == theirs[what], f"{what} of {json.dumps(data)}: {answer['error']}"
    return theirs


def lasting(examples: int) -> settings:
    """Settings for so many examples."""
    slow = [HealthCheck.too_slow, HealthCheck.data_too_large]
    return settings(max_examples=examples, deadline=None, suppress_health_check=slow)


@pytest.mark.long
@lasting(EXAMPLES)
@given(maps.data())
def test_random_maps(real: oracle.Oracle, data: dict[str, str]) -> None:
    agree(real, data)


@lasting(EXAMPLES // 50)
@given(st.integers(0, 2**32))
def test_random_scalars(real: oracle.Oracle, seed: int) -> None:
    random = Random(seed)  # noqa: S311 - faster than Hypothesis, and there is nothing to shrink
    written = [maps.nearly(random) for _ in range(300)]
    try:
        agree(real, of_scalars(written))
    except AssertionError:
        for scalar in written:  # the one that it is
            agree(real, of_scalars([scalar]))
        raise


def of_scalars(written: list[str]) -> dict[str, str]:
    """A map with values that are written like this."""
    items = "".join(f"  - {scalar}\n" for scalar in written)
    roles = f"- rolearn: {ROLE}\n  groups:\n{items}"
    return {"mapRoles": roles, "mapAccounts": items}
