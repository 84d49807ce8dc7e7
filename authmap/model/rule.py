"""A rule's metadata: its code and name, its requirements, and its topic."""

from __future__ import annotations

import re
import sys
from enum import Enum, Flag, auto
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from authmap.model.severity import Severity

URL = "https://github.com/authmap/authmap/blob/main/docs/rules/"


class Need(Flag):
    """What a rule needs in order to run.

    A rule is called once for each content of the kinds it needs (MAP, KUBECONFIG, PLAN or
    UNREADABLE). BINDINGS and SUPPRESSIONS are additional requirements.

    Attributes:
        MAP: an aws-auth map.
        KUBECONFIG: a kubeconfig.
        PLAN: a change of a map in a Terraform plan.
        UNREADABLE: a text that cannot be read.
        BINDINGS: the RBAC bindings of the map's cluster.
        SUPPRESSIONS: which findings of other rules are suppressed; the rule runs after the others.
    """

    MAP = auto()
    KUBECONFIG = auto()
    PLAN = auto()
    UNREADABLE = auto()
    BINDINGS = auto()
    SUPPRESSIONS = auto()


class About(Enum):
    """The topic of a rule, where other parts of authmap depend on it.

    Attributes:
        SESSION_NAME: usernames without the session name.
        ACCOUNT_ID: usernames without the account ID.
        UNREAD_TEXT: texts that may contain entries but that the authenticator never reads.
        UNREAD_VALUE: keys and values that the authenticator ignores in a text that it reads.
        OTHER: anything else.
    """

    SESSION_NAME = auto()
    ACCOUNT_ID = auto()
    UNREAD_TEXT = auto()
    UNREAD_VALUE = auto()
    OTHER = auto()


class Fixes(Flag):
    """Which fixes a rule has.

    Attributes:
        NONE: none.
        SAFE: fixes that change nobody's access.
        UNSAFE: fixes that could change who has access, and so need ``--unsafe-fixes``.
    """

    NONE = 0
    SAFE = auto()
    UNSAFE = auto()

    def __str__(self) -> str:
        if not self:
            return "no fix"
        if self is Fixes.SAFE:
            return "safe fix"
        return "fix with `--unsafe-fixes`" if self is Fixes.UNSAFE else "safe and unsafe fixes"


_LINK = re.compile(r"(?<![<(\[`])\(?(?P<url>https?://[^\s)>`]*[^\s)>`.,;:])")
"""A bare link; those in code, and in Markdown's own notation, are left alone."""


class Rule(NamedTuple):
    """A rule's metadata; the registry has the function that checks it.

    Attributes:
        code: stable code, such as ``AM101``.
        name: kebab-case name, such as ``missing-session-name``.
        severity: default severity of its findings; the configuration can override it.
        module: name of its module; the module's docstring is the rule's page.
        needs: what it needs in order to run.
        about: its topic.
        fixes: which fixes it has.
        default: whether it runs without being selected.
    """

    code: str
    name: str
    severity: Severity
    module: str
    needs: Need = Need.MAP
    about: About = About.OTHER
    fixes: Fixes = Fixes.NONE
    default: bool = True

    @property
    def _text(self) -> str:
        """The docstring of its module."""
        return (sys.modules[self.module].__doc__ or "").strip()

    @property
    def page(self) -> str:
        """The rule's page in Markdown: severity and fixes, and the docstring of its module."""
        off = "" if self.default else " · off by default"
        lines = [
            line if line.startswith("    ") else _LINK.sub(_linked, line)
            for line in self._text.split("\n")
        ]
        head = f"# {self.code} {self.name}\n\n*{self.severity}* · *{self.fixes}*{off}\n\n"
        return head + "\n".join(lines) + "\n"

    @property
    def summary(self) -> str:
        """What it finds, in one sentence."""
        return self._text.split("\n", 1)[0]

    @property
    def url(self) -> str:
        """URL of the rule's page."""
        return f"{URL}{self.code}.md"


def _linked(match: re.Match[str]) -> str:
    return match[0].replace(match["url"], f"<{match['url']}>")
