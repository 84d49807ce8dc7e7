"""The ConfigMap is close to the size that the API server refuses, or above it.

## Why it matters

The values in `data` must not exceed 1 MiB
(https://kubernetes.io/docs/concepts/configuration/configmap/; `MaxSecretSize` in
`pkg/apis/core/types.go` of https://github.com/kubernetes/kubernetes, which `ValidateConfigMap`
checks against the values' bytes). Above that limit the API server refuses every update, including
the one that maps your next node group. `kubectl apply` fails much earlier, at 256 KiB, because it
keeps a copy in an annotation; `kubectl replace` and `kubectl apply --server-side` do not.

## Bad

    data:
      mapRoles: |
        - rolearn: arn:aws:iam::111111111111:role/staff-00001
          username: staff:{{SessionName}}
        # … and ten thousand more

## Good

    data:
      mapRoles: |
        - rolearn: arn:aws:iam::111111111111:role/staff
          username: staff:{{SessionName}}

## How to fix

Map fewer roles: let people assume one role per team, remove entries that nobody uses any more, or
move to EKS access entries. There is no automatic fix.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from authmap.model.auth_map import AuthMap, Shape
from authmap.model.content import Unreadable
from authmap.model.finding import Finding
from authmap.model.places import at_node
from authmap.model.rule import Need
from authmap.model.severity import Severity
from authmap.rules.registry import rule
from authmap.syntax.layer import At
from authmap.syntax.nodes import Scalar, resolve_alias
from authmap.syntax.problem import ProblemKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from authmap.model.options import RunOptions

LIMIT = 1024 * 1024


@rule("AM010", "oversize", Severity.WARNING, needs=Need.MAP | Need.UNREADABLE)
def oversize(content: AuthMap | Unreadable, options: RunOptions) -> Iterator[Finding]:
    """Maps that are too large for a ConfigMap, or nearly so."""
    if isinstance(content, Unreadable):
        if content.problem.kind is ProblemKind.SIZE:
            advice = (
                "split the file, or lint the ConfigMap alone; authmap checked nothing in this file"
            )
            at = At(content.layer, 0, 0)
            yield Finding(at, content.problem.message, advice, severity=Severity.ERROR)
        return
    values = [resolve_alias(key.value) for key in content.keys]
    texts = [value.value for value in values if isinstance(value, Scalar)]
    if not content.keys and content.shape in (Shape.ENTRIES, Shape.DATA):
        texts = [section.text for section in content.sections.values()]
    size = sum(len(text) if text.isascii() else len(text.encode()) for text in texts)
    if size <= LIMIT * 9 // 10:
        return
    at = at_node(content.layer, content.keys[0].key) if content.keys else At(content.layer, 0, 0)
    message = f"`data` uses {size:,} of {LIMIT:,} bytes"
    advice = "the API server will soon refuse it: map fewer roles, or move to EKS access entries"
    severity = Severity.WARNING
    if size > LIMIT:
        message = f"`data` has {size:,} bytes, but the limit is {LIMIT:,}"
        advice = "the API server refuses it: map fewer roles, or move to EKS access entries"
        severity = Severity.ERROR
    yield Finding(at, message, advice, severity=severity)
