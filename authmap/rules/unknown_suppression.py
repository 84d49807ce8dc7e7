"""A comment or annotation that is to suppress something names no rule, so it suppresses nothing.

## Why it matters

What it was to hide is still reported, and a code that comes to exist later would be hidden unseen.
A comment is written `# authmap: ignore[AM101, cluster-admin] and why`, the annotation
`authmap.dev/ignore: AM101, cluster-admin`
(https://github.com/authmap/authmap/blob/main/docs/configuration.md). There is none that suppresses
everything.

## Bad

    - rolearn: arn:aws:iam::111111111111:role/staff # authmap: ignore[AM1O1] they share one login
      username: staff
      groups: [developers]

## Good

    - rolearn: arn:aws:iam::111111111111:role/staff # authmap: ignore[AM101] they share one login
      username: staff
      groups: [developers]

## How to fix

Write codes or names of rules between the brackets; `authmap rule` lists them.
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
    from authmap.model.options import Options


@rule(
    "AM902",
    "unknown-suppression",
    Severity.WARNING,
    needs=Need.MAP | Need.KUBECONFIG | Need.SUPPRESSIONS,
)
def unknown_suppression(content: Content, options: Options) -> Iterator[Finding]:
    """Comments and annotations that are to suppress something and name no rule."""
    for directive in content.directives:
        for word in directive.words:
            if word.code is None:
                message = f"`{word.text}` is no rule, so nothing is suppressed"
                yield Finding(word.at, message, _advice(word.text))
        if not directive.words:
            example = "# authmap: ignore[AM101] and why" if directive.target else "AM101, AM301"
            message = "this is to suppress something and says no rule, so nothing is suppressed"
            yield Finding(directive.at, message, f"name the rules: `{example}`")


def _advice(word: str) -> str:
    codes = list(all_rules())
    if any(code.startswith(word.upper()) for code in codes):
        return "name each rule by its whole code"
    names = [rule.name for rule in all_rules().values()]
    return near(word, [*codes, *names], "`authmap rule` lists them all")
