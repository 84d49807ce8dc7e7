"""A section, or the whole file, is not valid YAML: nothing in it is read.

## Why it matters

The authenticator parses each section as YAML, and ignores the section entirely if it contains a
syntax error. It keeps running with the other sections. Every mapping in the broken section is gone,
including those for nodes, and everyone who logged in through it is refused
(https://github.com/kubernetes-sigs/aws-iam-authenticator/blob/master/pkg/mapper/configmap/configmap.go,
`ParseMap`: "Only saving data that was good"). The API server accepts such a ConfigMap, because to
the API server a section is just text.

Usual causes are a tab, a line that is indented differently from its neighbours, a quotation mark
that is never closed, an unquoted value that contains `: ` or starts with `*`, `@` or `{`, and a
single JSON object where a list is expected.

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

Correct the text by hand, at the place that the finding shows. There is no automatic fix, because
authmap cannot know what you meant. Once the section can be read again, all of its mappings are in
effect again: review them before you apply it.
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
    from authmap.model.options import RunOptions


@rule("AM001", "invalid-yaml", Severity.ERROR, needs=Need.MAP | Need.UNREADABLE)
def invalid_yaml(content: AuthMap | Unreadable, options: RunOptions) -> Iterator[Finding]:
    """Files and sections that are not valid YAML."""
    if isinstance(content, Unreadable):
        problem = content.problem
        if problem.kind in (ProblemKind.SYNTAX, ProblemKind.ENCODING):
            encoding = problem.kind is ProblemKind.ENCODING
            yield Finding(
                At(content.layer, problem.start, problem.end),
                problem.message if encoding else f"not valid YAML: {problem.message}",
                f"{problem.remedy}; neither kubectl nor authmap can read the file past this point",
            )
        return
    for name, section in content.sections.items():
        if section.problem and section.problem.kind is ProblemKind.SYNTAX:
            nodes = ", including those for nodes" if name == "mapRoles" else ""
            effect = section.consumer.refusal() or (
                f"the authenticator ignores the whole section: none of its mappings apply{nodes}"
            )
            yield Finding(
                At(section, section.problem.start, section.problem.end),
                f"`{section.called}` cannot be read: {section.problem.message}",
                f"{section.problem.remedy}; {effect}",
            )
