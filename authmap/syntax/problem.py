"""Reasons why a text cannot be read."""

from __future__ import annotations

from enum import Enum, auto
from typing import NamedTuple


class ProblemKind(Enum):
    """The kind of a problem.

    Attributes:
        SYNTAX: the text is not YAML.
        TYPE: the text is YAML, but a value of the wrong type makes all of it unreadable.
        PLACEHOLDER: the text contains an unquoted placeholder.
        TEMPLATE: another tool still has to render the text.
        TERRAFORM: the text is the source of a Terraform module.
        FOLDED: the lines of the text have been folded into one.
        ENCODING: the text is not UTF-8.
        SIZE: the text is larger than the limit of authmap.
        UNKNOWN: Terraform knows the text only after it has applied the plan.
    """

    SYNTAX = auto()
    TYPE = auto()
    PLACEHOLDER = auto()
    TEMPLATE = auto()
    TERRAFORM = auto()
    FOLDED = auto()
    ENCODING = auto()
    SIZE = auto()
    UNKNOWN = auto()


class Problem(NamedTuple):
    """Why a text cannot be read.

    Attributes:
        kind: the kind of the problem.
        message: what is wrong, for the user.
        remedy: what to do about it.
        start: text offset at which the problem begins.
        end: text offset after its last character.
    """

    kind: ProblemKind
    message: str
    remedy: str = ""
    start: int = 0
    end: int = 0
