"""What a test needs that not every machine has: skipped with the reason, or required."""

from __future__ import annotations

import os
from typing import NoReturn

import pytest


def required(what: str) -> bool:
    """Whether a test that needs `what` must run rather than be skipped."""
    return what in os.environ.get("AUTHMAP_TEST_REQUIRE", "").split(",")


def unavailable(what: str, reason: str) -> NoReturn:
    """Skip the test with the reason, or fail where it is required."""
    if required(what):
        pytest.fail(f"AUTHMAP_TEST_REQUIRE names {what}, but {reason}")
    pytest.skip(reason)
