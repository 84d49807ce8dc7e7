"""Speed of `AuthMap.resolve` when it is called for every event of an audit stream.

Run `python benchmarks/resolve.py` in an environment with authmap installed. The goal is 100,000
calls per second of processor time on one core, with a map of 5,000 entries. It exits with 1 if
any stream is slower.
"""

from __future__ import annotations

import statistics
import sys
import time

from authmap import AuthMap

ENTRIES = 5000
CALLS = 100_000
RUNS = 7

ROLE = """\
- rolearn: arn:aws:iam::{account}:role/role-{number}
  username: role:{{{{AccountID}}}}:role-{number}:{{{{SessionName}}}}
  groups: [team-{number}, viewers, "account:{{{{AccountID}}}}"]
"""
USER = """\
- userarn: arn:aws:iam::{account}:user/people/user-{number}
  username: user-{number}
  groups: [team-{number}]
"""


def account(number: int) -> int:
    return 111111111111 + number % 7


def entries(text: str, count: int) -> str:
    return "".join(text.format(number=n, account=account(n)) for n in range(count))


def large_map() -> AuthMap:
    half = ENTRIES // 2
    sections = {"mapRoles": entries(ROLE, half), "mapUsers": entries(USER, half)}
    return AuthMap.from_data(sections | {"mapAccounts": "- 999999999999\n"})


def events(resource: str) -> list[str]:
    """ARNs of callers, in another order than the entries."""
    arns = []
    for event in range(CALLS):
        number = event * 1237 % (ENTRIES // 2)
        arns.append(f"arn:aws:{resource.format(number=number, event=event, a=account(number))}")
    return arns


STREAMS = {
    "sessions of roles": "sts::{a}:assumed-role/role-{number}/alice-{event}@example.com",
    "users": "iam::{a}:user/people/user-{number}",
    "callers without an entry": "sts::{a}:assumed-role/other-{number}/session-{event}",
    "callers by mapAccounts": "sts::999999999999:assumed-role/other-{number}/session-{event}",
}


def main() -> None:
    started = time.process_time()
    found = large_map()
    found.resolve("arn:aws:iam::111111111111:root")
    print(f"{ENTRIES:,} entries read and indexed in {time.process_time() - started:.2f} s")
    slowest = 0.0
    for what, resource in STREAMS.items():
        arns = events(resource)
        taken = []
        for _ in range(RUNS):
            started = time.process_time()
            for arn in arns:
                found.resolve(arn)
            taken.append(time.process_time() - started)
        middle = statistics.median(taken)
        slowest = max(slowest, middle)
        print(
            f"{what:24} {CALLS / middle:10,.0f} calls per second (median of {RUNS}; "
            f"slowest {CALLS / max(taken):,.0f})"
        )
    sys.exit(int(slowest > CALLS / 100_000))


if __name__ == "__main__":
    main()
