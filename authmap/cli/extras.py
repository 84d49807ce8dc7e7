"""Optional dependencies: explains how to install the extra that provides them."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from authmap.model.options import OptionError

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def extra(name: str, what: str) -> Iterator[None]:
    """Import modules that need an extra.

    Args:
        name: the name of the extra, as in ``authmap[cluster]``.
        what: what the extra is for, in the plural; the message starts with it.

    Raises:
        OptionError: the extra is not installed; the message says how to install it.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] == "authmap":
            raise
        raise OptionError(
            f"{what} need packages that are not installed: run `pip install 'authmap[{name}]'`"
        ) from None
