"""Runs a function on several clusters at the same time."""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future, as_completed
from threading import Thread
from typing import TYPE_CHECKING, TypeVar

from authmap.cluster.kube.errors import ClusterError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

Result = TypeVar("Result")


def each(
    contexts: list[str], work: Callable[[str], Result], jobs: int, *, progress: bool
) -> Iterator[tuple[str, Result | ClusterError]]:
    """Call a function for every context. A context that fails does not stop the others.

    The calls run in daemon threads: whatever ends the program does not wait for a cluster that
    does not answer.

    Args:
        contexts: the names of the contexts, each once.
        work: the function to call with each name.
        jobs: the maximum number of calls at the same time.
        progress: whether to show the progress on standard error.

    Yields:
        Each context in the order given, with its result or its error.
    """
    results: dict[str, Future[Result | ClusterError]] = {name: Future() for name in contexts}
    waiting = deque(results.items())

    def call() -> None:
        while waiting:
            try:
                context, result = waiting.popleft()
            except IndexError:  # another thread took the last one
                return
            try:
                result.set_result(work(context))
            except ClusterError as error:
                result.set_result(error)
            except BaseException as error:
                result.set_exception(error)

    for _ in range(min(jobs, len(contexts))):
        Thread(target=call, daemon=True).start()
    try:
        if progress and len(contexts) > 1:
            _show(results.values())
        for context, result in results.items():
            yield context, result.result()
    finally:
        waiting.clear()


def _show(results: Collection[Future[Result]]) -> None:
    """Show a progress bar until all results are there."""
    from rich.console import Console
    from rich.progress import track

    console = Console(stderr=True)
    for _ in track(
        as_completed(results), "clusters", len(results), console=console, transient=True
    ):
        pass
