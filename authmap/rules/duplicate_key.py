"""A key is given twice, and only one of its values holds.

## Why it matters

YAML forbids it and its readers do it all the same: of the same key given twice the last one holds,
without a word. Keys of an entry that differ only in case (`Username` and `username`) are one field
to the authenticator, which reads them in the order of their bytes, upper case first
(`encoding/json` behind `ParseMap` in `pkg/mapper/configmap/configmap.go` of
https://github.com/kubernetes-sigs/aws-iam-authenticator). A second `mapRoles` in `data` takes the
place of all the mappings in the first.

## Bad

    - rolearn: arn:aws:iam::111111111111:role/staff
      username: staff:{{SessionName}}
      groups: [viewers]
      groups: [developers]

## Good

    - rolearn: arn:aws:iam::111111111111:role/staff
      username: staff:{{SessionName}}
      groups: [viewers, developers]

## How to fix

Merge the values, or delete the one that does not hold: that changes nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from authmap.authenticator.consumer import CONFIG_MAP, is_null
from authmap.model.finding import Finding
from authmap.model.places import at_node
from authmap.model.rule import About
from authmap.model.severity import Severity
from authmap.rules.registry import rule
from authmap.syntax.nodes import Mapping, Scalar, Sequence, resolve_alias

if TYPE_CHECKING:
    from collections.abc import Iterator

    from authmap.authenticator.consumer import Consumer
    from authmap.authenticator.entry import Entry
    from authmap.model.auth_map import AuthMap
    from authmap.model.options import Options
    from authmap.syntax.layer import Layer
    from authmap.syntax.nodes import Node


@rule("AM006", "duplicate-key", Severity.ERROR, about=About.UNREAD_VALUE)
def duplicate_key(auth_map: AuthMap, options: Options) -> Iterator[Finding]:
    """Keys of the object, of its data and of entries that are given more than once."""
    root = auth_map.root
    consumer = next((section.consumer for section in auth_map.sections.values()), CONFIG_MAP)
    for mapping in (
        (root, resolve_alias(root.get("metadata")), resolve_alias(root.get("data"))) if root else ()
    ):
        if isinstance(mapping, Mapping):
            keys = [key for key, _ in mapping.pairs if isinstance(key, Scalar)]
            last = {key.value: key for key in keys}
            for key in keys if len(last) < len(keys) else ():
                if last[key.value] is not key:
                    lost = "everything under this one"
                    yield _finding(auth_map.layer, consumer, key, last[key.value], lost)
    for entry in auth_map.entries:
        mapping = resolve_alias(entry.node)
        if isinstance(mapping, Mapping) and not entry.winner:
            names = {key.value for key, _ in mapping.pairs if isinstance(key, Scalar)}
            known = entry.section.consumer.keys[entry.section.name].keys()
            if len(names) < len(mapping.pairs) or not names <= known:
                yield from _in_entry(entry, mapping)


def _in_entry(entry: Entry, mapping: Mapping) -> Iterator[Finding]:
    consumer = entry.section.consumer
    for written, name in consumer.keys[entry.section.name].items():
        folded = consumer.fold(written)
        keys = [
            k for k, _ in mapping.pairs if type(k) is Scalar and consumer.fold(k.value) == folded
        ]
        if len(keys) > 1:
            read = [field for field in entry.fields if field.name == name]
            taken = [field.key for field in read if _is_taken(consumer, name, field.value)]
            holds = (taken or [field.key for field in read])[-1]
            for key in keys:
                if key is not holds:
                    lost = "what this one says"
                    yield _finding(entry.section, consumer, key, holds, lost, entry)


def _is_taken(consumer: Consumer, name: str, value: Node) -> bool:
    """Whether a value replaces what was read before: null and wrong types leave it alone."""
    if name == "groups":
        return is_null(value) or isinstance(resolve_alias(value), Sequence)
    return consumer.text_of(value) is not None


def _finding(
    layer: Layer,
    consumer: Consumer,
    key: Scalar,
    holds: Scalar,
    lost: str,
    entry: Entry | None = None,
) -> Finding:
    line = layer.source.place(layer.span(holds.start, holds.end)[0]).line
    effect = f"{lost} is passed over"
    if key.value != holds.value:
        other = f"`{holds.value}` in line {line}"
        message = f"`{key.value}` and {other} are one key to the authenticator"
        if consumer.weak:
            effect = "either what this one says or what that one says is passed over"
        else:
            message += ": that one holds"
    elif consumer.refusal("key"):
        message, effect = f"`{key.value}` is given again in line {line}", consumer.refusal("key")
    else:
        message = f"`{key.value}` is given again in line {line}, and that one holds"
    advice = f"{effect}; merge the two, or delete this one"
    return Finding(at_node(layer, key), message, advice, entry=entry)
