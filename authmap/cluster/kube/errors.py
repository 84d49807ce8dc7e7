"""What goes wrong with a cluster, said to the person who named it."""

from __future__ import annotations

import math
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


class ClusterError(Exception):
    """A cluster that cannot be read or written; the message says why, and what to do.

    Attributes:
        state: what is known of the object that was to be changed.
    """

    state = ""

    def __str__(self) -> str:
        return "; ".join(filter(None, (super().__str__(), self.state)))


@contextmanager
def leaving(state: str) -> Iterator[None]:
    """Say of what fails in here, and does not know better, in what state it leaves the object."""
    try:
        yield
    except ClusterError as error:
        error.state = error.state or state
        raise


class UnreachableError(ClusterError):
    """There is no answer, or none that tells anything: a broken one, 429, 5xx."""


class BusyError(UnreachableError):
    """The API server has too much to do (429).

    Attributes:
        after: in how many seconds it wants to be asked again.
    """

    def __init__(self, message: str, after: float = math.inf) -> None:
        super().__init__(message)
        self.after = after


class LoginRefusedError(ClusterError):
    """The API server does not know who we are (401)."""


class ForbiddenError(ClusterError):
    """We may not do it (403)."""


class MissingError(ClusterError):
    """There is no such object (404)."""


class GoneError(ClusterError):
    """The object was there when it was read, and is not any more."""

    def __init__(self) -> None:
        super().__init__("somebody has deleted the object since it was read")


class ConflictError(ClusterError):
    """The object has changed since it was read."""


class RefusedError(ClusterError):
    """The API server refuses the request for another reason: admission, validation, a limit."""
