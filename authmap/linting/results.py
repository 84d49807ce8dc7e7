"""The result of linting one input."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Self

if TYPE_CHECKING:
    from collections.abc import Sequence

    from authmap.documents.reading import Reading
    from authmap.model.finding import Finding


class Report(NamedTuple):
    """The result of linting one input.

    Attributes:
        path: the input's name.
        findings: the findings to report, in the order of their positions.
        maps: the number of aws-auth maps found.
        others: descriptions of the documents that are not aws-auth maps.
        kubeconfigs: the number of kubeconfigs found.
        suppressed: the findings that a comment or an annotation suppresses.
        unread: 1 if the file, or the rest of it, cannot be read, else 0.
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
        """A report of all findings, with the suppressed ones listed separately."""
        suppressed = [finding for finding in findings if finding.suppression]
        if suppressed:
            findings = [finding for finding in findings if not finding.suppression]
        kubeconfigs, unread = reading.kubeconfigs, int(reading.is_broken)
        return cls(
            path, findings, reading.map_count, reading.others, kubeconfigs, suppressed, unread
        )
