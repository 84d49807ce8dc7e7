"""The results of fixing one input."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from authmap.model.finding import Finding


class DataFixResult(NamedTuple):
    """The result of fixing the `data` of a ConfigMap.

    Attributes:
        path: its name.
        output: the fixed text of each key.
        applied: the findings that were fixed, as they were found.
        held_back: findings whose fix was not applied, each with the reason.
        remaining: all findings in the output.
    """

    path: str
    output: dict[str, str]
    applied: list[Finding]
    held_back: list[tuple[Finding, str]]
    remaining: list[Finding]


class FixResult(NamedTuple):
    """The result of fixing one input.

    Attributes:
        path: the input's name.
        output: the fixed bytes; the input's own if nothing was changed.
        applied: the findings that were fixed, as they were found.
        held_back: findings whose fix was not applied, each with the reason.
        remaining: all findings in the output.
        maps: the number of aws-auth maps found.
        others: descriptions of the documents that are not aws-auth maps.
        kubeconfigs: the number of kubeconfigs found.
        secret: whether the file must not be printed: it contains a kubeconfig or Terraform state.
        names: the ARNs, role names and usernames of the input's entries; empty without `rename`.
        unread: 1 if the file, or the rest of it, cannot be read, else 0.
    """

    path: str
    output: bytes
    applied: list[Finding]
    held_back: list[tuple[Finding, str]]
    remaining: list[Finding]
    maps: int
    others: list[str]
    kubeconfigs: int = 0
    secret: bool = False
    names: frozenset[str] = frozenset()
    unread: int = 0
