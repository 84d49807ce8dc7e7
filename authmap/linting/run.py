"""The outcome of a run on any number of inputs, as passed to renderers."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from authmap.model.rule import Need
from authmap.model.severity import Severity
from authmap.rules.registry import all_rules
from authmap.syntax.printable import safe

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from authmap.model.finding import Finding
    from authmap.model.rule import Rule


MAX_WORD = 300
MAX_TEXT = 2000
"""Longer words and texts (in characters) are shortened: a value may be a megabyte long."""


def once(findings: Iterable[Finding]) -> list[Finding]:
    """Findings without duplicates: a binding that applies to several maps is found for each."""
    return list({(id(f.at), f.rule.code, f.message): f for f in findings}.values())


class Run(NamedTuple):
    """The outcome of a run.

    Attributes:
        findings: the findings of all inputs, in the order of the inputs.
        skipped: inputs without an aws-auth map: path, and what was found instead.
        errors: inputs that could not be read and actions that failed: path and message.
        files: the number of files read.
        maps: the number of aws-auth maps found.
        unchecked: why the rules about bindings did not run; None if they ran.
        place: what an input is called: `file` or `cluster`.
        kubeconfigs: the number of kubeconfigs found.
        unread: the number of files that could not be read, or not completely.
        fail_on: the lowest severity that fails the run; None for never.
        checked: the inputs with aws-auth maps, and the rules selected for each.
        below: the folder that was searched, if no input was given on the command line.
        root: the folder that paths in reports for other tools are relative to; empty to keep
            paths as they are.
        suppressed: findings suppressed by a comment, an annotation or the baseline.
        show_suppressed: whether to show the suppressed findings too, marked as such.
    """

    findings: list[Finding]
    skipped: list[tuple[str, str]]
    errors: list[tuple[str, str]]
    files: int
    maps: int
    unchecked: str | None = None
    place: str = "file"
    kubeconfigs: int = 0
    unread: int = 0
    fail_on: Severity | None = Severity.WARNING
    checked: Mapping[str, Sequence[Rule]] = MappingProxyType({})
    below: str = ""
    root: str = ""
    suppressed: Sequence[Finding] = ()
    show_suppressed: bool = False

    @property
    def skipped_rules(self) -> str:
        """A sentence that says which rules about bindings did not run, and why."""
        codes = [rule.code for rule in all_rules().values() if Need.BINDINGS in rule.needs]
        return f"RBAC rules ({', '.join(codes)}) skipped: {self.unchecked}"

    @property
    def shown(self) -> list[Finding]:
        """The findings to show, suppressed ones last."""
        return [*self.findings, *(self.suppressed if self.show_suppressed else ())]

    def exit_code(self) -> int:
        """2 if there were errors, 1 if a finding fails the run, else 0."""
        return 2 if self.errors else int(any(map(self.fails, self.findings)))

    def fails(self, finding: Finding) -> bool:
        """Whether a finding fails the run."""
        return self.fail_on is not None and finding.severity >= self.fail_on

    def counts(self) -> dict[str, int]:
        """The number of findings of each severity, the worst first."""
        return {
            str(severity): sum(f.severity == severity for f in self.findings)
            for severity in sorted(Severity, reverse=True)
        }

    def fixable(self) -> int:
        """The number of findings that `authmap fix` can fix, including with --unsafe-fixes."""
        return sum(f.fix is not None and f.fix.held_back is None for f in self.findings)


def visible(text: str) -> str:
    """Lines of a file, safe to print to a terminal; tabs and line breaks stay."""
    lines = [line.removesuffix("\r").split("\t") for line in text.split("\n")]
    return "\n".join("\t".join(map(safe, parts)) for parts in lines)


def brief(text: str) -> str:
    """Text that is `safe`, with the middle of long words and texts left out."""
    if len(text) > MAX_WORD:
        words = text.split(" ")
        text = " ".join(_cut(word, MAX_WORD) for word in words)
    return safe(_cut(text, MAX_TEXT))


def _cut(text: str, length: int) -> str:
    half = length // 2
    return text if len(text) <= length else f"{text[:half]}…{text[-half:]}"
