"""A rule's metadata: what it is called, what it needs, and what it is about."""

from __future__ import annotations

import sys
from enum import Enum, Flag, auto
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from authmap.model.severity import Severity

URL = "https://github.com/authmap/authmap/blob/main/docs/rules/"


class Need(Flag):
    """What a rule needs in order to run.

    It is called for each content of a file that it names; BINDINGS and SUPPRESSIONS are needed
    besides.

    Attributes:
        MAP: an aws-auth map.
        KUBECONFIG: a kubeconfig.
        UNREADABLE: a text that cannot be read.
        BINDINGS: the RBAC bindings of the cluster that the map is for.
        SUPPRESSIONS: which findings of the other rules are suppressed; it runs after them.
    """

    MAP = auto()
    KUBECONFIG = auto()
    UNREADABLE = auto()
    BINDINGS = auto()
    SUPPRESSIONS = auto()


class About(Enum):
    """What a rule is about, where other parts of authmap have to know it.

    Attributes:
        SESSION_NAME: usernames that do not name the session.
        ACCOUNT_ID: usernames that do not name the account.
        UNREAD_TEXT: texts that the authenticator never reads, though they may hold entries.
        UNREAD_VALUE: keys and values that the authenticator ignores in what it reads.
        OTHER: anything else.
    """

    SESSION_NAME = auto()
    ACCOUNT_ID = auto()
    UNREAD_TEXT = auto()
    UNREAD_VALUE = auto()
    OTHER = auto()


class Rule(NamedTuple):
    """A rule's metadata; the registry knows the function that checks it.

    Attributes:
        code: stable, as in ``AM101``.
        name: kebab-case, as in ``missing-session-name``.
        severity: severity of its findings, unless the configuration says otherwise.
        module: name of the module it is in, whose docstring is its page.
        needs: what it needs in order to run.
        about: what it is about.
        default: whether it runs without being selected.
    """

    code: str
    name: str
    severity: Severity
    module: str
    needs: Need = Need.MAP
    about: About = About.OTHER
    default: bool = True

    @property
    def page(self) -> str:
        """The rule's page in Markdown: the docstring of its module below a title."""
        text = sys.modules[self.module].__doc__ or ""
        return f"# {self.code} {self.name}\n\n{text.strip()}\n"

    @property
    def summary(self) -> str:
        """What it finds, in one sentence."""
        return self.page.splitlines()[2]

    @property
    def url(self) -> str:
        """Where the page can be read."""
        return f"{URL}{self.code}.md"
