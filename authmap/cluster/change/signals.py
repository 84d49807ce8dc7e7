"""What Ctrl-C (SIGINT), SIGTERM and SIGHUP do while a map is changed.

Before the write, each of them stops the run. While the write is sent, they wait for its answer, so
that the state of the map is known. After it, a closed terminal (SIGHUP) stops nothing, because a
change that nobody has confirmed must not stay; SIGTERM and Ctrl-C stop the check.

A signal raises an error at most once: until the next phase, all others wait or do nothing. Some
supervisors send two at a time.
"""

from __future__ import annotations

import signal
import sys
from contextlib import contextmanager
from enum import Enum, auto
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType
    from typing import Self

_ALL = (signal.SIGINT, signal.SIGTERM, *([signal.SIGHUP] if sys.platform != "win32" else []))


class StoppedError(BaseException):
    """A signal stopped the run. Like KeyboardInterrupt, it is no Exception.

    Attributes:
        number: the signal.
    """

    def __init__(self, number: signal.Signals) -> None:
        super().__init__(number.name)
        self.number = number

    def __str__(self) -> str:
        return "interrupted" if self.number is signal.SIGINT else f"stopped by {self.number.name}"


class Phase(Enum):
    """What a signal does.

    Attributes:
        STOP: it raises StoppedError.
        WRITE: it waits for the check; a second Ctrl-C raises StoppedError. SIGHUP does nothing.
        WRITTEN: it waits for the check. SIGHUP does nothing.
        CHECK: it raises StoppedError. SIGHUP does nothing.
        ASK: the same.
        RESTORE: a second Ctrl-C raises StoppedError; the others want what is being done anyway.
        DONE: it does nothing: only messages are left.
    """

    STOP = auto()
    WRITE = auto()
    WRITTEN = auto()
    CHECK = auto()
    ASK = auto()
    RESTORE = auto()
    DONE = auto()


_HEARD = {
    Phase.STOP: _ALL,
    Phase.WRITE: (signal.SIGINT, signal.SIGTERM),
    Phase.WRITTEN: (signal.SIGINT, signal.SIGTERM),
    Phase.CHECK: (signal.SIGINT, signal.SIGTERM),
    Phase.ASK: (signal.SIGINT, signal.SIGTERM),
    Phase.RESTORE: (signal.SIGINT,),
    Phase.DONE: (),
}
"""The signals that do something in each phase."""

_WAITING = {
    Phase.WRITE: "waiting for the answer to the write; Ctrl-C again does not wait",
    Phase.WRITTEN: "",
    Phase.RESTORE: "restoring the old map; Ctrl-C again stops that",
}
"""The phases in which a signal waits, and what is printed at the first Ctrl-C."""


class Signals:
    """Handles the signals from its `with` statement on; one that was ignored stays ignored.

    After the block they do nothing: the process ends then, and a late signal must not replace its
    exit code.

    Args:
        say: prints a message on standard error.

    Attributes:
        sent: whether a write was sent.
    """

    def __init__(self, say: Callable[[str], None]) -> None:
        self.sent = False
        self._say = say
        self._phase = Phase.STOP
        self._waiting: signal.Signals | None = None

    def __enter__(self) -> Self:
        for each in _ALL:
            if signal.getsignal(each) is not signal.SIG_IGN:  # under nohup, SIGHUP is
                signal.signal(each, self._handle)
        return self

    def __exit__(self, *_: object) -> None:
        self._phase = Phase.DONE
        for each in _ALL:  # Python would forget a handler while it ends
            if signal.getsignal(each) == self._handle:
                signal.signal(each, signal.SIG_IGN)

    @contextmanager
    def during(self, phase: Phase, then: Phase = Phase.DONE) -> Iterator[None]:
        """A phase that ends with the block, so that no signal raises an error after it.

        Args:
            phase: the phase.
            then: the next phase, DONE or WRITTEN; DONE if the block raises an error.

        Raises:
            StoppedError: a signal stopped the block, or was waiting for this phase.
        """
        try:
            self.enter(phase)
            yield
        except BaseException:
            self._phase = Phase.DONE
            raise
        self._phase = then

    def enter(self, phase: Phase) -> None:
        """Begin a phase.

        Raises:
            StoppedError: a signal was waiting for this phase.
        """
        if phase is Phase.WRITE:
            self.sent = True
        elif phase is Phase.STOP:  # the write was not made
            self.sent = False
        self._phase = phase
        number, self._waiting = self._waiting, None
        if number and phase in (Phase.STOP, Phase.CHECK):
            self._raise(number)

    def _handle(self, number: int, _: FrameType | None = None) -> None:
        found = signal.Signals(number)
        if found not in _HEARD[self._phase]:
            return
        again = found is self._waiting is signal.SIGINT
        if self._phase not in _WAITING or (again and self._phase is not Phase.WRITTEN):
            self._raise(found)
        elif not again:
            self._waiting = found
            if found is signal.SIGINT and _WAITING[self._phase]:
                self._say(f"authmap: {_WAITING[self._phase]}")

    def _raise(self, number: signal.Signals) -> None:
        self._phase = Phase.DONE  # until the next one begins
        raise StoppedError(number)
