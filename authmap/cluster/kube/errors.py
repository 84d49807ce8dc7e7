"""Errors of a cluster, with messages for the user."""

from __future__ import annotations

import math
from contextlib import contextmanager
from enum import Enum, auto
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


class Ending(Enum):
    """What a change that failed leaves behind in the cluster.

    Attributes:
        NOTHING_WRITTEN: the map as it was before.
        RESTORED: the map as it was before, which was restored after the write.
        UNKNOWN: the old map or the new one: it is not known which, or it is not the one wanted.
        UNCONFIRMED: the new map, and the user did not wait for a fresh login to confirm it.
    """

    NOTHING_WRITTEN = auto()
    RESTORED = auto()
    UNKNOWN = auto()
    UNCONFIRMED = auto()


class ClusterError(Exception):
    """A cluster cannot be read or written; the message says why, and what to do.

    Attributes:
        state: what is known about the object that was to be changed; "" if nothing.
        ending: the same for the exit code.
    """

    state = ""
    ending = Ending.NOTHING_WRITTEN

    def __str__(self) -> str:
        return "; ".join(filter(None, (super().__str__(), self.state)))

    def leaves(self, ending: Ending, state: str) -> ClusterError:
        """Say what is known about the object; returns the error itself, to be raised."""
        self.ending, self.state = ending, state
        return self


@contextmanager
def leaving(state: str, ending: Ending = Ending.NOTHING_WRITTEN) -> Iterator[None]:
    """Add the object's state to errors raised here that do not know it."""
    try:
        yield
    except ClusterError as error:
        if not error.state and error.ending is Ending.NOTHING_WRITTEN:
            error.leaves(ending, state)
        raise


class UnreachableError(ClusterError):
    """There is no answer, or an unusable one: broken, 429, 5xx."""


class BusyError(UnreachableError):
    """The API server is too busy (429).

    Attributes:
        after: seconds after which it asks to retry.
    """

    def __init__(self, message: str, after: float = math.inf) -> None:
        super().__init__(message)
        self.after = after


class LoginRefusedError(ClusterError):
    """The API server does not accept the credentials (401)."""


class ForbiddenError(ClusterError):
    """This login may not do that (403)."""


class MissingError(ClusterError):
    """The object does not exist (404)."""


class GoneError(ClusterError):
    """The object was deleted after it was read."""

    def __init__(self) -> None:
        super().__init__("somebody has deleted the object since it was read")


class MovedError(ClusterError):
    """A new login of the same context leads to another server."""

    def __init__(self) -> None:
        super().__init__("the kubeconfig now names another server")


class ConflictError(ClusterError):
    """The object has changed since it was read."""


class RefusedError(ClusterError):
    """The API server refused the request for another reason: admission, validation, a limit."""
