"""`data` has a key that the authenticator does not read.

## Why it matters

The authenticator reads only `mapRoles`, `mapUsers` and `mapAccounts`. Unlike the keys inside an
entry, these names are case-sensitive (`ParseMap` in
`pkg/mapper/configmap/configmap.go` of https://github.com/kubernetes-sigs/aws-iam-authenticator). It
ignores every mapping under `maproles` or `mapRole`, next to `data` instead of under it, or under
`stringData` or `Data`, and reports no error.

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

`authmap fix --unsafe-fixes` renames the key, unless the correct key exists already. The fix is not
safe, so authmap makes it only on request: it gives access to everyone who is mapped in that
section. Move a section that is in the wrong place by hand.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from authmap.authenticator.foreign_template import templates
from authmap.documents.shapes import text
from authmap.model import misspelling
from authmap.model.auth_map import Shape
from authmap.model.finding import Finding, Fix
from authmap.model.places import at_node
from authmap.model.rule import About, Fixes
from authmap.model.severity import Severity
from authmap.rules.registry import rule
from authmap.syntax.change import Change
from authmap.syntax.nodes import Mapping, Scalar, resolve_alias

if TYPE_CHECKING:
    from collections.abc import Iterator

    from authmap.model.auth_map import AuthMap
    from authmap.model.options import RunOptions


@rule("AM007", "ignored-section", Severity.ERROR, about=About.UNREAD_TEXT, fixes=Fixes.UNSAFE)
def ignored_section(auth_map: AuthMap, options: RunOptions) -> Iterator[Finding]:
    """Data keys that the authenticator does not read."""
    unread = [
        key
        for key in auth_map.keys
        if key.name not in auth_map.sections and not templates(key.name)
    ]
    meanings = [misspelling.section(key.name) for key in unread]
    for key, meant in zip(unread, meanings, strict=True):
        severity, fix = Severity.ERROR, None
        message = f"the authenticator ignores `{key.name}`: the section is called `{meant}`"
        if meant is None:
            severity = Severity.WARNING
            message = f"`{key.name}` is not a section: the authenticator ignores it"
            advice = "it reads only mapRoles, mapUsers and mapAccounts; if nothing else reads this "
            advice += "key, remove it"
        elif meant in auth_map.sections:
            advice = f"`{meant}` exists too: move what you still need into it, then delete this key"
        elif meanings.count(meant) > 1:
            advice = f"none of its mappings apply; merge this and similar keys into one `{meant}`"
        else:
            advice = f"none of its mappings apply; rename it to `{meant}`"
            held_back = (
                None
                if auth_map.root
                else "authmap cannot rename it here: rename the key in the object itself"
            )
            fix = Fix((Change(auth_map.layer, key.key, meant),), safe=False, held_back=held_back)
        yield Finding(at_node(auth_map.layer, key.key), message, advice, fix=fix, severity=severity)
    yield from _beside_data(auth_map)


def _beside_data(auth_map: AuthMap) -> Iterator[Finding]:
    """Sections at the top level of the object, or under another key than `data`."""
    if auth_map.root is None or auth_map.shape not in (Shape.CONFIG_MAP, Shape.PATCH):
        return
    below = [(text(key), resolve_alias(value)) for key, value in auth_map.root.pairs]
    places = [("", auth_map.root), *((name, node) for name, node in below if name != "data")]
    for name, mapping in places:
        for key, _ in mapping.pairs if isinstance(mapping, Mapping) else ():
            if isinstance(key, Scalar) and "map" in key.value.lower():
                meant = misspelling.section(key.value)
                where = f"is under `{name}` instead of" if name else "is not under"
                if meant:
                    yield Finding(
                        at_node(auth_map.layer, key),
                        f"`{key.value}` {where} `data`, so the authenticator ignores it",
                        f"none of its mappings apply; move it under `data:` as `{meant}`",
                    )
