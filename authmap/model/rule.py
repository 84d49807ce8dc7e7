"""A rule's metadata."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from authmap.model.auth_map import AuthMap
    from authmap.model.finding import Finding
    from authmap.model.options import Options
    from authmap.model.severity import Severity

    Check = Callable[[AuthMap, Options], Iterator[Finding]]

URL = "https://github.com/authmap/authmap/blob/main/docs/rules/"


class Rule:
    """A rule: its name, and the function that finds what it is about.

    Attributes:
        code: stable, as in ``AM101``.
        name: kebab-case, as in ``missing-session-name``.
        severity: of its findings, unless the configuration says otherwise.
        default: whether it runs without being selected.
        last: whether it runs when it is known what of the others' findings is suppressed.
        check: yields the findings in one map.
    """

    def __init__(
        self, code: str, name: str, severity: Severity, check: Check, *, default: bool, last: bool
    ) -> None:
        self.code = code
        self.name = name
        self.severity = severity
        self.default = default
        self.last = last
        self.check = check

    @property
    def page(self) -> str:
        """The rule's page in Markdown: the docstring of its module below a title."""
        text = sys.modules[self.check.__module__].__doc__ or ""
        return f"# {self.code} {self.name}\n\n{text.strip()}\n"

    @property
    def summary(self) -> str:
        """What it finds, in one sentence."""
        return self.page.splitlines()[2]

    @property
    def url(self) -> str:
        """Where the page can be read."""
        return f"{URL}{self.code}.md"
