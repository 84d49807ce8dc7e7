"""What keeps a text from being read."""

from __future__ import annotations

from enum import Enum, auto
from typing import NamedTuple


class ProblemKind(Enum):
    """What sort of problem it is.

    Attributes:
        SYNTAX: it is not YAML.
        TYPE: it is YAML, but of a type that loses all of it.
        PLACEHOLDER: it holds a placeholder without quotes.
        TEMPLATE: another tool still has to render it.
        TERRAFORM: it is the source of a Terraform module.
        FOLDED: its lines have been folded into one.
        ENCODING: it is not UTF-8.
        SIZE: it is larger than what authmap reads.
        UNKNOWN: Terraform knows it only after it has applied the plan.
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
        kind: what sort of problem it is.
        message: what is wrong, for the reader.
        remedy: what to do.
        start: text offset of the place.
        end: text offset of the first character after it.
    """

    kind: ProblemKind
    message: str
    remedy: str = ""
    start: int = 0
    end: int = 0
