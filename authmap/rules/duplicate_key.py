"""A key is set more than once, and only one of its values is used.

## Why it matters

YAML forbids repeated keys, but YAML readers accept them: the last value wins, and nothing reports
it. Keys of an entry that differ only in case (`Username` and `username`) are the same field to the
authenticator, which reads them in byte order, upper case first
(`encoding/json`, called by `ParseMap` in `pkg/mapper/configmap/configmap.go` of
https://github.com/kubernetes-sigs/aws-iam-authenticator). A second `mapRoles` in `data` replaces
all the mappings in the first.

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

Merge the values, or delete the one that does not win. There is no automatic fix. Deleting the value
that does not win is safe: nobody's access changes. Merging puts values into effect that are ignored
today.
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
    from authmap.model.options import RunOptions
    from authmap.syntax.layer import Layer
    from authmap.syntax.nodes import Node


@rule("AM006", "duplicate-key", Severity.ERROR, about=About.UNREAD_VALUE)
def duplicate_key(auth_map: AuthMap, options: RunOptions) -> Iterator[Finding]:
    """Keys of the object, its metadata, its data and its entries that are set more than once."""
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
                    lost = "everything under this key"
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
            taken = [field.key for field in read if _replaces(consumer, name, field.value)]
            winner = (taken or [field.key for field in read])[-1]
            for key in keys:
                if key is not winner:
                    lost = "this value"
                    yield _finding(entry.section, consumer, key, winner, lost, entry)


def _replaces(consumer: Consumer, name: str, value: Node) -> bool:
    """Whether a value replaces an earlier one; null and values of a wrong type do not."""
    if name == "groups":
        return is_null(value) or isinstance(resolve_alias(value), Sequence)
    return consumer.text_of(value) is not None


def _finding(
    layer: Layer,
    consumer: Consumer,
    key: Scalar,
    winner: Scalar,
    lost: str,
    entry: Entry | None = None,
) -> Finding:
    line = layer.source.place(layer.span(winner.start, winner.end)[0]).line
    effect = f"{lost} is ignored"
    if key.value != winner.value:
        other = f"`{winner.value}` on line {line}"
        message = f"`{key.value}` and {other} are the same key to the authenticator"
        if consumer.weak:
            effect = "either value may win, and the other one is ignored"
        else:
            message += f", and `{winner.value}` wins"
    elif consumer.refusal("key"):
        message, effect = f"`{key.value}` is also set on line {line}", consumer.refusal("key")
    else:
        message = f"`{key.value}` is also set on line {line}, and that value wins"
    advice = f"{effect}; merge the two, or delete this one"
    return Finding(at_node(layer, key), message, advice, entry=entry)
