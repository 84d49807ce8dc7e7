"""What a fix of one input did."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from authmap.model.finding import Finding


class DataFixResult(NamedTuple):
    """What a fix of the `data` of a ConfigMap did.

    Attributes:
        path: its name.
        output: the texts of its keys after it.
        applied: the findings that were mended, as they stood when they were.
        held_back: findings with a fix that was not made, with the reason.
        remaining: all findings in the output.
    """

    path: str
    output: dict[str, str]
    applied: list[Finding]
    held_back: list[tuple[Finding, str]]
    remaining: list[Finding]


class FixResult(NamedTuple):
    """What a fix of one input did.

    Attributes:
        path: the input's name.
        output: the bytes after it; the input's own where nothing was changed.
        applied: the findings that were mended, as they stood when they were.
        held_back: findings with a fix that was not made, with the reason.
        remaining: all findings in the output.
        maps: how many aws-auth maps there were.
        others: what the documents are that are no aws-auth map.
        kubeconfigs: how many kubeconfigs there were.
        secret: whether the file is not to be shown, as a kubeconfig or a Terraform state is in it.
        names: of the entries before it, where some were to be renamed by name.
        unread: 1 where the file, or the rest of it, cannot be read.
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
