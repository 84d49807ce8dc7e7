"""A rule's metadata: its code and name, its requirements, and its topic."""

from __future__ import annotations

import sys
from enum import Enum, Flag, auto
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from authmap.model.severity import Severity

URL = "https://github.com/authmap/authmap/blob/main/docs/rules/"


class Need(Flag):
    """What a rule needs in order to run.

    A rule is called once for each content of the kinds it needs (MAP, KUBECONFIG, UNREADABLE).
    BINDINGS and SUPPRESSIONS are additional requirements.

    Attributes:
        MAP: an aws-auth map.
        KUBECONFIG: a kubeconfig.
        UNREADABLE: a text that cannot be read.
        BINDINGS: the RBAC bindings of the map's cluster.
        SUPPRESSIONS: which findings of other rules are suppressed; the rule runs after the others.
    """

    MAP = auto()
    KUBECONFIG = auto()
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


class Rule(NamedTuple):
    """A rule's metadata; the registry has the function that checks it.

    Attributes:
        code: stable code, such as ``AM101``.
        name: kebab-case name, such as ``missing-session-name``.
        severity: default severity of its findings; the configuration can override it.
        module: name of its module; the module's docstring is the rule's page.
        needs: what it needs in order to run.
        about: its topic.
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
        """The rule's page in Markdown: a title and the docstring of its module."""
        text = sys.modules[self.module].__doc__ or ""
        return f"# {self.code} {self.name}\n\n{text.strip()}\n"

    @property
    def summary(self) -> str:
        """One sentence that says what the rule finds."""
        return self.page.splitlines()[2]

    @property
    def url(self) -> str:
        """URL of the rule's page."""
        return f"{URL}{self.code}.md"
