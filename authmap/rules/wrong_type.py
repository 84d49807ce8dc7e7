"""A value is a number, a boolean, a list or a mapping where another type is expected.

## Why it matters

YAML reads an unquoted `yes`, `on`, `123` or `1e3` as a boolean or a number. The authenticator
expects text in `rolearn`, `userarn` and `username`, and a list of text in `groups`. It leaves a
field of another type empty and reports that only in its own log. Without a username the caller logs
in as the user "", without a rolearn the entry is dropped, and `groups: admins` grants no groups at
all. With `.inf` or `.nan` the whole section is ignored, because the authenticator converts it to
JSON, which cannot represent them (https://yaml.org/type/bool.html and `resolve.go` in
https://github.com/yaml/go-yaml/tree/v2).

A value in the ConfigMap's own `data` must be text as well: without the `|` after `mapRoles:`, the
API server refuses the object.

## Bad

    - rolearn: arn:aws:iam::111111111111:role/staff
      username: yes
      groups: developers

## Good

    - rolearn: arn:aws:iam::111111111111:role/staff
      username: "yes"
      groups: [developers]

## How to fix

`authmap fix --unsafe-fixes` puts quotes around values that were meant as text. It is not marked as
safe, because the value you wrote then takes effect: a caller who was the user "" gets the username,
and a quoted group is granted. Only `userid`, which nothing reads, is quoted without
`--unsafe-fixes`. You have to correct lists and mappings yourself.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from authmap.authenticator.consumer import CONFIG_MAP, is_null
from authmap.authenticator.entry import sso_fields
from authmap.authenticator.section import is_infinite
from authmap.model.finding import Finding, Fix
from authmap.model.places import at_node
from authmap.model.rule import About, Fixes
from authmap.model.severity import Severity
from authmap.rules.registry import rule
from authmap.syntax.change import Change
from authmap.syntax.layer import At
from authmap.syntax.nodes import Mapping, Node, Scalar, Sequence, descend, resolve_alias
from authmap.syntax.problem import ProblemKind
from authmap.syntax.yaml import go_types

if TYPE_CHECKING:
    from collections.abc import Iterator

    from authmap.authenticator.consumer import Consumer
    from authmap.authenticator.entry import Entry
    from authmap.authenticator.section import Section
    from authmap.model.auth_map import AuthMap
    from authmap.model.options import RunOptions
    from authmap.syntax.layer import Layer


class _Misfit(NamedTuple):
    """A value of the wrong type.

    Attributes:
        layer: the text that the value is in.
        node: the value.
        name: what the message calls it.
        wanted: the type it should have.
        effect: what happens because of it.
        remedy: what to do.
        entry: the entry it belongs to, if any.
        shown: the node to point at, if not the value itself.
    """

    layer: Layer
    node: Node
    name: str
    wanted: str
    effect: str
    remedy: str
    entry: Entry | None = None
    shown: Node | None = None


_WANTED = {"groups": "a list", "sso": "a mapping"}
_TYPES = {"a list": Sequence, "a mapping": Mapping}
_DROPS = "the authenticator ignores the value and drops the entry"
_READ = ("rolearn", "userarn", "username", "groups", "userid", "sso")
_EFFECTS = {
    "rolearn": _DROPS,
    "userarn": _DROPS,
    "accountid": _DROPS,
    "permissionsetname": _DROPS,
    "sso": _DROPS,
    "username": 'the authenticator ignores the value, and the caller logs in as the user ""',
    "groups": "the caller gets no groups at all",
}


@rule(
    "AM002", "wrong-type", Severity.ERROR, about=About.UNREAD_VALUE, fixes=Fixes.SAFE | Fixes.UNSAFE
)
def wrong_type(auth_map: AuthMap, options: RunOptions) -> Iterator[Finding]:
    """Values of a type that the authenticator does not read."""
    seen: set[int] = set()  # report a value once if YAML merges it into several entries
    for layer, node, name, wanted, effect, remedy, entry, shown in _misfits(auth_map):
        template = isinstance(node, Mapping) and layer.text.startswith("{{", node.start)
        if template or id(node) in seen:  # AM003 and AM011 report templates
            continue
        seen.add(id(node))
        fix = None
        if wanted == "text" and not name.endswith("arn`") and name[1:-1] not in auth_map.sections:
            fix = _quotes(layer, node, safe=name.lower() == "`userid`")
        yield Finding(
            _place(layer, shown or node),
            f"{name} is {_what(node, quoted=not auth_map.locked)}, not {wanted}",
            f"{effect}; {'put it in quotes' if fix else remedy}",
            entry=entry,
            fix=fix,
        )


def _misfits(auth_map: AuthMap) -> Iterator[_Misfit]:
    layer, root = auth_map.layer, auth_map.root
    data = resolve_alias(root.get("data")) if root else None
    refused = "`data` may contain only text, so the API server refuses this ConfigMap"
    if data is not None and not _fits(data, "a mapping"):
        remedy = "indent `mapRoles:` and the other sections below `data:`"
        yield _Misfit(layer, data, "`data`", "a mapping", refused, remedy)
    unfit = {key.name: key for key in auth_map.keys if not _fits(key.value, "text")}
    for key in unfit.values():
        remedy = f"write `{key.name}: |` and indent its contents below it"
        node, name = resolve_alias(key.value) or key.key, f"`{key.name}`"
        yield _Misfit(layer, node, name, "text", refused, remedy, None, key.key)
    for section in auth_map.sections.values():
        yield from _native(section)
        refused_as_such = section.source_map is not None and section.name in unfit
        if (
            section.problem
            and section.problem.kind is ProblemKind.TYPE
            and section.tree
            and not refused_as_such
        ):
            yield from _unreadable(section, section.tree)
    for entry in auth_map.entries:
        if not entry.winner and not _is_read(entry):
            yield from _entry(entry)
    accounts = auth_map.sections.get("mapAccounts")
    if accounts and isinstance(accounts.root, Sequence):
        for node in accounts.root.items:
            consumer, name = accounts.consumer, "an item of `mapAccounts`"
            if not isinstance(resolve_alias(node), Scalar):
                effect = consumer.refusal("account") or "it is skipped"
                remedy = "write only the account ID"
                yield _Misfit(accounts, node, name, "text", effect, remedy)
            elif consumer.weak or consumer.refusal("account"):
                yield from _text(accounts, node, name, "account")


def _native(section: Section) -> Iterator[_Misfit]:
    """A section written directly as YAML, not as text, that is not a list."""
    refusal = section.consumer.refusal(section.name)
    if refusal and section.root and not _fits(section.root, "a list"):
        remedy = "begin each entry with `- `"
        yield _Misfit(section, section.root, f"`{section.called}`", "a list", refusal, remedy)


def _text(
    section: Section, node: Node, name: str, field: str, entry: Entry | None = None
) -> Iterator[_Misfit]:
    """A value that should be text and is not, or that is not read as written."""
    consumer, target = section.consumer, resolve_alias(node)
    if not _fits(node, "text", consumer):
        effect = consumer.refusal(field) or _EFFECTS.get(
            field, "the authenticator ignores the value"
        )
        yield _Misfit(section, node, name, "text", effect, "write it as text", entry)
    elif consumer.weak and isinstance(target, Scalar) and not target.style:
        text = consumer.text_of(node)
        if text is not None and text != target.value:
            effect = f"the authenticator reads it as `{text}`"
            yield _Misfit(section, node, name, "text", effect, "put it in quotes", entry)


def _unreadable(section: Section, tree: Node) -> Iterator[_Misfit]:
    """The values because of which the whole section cannot be read."""
    effect = section.consumer.refusal() or (
        f"`{section.name}` is ignored entirely: the authenticator cannot read it"
    )
    if section.problem and not isinstance(tree, Sequence):
        yield _Misfit(section, tree, f"`{section.name}`", "a list", effect, section.problem.remedy)
        return
    for node in descend(tree):
        values = [value for _, value in node.pairs] if isinstance(node, Mapping) else []
        for value in node.items if isinstance(node, Sequence) else values:
            if is_infinite(value):
                yield _Misfit(section, value, "a value", "text", effect, "remove the tag")


def _is_read(entry: Entry) -> bool:
    """Whether a quick look shows that all of the entry is read as written."""
    texts = entry.arn, entry.username, *entry.groups
    return len(entry.fields) == 3 <= len(texts) and all(texts) and not entry.section.consumer.weak


def _entry(entry: Entry) -> Iterator[_Misfit]:
    section, item = entry.section, resolve_alias(entry.node)
    if not isinstance(item, Mapping):
        name = f"an item of `{section.called}`"
        effect = section.consumer.refusal("item") or "the authenticator drops it"
        remedy = f"begin each entry with `- {section.arn_key}: `"
        yield _Misfit(section, entry.node, name, "a mapping", effect, remedy, entry)
    for field in entry.fields:
        called = field.name
        drops = called in ("rolearn", "userarn", "sso")
        if not called or (entry.dropped and not drops):
            continue
        if called not in _READ:
            continue
        wanted = _WANTED.get(called)
        if wanted is None:
            yield from _text(section, field.value, f"`{field.key.value}`", called, entry)
        elif not _fits(field.value, wanted, section.consumer):
            effect = section.consumer.refusal(called) or _EFFECTS[called]
            name, remedy = f"`{field.key.value}`", f"write it as {wanted}"
            if called == "groups":
                remedy = f"write `{field.key.value}: [NAME]`"
            yield _Misfit(section, field.value, name, wanted, effect, remedy, entry)
        for inner in sso_fields(field.value) if called == "sso" else ():
            if inner.name:
                yield from _text(section, inner.value, f"`{inner.key.value}`", inner.name, entry)
    for group in entry.group_items if not entry.dropped else ():
        if not group.text and section.consumer.text_of(group.node) is None:
            effect = section.consumer.refusal("group") or 'the caller is in the group "" instead'
            remedy = _group_remedy(group.node)
            yield _Misfit(section, group.node, "a group", "text", effect, remedy, entry)
        elif section.consumer.weak:
            yield from _text(section, group.node, "a group", "group", entry)


def _group_remedy(node: Node) -> str:
    item = resolve_alias(node)
    if isinstance(item, Mapping) and len(item.pairs) == 1:
        key, value = (resolve_alias(side) for side in item.pairs[0])
        if isinstance(key, Scalar) and isinstance(value, Scalar):
            return f"write `{key.value}:{value.value}` if that is the group's name"
    return "write the group's name, or remove the item"


def _fits(node: Node, wanted: str, consumer: Consumer = CONFIG_MAP) -> bool:
    try:
        if wanted in _TYPES:
            fits = isinstance(resolve_alias(node), _TYPES[wanted]) or is_null(node)
            return fits or (wanted == "a list" and consumer.weak and _fits(node, "text", consumer))
        return consumer.text_of(node) is not None or is_null(node)
    except go_types.GoYamlError:
        return False


def _quotes(layer: Layer, node: Node, *, safe: bool) -> Fix | None:
    """The fix that quotes a value exactly as it is written, or None if it is not plain text."""
    if isinstance(node, Scalar) and not node.style and node.tag is None and not is_null(node):
        return Fix((Change(layer, node, node.value),), safe)
    written = layer.text[node.start : node.end]
    if isinstance(node, Mapping) and node.flow and re.fullmatch(r"\{[ \w.-]*\}", written):
        return Fix((Change(layer, node, written),), safe)  # {SessionName}
    return None


def _place(layer: Layer, node: Node) -> At:
    at = at_node(layer, node)
    if at.start < at.end:
        return at
    dash = layer.text.rfind("-", 0, at.start)  # nothing follows the dash
    return At(layer, dash, dash + 1)


def _what(node: Node, *, quoted: bool) -> str:
    """The type that YAML gives a value, for a message.

    Args:
        node: the value.
        quoted: whether to show the value itself; in a Terraform plan it may be a secret.
    """
    target = resolve_alias(node)
    if not isinstance(target, Scalar):
        return "a list" if isinstance(target, Sequence) else "a mapping"
    try:
        kind = go_types.resolve(target.value, target.tag, not target.style)[0]
    except go_types.GoYamlError:
        return "a value that does not fit its tag"
    shown = target.value if len(target.value) <= 40 else target.value[:37] + "..."
    shown = f" (`{shown}`)" if quoted else ""
    if kind is go_types.Kind.INFINITE:
        return f"a number that JSON cannot represent{shown}"
    if kind is go_types.Kind.BOOL:
        return f"a boolean in YAML{shown}"
    if kind is go_types.Kind.STRING or kind is go_types.Kind.MERGE:
        return "text"
    return "empty" if kind is go_types.Kind.NULL else f"a number in YAML{shown}"
