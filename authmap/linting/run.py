"""What a run over any number of inputs found, as renderers are given it."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from authmap.model.rule import Need
from authmap.model.severity import Severity
from authmap.rules.registry import all_rules

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from authmap.model.finding import Finding
    from authmap.model.rule import Rule


MAX_WORD = 300
MAX_TEXT = 2000
"""Longer words and texts are shown in part: a value may well be a megabyte of something."""


def once(findings: Iterable[Finding]) -> list[Finding]:
    """Findings without what was said already: a binding goes with several maps, and so is found."""
    return list({(id(f.at), f.rule.code, f.message): f for f in findings}.values())


class Run(NamedTuple):
    """The outcome of a run.

    Attributes:
        findings: of all inputs, in the order of the inputs.
        skipped: inputs without an aws-auth map: path and what was there instead.
        errors: what could not be read or done: path and message.
        files: how many files were read.
        maps: how many aws-auth maps they held.
        unchecked: why the rules about bindings did not run, if they did not.
        place: what an input is called: `file` or `cluster`.
        kubeconfigs: how many kubeconfigs they held.
        unread: how many files could not be read, or not to their end.
        fail_on: from which severity on a finding fails the run; None for never.
        checked: the inputs with aws-auth maps, and the rules that were asked for in each.
        below: the folder that was looked through, where no input was named.
        root: the folder to which paths are relative for other tools; empty for as they are.
        suppressed: what is found and not reported, by a comment, an annotation or the baseline.
        show_suppressed: whether it is to be shown all the same, as what it is.
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
        """That the rules about bindings did not run, and why."""
        codes = [rule.code for rule in all_rules().values() if Need.BINDINGS in rule.needs]
        return f"RBAC rules ({', '.join(codes)}) skipped: {self.unchecked}"

    @property
    def shown(self) -> list[Finding]:
        """The findings that are shown, those that are suppressed last."""
        return [*self.findings, *(self.suppressed if self.show_suppressed else ())]

    def exit_code(self) -> int:
        """2 where something failed, 1 where a finding fails the run, else 0."""
        return 2 if self.errors else int(any(map(self.fails, self.findings)))

    def fails(self, finding: Finding) -> bool:
        """Whether a finding fails the run."""
        return self.fail_on is not None and finding.severity >= self.fail_on

    def counts(self) -> dict[str, int]:
        """How many findings there are of each severity, the worst first."""
        return {
            str(severity): sum(f.severity == severity for f in self.findings)
            for severity in sorted(Severity, reverse=True)
        }

    def fixable(self) -> int:
        """How many findings `authmap fix` would mend, unsafe ones included."""
        return sum(f.fix is not None and f.fix.held_back is None for f in self.findings)


def safe(text: str) -> str:
    r"""Text without anything a terminal would act on: `\x1b` for an escape, and so on."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else _escaped(c) for c in text)


def _escaped(character: str) -> str:
    return character.encode("unicode_escape", "surrogatepass").decode()


def visible(text: str) -> str:
    """Lines of a file as a terminal may show them."""
    lines = [line.removesuffix("\r").split("\t") for line in text.split("\n")]
    return "\n".join("\t".join(map(safe, parts)) for parts in lines)


def brief(text: str) -> str:
    """Text that is `safe`, without the middle of what is longer than anybody reads."""
    if len(text) > MAX_WORD:
        words = text.split(" ")
        text = " ".join(_cut(word, MAX_WORD) for word in words)
    return safe(_cut(text, MAX_TEXT))


def _cut(text: str, length: int) -> str:
    half = length // 2
    return text if len(text) <= length else f"{text[:half]}…{text[-half:]}"
