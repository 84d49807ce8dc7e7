"""A comment or annotation asks authmap to be silent about something that is not there.

## Why it matters

What it was written for is gone, or it stands in the wrong place, or it never was about that rule.
It will be silent about the next thing of that sort, which nobody has looked at. A comment is about
the entry on whose lines it stands or begins below it, or about the key it stands at or above, with
all that is in its value (https://github.com/authmap/authmap/blob/main/docs/configuration.md).

Rules that cannot be asked are taken on trust: those about bindings where no bindings are known,
and all of them while a section of the map cannot be read.

## Bad

    - rolearn: arn:aws:iam::111111111111:role/staff # authmap: ignore[AM101] they share one login
      username: role:{{AccountID}}:staff:{{SessionName}}
      groups: [developers]

## Good

    - rolearn: arn:aws:iam::111111111111:role/staff # authmap: ignore[AM101] they share one login
      username: staff
      groups: [developers]

## How to fix

Take the comment out, or the code that does nothing. `authmap fix` does so, and leaves other
comments on the line alone. An annotation that does nothing at all is left for you to take out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from authmap.model.finding import Finding, Fix
from authmap.model.rule import Need
from authmap.model.severity import Severity
from authmap.rules.registry import rule
from authmap.syntax.change import Change
from authmap.syntax.nodes import Comment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from authmap.model.content import Content
    from authmap.model.directive import Directive
    from authmap.model.options import Options


@rule(
    "AM901",
    "unused-suppression",
    Severity.WARNING,
    needs=Need.MAP | Need.KUBECONFIG | Need.SUPPRESSIONS,
)
def unused_suppression(content: Content, options: Options) -> Iterator[Finding]:
    """Comments and annotations that suppress nothing, or some of whose codes do not."""
    for directive in content.directives:
        unused = directive.unused
        if unused:
            whole = len(unused) == len(directive.words)
            shown = ", ".join(f"`{word.text}`" for word in unused)
            advice = "take it out, before it hides something else"
            if directive.target:
                advice = (
                    f"it is about the entry or key on its line or the next: move it, or {advice}"
                )
            yield Finding(
                directive.at if whole else unused[0].at,
                f"{shown} suppress{'' if unused[1:] else 'es'} nothing here",
                advice,
                fix=_fix(directive, whole=whole),
            )


def _fix(directive: Directive, *, whole: bool) -> Fix | None:
    layer, words = directive.at.layer, directive.words
    if not whole and directive.place:
        between = layer.text[words[0].at.end : words[1].at.start]
        kept = between.join(word.text for word in words if word not in directive.unused)
        return Fix((Change(layer, directive.place, kept),))
    if directive.target:
        return Fix((Change(layer, Comment(directive.at.start, directive.at.end), ""),))
    return None
