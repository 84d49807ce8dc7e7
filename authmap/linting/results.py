"""What a lint of one input found."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Self

if TYPE_CHECKING:
    from collections.abc import Sequence

    from authmap.documents.reading import Reading
    from authmap.model.finding import Finding


class Report(NamedTuple):
    """What a lint of one input found.

    Attributes:
        path: the input's name.
        findings: in the order of their places.
        maps: how many aws-auth maps there were.
        others: what the documents are that are no aws-auth map.
        kubeconfigs: how many kubeconfigs there were.
        suppressed: the findings that the maps' authors do not want to see.
        unread: 1 where the file, or the rest of it, cannot be read.
    """

    path: str
    findings: list[Finding]
    maps: int
    others: list[str]
    kubeconfigs: int = 0
    suppressed: Sequence[Finding] = ()
    unread: int = 0

    @classmethod
    def of(cls, path: str, findings: list[Finding], reading: Reading) -> Self:
        """A report of all findings, with those apart that are suppressed."""
        suppressed = [finding for finding in findings if finding.suppression]
        if suppressed:
            findings = [finding for finding in findings if not finding.suppression]
        kubeconfigs, unread = reading.kubeconfigs, int(reading.is_broken)
        return cls(
            path, findings, reading.map_count, reading.others, kubeconfigs, suppressed, unread
        )
