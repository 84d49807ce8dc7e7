"""An ignore comment or annotation names no rule, so it does nothing.

## Why it matters

authmap still reports the finding that you wanted to hide, and if a rule with that code is added
later, its findings are hidden without anyone noticing. Write a comment as
`# authmap: ignore[AM101, cluster-admin] and why`, and the annotation as
`authmap.dev/ignore: AM101, cluster-admin`
(https://github.com/authmap/authmap/blob/main/docs/configuration.md). You cannot suppress all rules
at once.

## Bad

    - rolearn: arn:aws:iam::111111111111:role/staff # authmap: ignore[AM1O1] they share one login
      username: staff
      groups: [developers]

## Good

    - rolearn: arn:aws:iam::111111111111:role/staff # authmap: ignore[AM101] they share one login
      username: staff
      groups: [developers]

## How to fix

Write codes or names of rules between the brackets; `authmap rule` lists them. There is no automatic
fix.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from authmap.model.finding import Finding
from authmap.model.options import near
from authmap.model.rule import Need
from authmap.model.severity import Severity
from authmap.rules.registry import all_rules, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from authmap.model.content import Content
    from authmap.model.options import RunOptions


@rule(
    "AM902",
    "unknown-suppression",
    Severity.WARNING,
    needs=Need.MAP | Need.KUBECONFIG | Need.SUPPRESSIONS,
)
def unknown_suppression(content: Content, options: RunOptions) -> Iterator[Finding]:
    """Ignore comments and annotations that name no rule."""
    for directive in content.directives:
        for word in directive.words:
            if word.code is None:
                message = f"`{word.text}` is not a rule, so it suppresses nothing"
                yield Finding(word.at, message, _advice(word.text))
        if not directive.words:
            example = "# authmap: ignore[AM101] and why" if directive.target else "AM101, AM301"
            kind = "comment" if directive.target else "annotation"
            message = f"this ignore {kind} names no rule, so it does nothing"
            yield Finding(directive.at, message, f"name the rules: `{example}`")


def _advice(word: str) -> str:
    codes = list(all_rules())
    if any(code.startswith(word.upper()) for code in codes):
        return "write the full code of each rule"
    names = [rule.name for rule in all_rules().values()]
    return near(word, [*codes, *names], "`authmap rule` lists them all")
