"""Fixtures that several test files share."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import need
import oracle
import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from collections.abc import Iterator

# the same examples each time, so that a change is to blame for what fails; whoever asks for a
# number of them (AUTHMAP_EXAMPLES, AUTHMAP_DIFFERENTIAL) gets new ones
ASKED = {"AUTHMAP_EXAMPLES", "AUTHMAP_DIFFERENTIAL"} & set(os.environ)
settings.register_profile("steady", deadline=None, derandomize=not ASKED)
settings.load_profile("steady")

for number, usual in (
    (signal.SIGINT, signal.default_int_handler),
    (signal.SIGHUP, signal.SIG_DFL),
):
    if signal.getsignal(number) is signal.SIG_IGN:
        # so a shell starts what is in the background, and nohup: our children would not hear
        signal.signal(number, usual)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Start the files with the longest tests first: each worker takes whole files in this order."""
    long = {item.path for item in items if item.get_closest_marker("long")}
    items.sort(key=lambda item: item.path not in long)


@pytest.fixture(scope="session")
def real() -> Iterator[oracle.Oracle]:
    """The real authenticator."""
    path = oracle.binary()
    if path is None:
        need.unavailable(
            "authenticator",
            "Go is not installed, with which the real authenticator is built; install it from "
            "https://go.dev/dl to run this test",
        )
    running = oracle.Oracle(path)
    yield running
    running.close()
