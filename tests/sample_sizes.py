"""How many random examples a test tries."""

from __future__ import annotations

import os


def asked(name: str, usual: int) -> int:
    """The number that an environment variable asks for, or else the usual one.

    `AUTHMAP_TEST_SCALE` scales the usual ones: `0.1` is a tenth of them.

    Args:
        name: of the variable.
        usual: the number where it is not set.
    """
    number = os.environ.get(name)
    if number is not None:
        return int(number)
    return max(1, round(usual * float(os.environ.get("AUTHMAP_TEST_SCALE", "1"))))
