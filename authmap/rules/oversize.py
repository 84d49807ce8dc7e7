"""The ConfigMap is near the size that the API server refuses, or above it.

## Why it matters

What is in `data` must not exceed 1 MiB
(https://kubernetes.io/docs/concepts/configuration/configmap/; `MaxSecretSize` in
`pkg/apis/core/types.go` of https://github.com/kubernetes/kubernetes, which `ValidateConfigMap`
checks against the values' bytes). Above it every update is refused, also the one that is to let
the next node group in. `kubectl apply` ends much earlier, at 256 KiB, because it keeps a copy in an
annotation; `kubectl replace` and `kubectl apply --server-side` do not.

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

Map fewer roles: let people assume one role per team, take out what nobody uses any more, or move to
EKS access entries.
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

    from authmap.model.options import Options

LIMIT = 1024 * 1024


@rule("AM010", "oversize", Severity.WARNING, needs=Need.MAP | Need.UNREADABLE)
def oversize(content: AuthMap | Unreadable, options: Options) -> Iterator[Finding]:
    """Maps that no longer fit into an object, or soon will not."""
    if isinstance(content, Unreadable):
        if content.problem.kind is ProblemKind.SIZE:
            advice = (
                "split the file, or lint the ConfigMap alone; nothing in this one was looked at"
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
    message = f"what is in `data` takes {size:,} of {LIMIT:,} bytes"
    advice = "soon the API server will refuse it: map fewer roles, or move to EKS access entries"
    severity = Severity.WARNING
    if size > LIMIT:
        message = f"what is in `data` takes {size:,} bytes, and {LIMIT:,} are the most there can be"
        advice = "the API server refuses it: map fewer roles, or move to EKS access entries"
        severity = Severity.ERROR
    yield Finding(at, message, advice, severity=severity)
