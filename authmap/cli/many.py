"""Runs a function on several clusters at the same time."""

from __future__ import annotations

import sys
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from typing import TYPE_CHECKING, TypeVar

from authmap.cli.console import is_terminal
from authmap.cluster.kube.errors import ClusterError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Result = TypeVar("Result")


def each(
    contexts: list[str], work: Callable[[str], Result], jobs: int
) -> Iterator[tuple[str, Result | ClusterError]]:
    """Call a function for every context. A context that fails does not stop the others.

    On a terminal, standard error shows the progress.

    Args:
        contexts: the names of the contexts.
        work: the function to call with each name.
        jobs: the maximum number of calls at the same time.

    Yields:
        Each context in the order given, with its result or its error.
    """

    def safely(context: str) -> Result | ClusterError:
        try:
            return work(context)
        except ClusterError as error:
            return error

    with ThreadPoolExecutor(max(1, min(jobs, len(contexts)))) as pool:
        try:
            results = [pool.submit(safely, context) for context in contexts]
            if len(contexts) > 1 and is_terminal(sys.stderr):
                _show(results)
            for context, result in zip(contexts, results, strict=True):
                yield context, result.result()
        finally:
            pool.shutdown(cancel_futures=True)


def _show(results: list[Future[Result]]) -> None:
    """Show a progress bar until all results are there."""
    from rich.console import Console
    from rich.progress import track

    console = Console(stderr=True)
    for _ in track(
        as_completed(results), "clusters", len(results), console=console, transient=True
    ):
        pass
