"""A section, or the whole file, is not YAML: nothing in it is read.

## Why it matters

The authenticator reads the text of each section as YAML and gives up on it at the first mistake.
It does not stop: it goes on with what is left, so every mapping in that section is gone, those of
the nodes too, and whoever came in through it is refused
(https://github.com/kubernetes-sigs/aws-iam-authenticator/blob/master/pkg/mapper/configmap/configmap.go,
`ParseMap`: "Only saving data that was good"). The API server accepts such a ConfigMap, because to
it the section is only a text.

Usual causes are a tab, a line that is indented differently from its neighbours, a quotation mark
that is never closed, a value that holds a colon and a blank or begins with `*`, `@` or `{`, and a
single JSON object where a list belongs.

## Bad

    data:
      mapRoles: |
        - rolearn: arn:aws:iam::111111111111:role/staff
           username: staff:{{SessionName}}

## Good

    data:
      mapRoles: |
        - rolearn: arn:aws:iam::111111111111:role/staff
          username: staff:{{SessionName}}

## How to fix

By hand, at the place that is shown; where a text stops being YAML nobody can know for sure what
was meant by it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from authmap.model.content import Unreadable
from authmap.model.finding import Finding
from authmap.model.rule import Need
from authmap.model.severity import Severity
from authmap.rules.registry import rule
from authmap.syntax.layer import At
from authmap.syntax.problem import ProblemKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from authmap.model.auth_map import AuthMap
    from authmap.model.options import Options


@rule("AM001", "invalid-yaml", Severity.ERROR, needs=Need.MAP | Need.UNREADABLE)
def invalid_yaml(content: AuthMap | Unreadable, options: Options) -> Iterator[Finding]:
    """Texts that are not YAML."""
    if isinstance(content, Unreadable):
        problem = content.problem
        if problem.kind in (ProblemKind.SYNTAX, ProblemKind.ENCODING):
            encoding = problem.kind is ProblemKind.ENCODING
            yield Finding(
                At(content.layer, problem.start, problem.end),
                problem.message if encoding else f"not YAML: {problem.message}",
                f"{problem.remedy}; neither kubectl nor authmap can read on from here",
            )
        return
    for name, section in content.sections.items():
        if section.problem and section.problem.kind is ProblemKind.SYNTAX:
            users = ", those of the nodes too" if name == "mapRoles" else ""
            effect = section.consumer.refusal() or (
                "the authenticator gives up on the whole section, "
                f"so every mapping in it is gone{users}"
            )
            yield Finding(
                At(section, section.problem.start, section.problem.end),
                f"all of `{section.called}` is lost: {section.problem.message}",
                f"{section.problem.remedy}; {effect}",
            )
