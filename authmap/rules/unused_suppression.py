"""An ignore comment or annotation suppresses nothing.

## Why it matters

The finding it was written for is gone, or the comment is in the wrong place, or it never matched
that rule. It will hide the next finding of that rule, which nobody has looked at. A comment applies
to the entry that it is in or directly above. On or above the line of a key, it applies to the key
and everything in its value
(https://github.com/authmap/authmap/blob/main/docs/configuration.md).

authmap does not report codes of rules that did not run: rules about bindings if no bindings are
known, and all rules if a section of the map cannot be read.

## Bad

    - rolearn: arn:aws:iam::111111111111:role/staff # authmap: ignore[AM101] they share one login
      username: role:{{AccountID}}:staff:{{SessionName}}
      groups: [developers]

## Good

    - rolearn: arn:aws:iam::111111111111:role/staff # authmap: ignore[AM101] they share one login
      username: staff
      groups: [developers]

## How to fix

Remove the comment, or the code that does nothing. `authmap fix` does this and leaves other comments
on the line alone. The fix is safe: it changes only comments and annotations. authmap does not
remove an annotation that does nothing at all: remove it yourself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from authmap.model.finding import Finding, Fix
from authmap.model.rule import Fixes, Need
from authmap.model.severity import Severity
from authmap.rules.registry import rule
from authmap.syntax.change import Change
from authmap.syntax.nodes import Comment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from authmap.model.content import Content
    from authmap.model.directive import Directive
    from authmap.model.options import RunOptions


@rule(
    "AM901",
    "unused-suppression",
    Severity.WARNING,
    needs=Need.MAP | Need.KUBECONFIG | Need.SUPPRESSIONS,
    fixes=Fixes.SAFE,
)
def unused_suppression(content: Content, options: RunOptions) -> Iterator[Finding]:
    """Comments and annotations with codes that suppress nothing."""
    for directive in content.directives:
        unused = directive.unused
        if unused:
            whole = len(unused) == len(directive.words)
            shown = ", ".join(f"`{word.text}`" for word in unused)
            advice = "remove it before it hides something else"
            if directive.target:
                advice = (
                    f"it applies to the entry or key on its line or the next: move it, or {advice}"
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
        return Fix((Change(layer, directive.place, kept),), safe=True)
    if directive.target:
        return Fix((Change(layer, Comment(directive.at.start, directive.at.end), ""),), safe=True)
    return None
