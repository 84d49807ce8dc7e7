"""A key of `data` that the authenticator does not read.

## Why it matters

It reads exactly `mapRoles`, `mapUsers` and `mapAccounts`, and these as they are spelt here: unlike
the keys inside an entry they are case-sensitive (`ParseMap` in
`pkg/mapper/configmap/configmap.go` of https://github.com/kubernetes-sigs/aws-iam-authenticator).
Under `maproles` or `mapRole`, beside `data` instead of below it, or below `stringData` or `Data`,
every mapping is ignored without a word.

## Bad

    data:
      maproles: |
        - rolearn: arn:aws:iam::111111111111:role/staff
          username: staff:{{SessionName}}

## Good

    data:
      mapRoles: |
        - rolearn: arn:aws:iam::111111111111:role/staff
          username: staff:{{SessionName}}

## How to fix

`authmap fix --unsafe-fixes` renames the key, unless there is one of the right name already. That
lets in whoever is mapped there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from authmap.authenticator.foreign_template import templates
from authmap.documents.shapes import text
from authmap.model import misspelling
from authmap.model.auth_map import Shape
from authmap.model.finding import Finding, Fix
from authmap.model.places import at_node
from authmap.model.rule import About
from authmap.model.severity import Severity
from authmap.rules.registry import rule
from authmap.syntax.change import Change
from authmap.syntax.nodes import Mapping, Scalar, resolve_alias

if TYPE_CHECKING:
    from collections.abc import Iterator

    from authmap.model.auth_map import AuthMap
    from authmap.model.options import Options


@rule("AM007", "ignored-section", Severity.ERROR, about=About.UNREAD_TEXT)
def ignored_section(auth_map: AuthMap, options: Options) -> Iterator[Finding]:
    """Data keys that nobody reads."""
    unread = [
        key
        for key in auth_map.keys
        if key.name not in auth_map.sections and not templates(key.name)
    ]
    meanings = [misspelling.section(key.name) for key in unread]
    for key, meant in zip(unread, meanings, strict=True):
        severity, fix = Severity.ERROR, None
        message = f"`{key.name}` is not read, since the section is called `{meant}`"
        if meant is None:
            severity = Severity.WARNING
            message = f"`{key.name}` is no section: the authenticator does not read it"
            advice = "it reads mapRoles, mapUsers and mapAccounts; if nothing else reads this key, "
            advice += "take it out"
        elif meant in auth_map.sections:
            advice = f"there is a `{meant}` as well: move into it what is still needed"
        elif meanings.count(meant) > 1:
            advice = f"every mapping in it is ignored: make one `{meant}` of all keys that mean it"
        else:
            advice = "every mapping in it is ignored: rename it"
            held_back = None if auth_map.root else "rename the key in the object itself"
            fix = Fix((Change(auth_map.layer, key.key, meant),), safe=False, held_back=held_back)
        yield Finding(at_node(auth_map.layer, key.key), message, advice, fix=fix, severity=severity)
    yield from _beside_data(auth_map)


def _beside_data(auth_map: AuthMap) -> Iterator[Finding]:
    """Sections at the object's top, or below another key there."""
    if auth_map.root is None or auth_map.shape not in (Shape.CONFIG_MAP, Shape.PATCH):
        return
    below = [(text(key), resolve_alias(value)) for key, value in auth_map.root.pairs]
    places = [("", auth_map.root), *((name, node) for name, node in below if name != "data")]
    for name, mapping in places:
        for key, _ in mapping.pairs if isinstance(mapping, Mapping) else ():
            if isinstance(key, Scalar) and "map" in key.value.lower():
                meant = misspelling.section(key.value)
                where = f"stands below `{name}`, not" if name else "does not stand below"
                if meant:
                    yield Finding(
                        at_node(auth_map.layer, key),
                        f"`{key.value}` {where} `data`, so it is not read",
                        f"every mapping in it is ignored: put it below `data:` as `{meant}`",
                    )
