"""The map contains a template that another tool has to render first.

## Why it matters

If nothing renders `{{ .Values.role }}`, `${local.account}` or `<YOUR ROLE>`, the text reaches the
cluster as it is written and matches nobody. And what authmap finds in a template says nothing about
the rendered output. Helm also treats the authenticator's own `{{SessionName}}` as one of its
templates: in a chart, write `{{ "{{SessionName}}" }}`
(https://helm.sh/docs/chart_template_guide/functions_and_pipelines/).

authmap reports this once for a section that it cannot read because of a template, and once for all
values of a map. No other rule checks a value that contains a template. If a file contains a Helm
template anywhere, no fix writes `{{` into it.

## Bad

    - rolearn: arn:aws:iam::${local.account}:role/staff
      username: staff:{{SessionName}}

## Good

    - rolearn: arn:aws:iam::111111111111:role/staff
      username: staff:{{SessionName}}

## How to fix

Lint the rendered output: `helm template chart | authmap lint -`, or
`envsubst < aws-auth.yaml | authmap lint -`, or `kubectl kustomize overlay | authmap lint -`. For
Terraform, lint the plan: `terraform show -json plan | authmap lint -`. In a plan, this rule reports
only values that are known after apply. There is no automatic fix.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from authmap.authenticator.consumer import text_of
from authmap.authenticator.diagnosis import braces
from authmap.authenticator.foreign_template import may_hold_template, templates
from authmap.authenticator.placeholder import braced, is_placeholder
from authmap.model.content import Unreadable
from authmap.model.finding import Finding
from authmap.model.places import at_part
from authmap.model.rule import Need
from authmap.model.severity import Severity
from authmap.rules.registry import rule
from authmap.syntax.layer import At
from authmap.syntax.nodes import Scalar, resolve_alias
from authmap.syntax.problem import ProblemKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from authmap.authenticator.placeholder import Delimiters
    from authmap.model.auth_map import AuthMap
    from authmap.model.options import RunOptions
    from authmap.syntax.layer import Layer
    from authmap.syntax.nodes import Node


@rule("AM011", "unrendered-template", Severity.WARNING, needs=Need.MAP | Need.UNREADABLE)
def unrendered_template(content: AuthMap | Unreadable, options: RunOptions) -> Iterator[Finding]:
    """Files and sections that are templates, and the first template in a readable map."""
    if isinstance(content, Unreadable):
        problem = content.problem
        at = At(content.layer, problem.start, problem.end)
        if problem.kind is ProblemKind.TEMPLATE:
            yield _finding(at)
        elif problem.kind in (ProblemKind.TERRAFORM, ProblemKind.UNKNOWN):
            yield Finding(at, problem.message, problem.remedy)
        return
    for name, section in content.sections.items():
        if section.problem and section.problem.kind is ProblemKind.TEMPLATE:
            at = At(section, section.problem.start, section.problem.end)
            yield _finding(at, f", so `{name}` cannot be read")
    places = sorted(_places(content), key=lambda at: at.layer.span(at.start, at.end))
    if places:
        others = len(places) - 1
        yield _finding(places[0], f" (and {others} more in this map)" if others else "")


def _finding(at: At, more: str = "") -> Finding:
    shown = at.layer.text[at.start : at.end].split("\n")[0]
    shown = shown if len(shown) <= 60 else shown[:57] + "..."
    return Finding(at, f"`{shown}` is a template that is not rendered yet{more}", _help(shown))


_UNKNOWN = "authmap does not know the rendered value"


def _help(shown: str) -> str:
    if shown.startswith("<") and not shown.startswith("<%"):
        return "as written, it matches nobody: put the real value there"
    if shown.startswith("{{"):
        return f"{_UNKNOWN}: lint the rendered output, `helm template … | authmap lint -`"
    if shown.startswith(("${", "%{", "$(")):
        return (
            f"{_UNKNOWN}: render it with terraform, envsubst or kustomize, then lint the output, "
            "`envsubst < FILE | authmap lint -`"
        )
    return f"{_UNKNOWN}: render it, and pipe the output into `authmap lint -`"


def _places(auth_map: AuthMap) -> Iterator[At]:
    """The places of templates in the readable parts of a map."""
    layer, sections = auth_map.layer, auth_map.sections.values()
    if auth_map.root is not None and not auth_map.locked:  # a locked map may contain secrets
        unreadable = [
            section.tree for section in sections if section.problem and section.source_map is None
        ]
        for node, _ in braces(layer.text, auth_map.root):
            if not any(tree and tree.start <= node.start < tree.end for tree in unreadable):
                yield At(layer, node.start, node.end)
        for name in (auth_map.name, auth_map.namespace):
            if name is not None:
                yield from _parts(layer, name, name.value)
    accounts = auth_map.sections.get("mapAccounts")
    if accounts and accounts.root and (accounts.source_map or auth_map.root is None):
        for node, _ in braces(accounts.text, accounts.root):
            yield At(accounts, node.start, node.end)
    if any("\\" in section.text or may_hold_template(section.text) for section in sections):
        for entry in auth_map.entries:
            for field in entry.fields:
                if field.name in ("rolearn", "userarn", "username"):
                    text = text_of(field.value) or ""
                    yield from _parts(entry.section, field.value, text, auth_map.delimiters)
            for group in entry.group_items:
                yield from _parts(entry.section, group.node, group.text, auth_map.delimiters)
    for account in auth_map.account_items if accounts else ():
        yield from _parts(auth_map.sections["mapAccounts"], account.node, account.text)


def _parts(layer: Layer, node: Node, value: str, delimiters: Delimiters = ()) -> Iterator[At]:
    target, found = resolve_alias(node), templates(value)
    if delimiters:
        found = [m for m in found if not is_placeholder(braced(m[0], delimiters))]
    if found and isinstance(target, Scalar):  # point at the first one each time
        yield from [at_part(layer, target, *found[0].span())] * len(found)
