"""A list item has become part of the line above it.

## Why it matters

A line that is indented deeper than the value above it continues that value, and its `- ` becomes
text. Two groups turn into one, `system:bootstrappers - system:nodes`, which no binding names, and
nodes cannot join. The same happens to all lines of a section that starts with `>`, which folds them
into one
(https://yaml.org/spec/1.1/#id928909).

## Bad

    - rolearn: arn:aws:iam::111111111111:role/staff
      username: staff:{{SessionName}}
      groups:
      - developers
        - viewers

## Good

    - rolearn: arn:aws:iam::111111111111:role/staff
      username: staff:{{SessionName}}
      groups:
      - developers
      - viewers

## How to fix

Put each item on its own line, with all the `-` in one column. Start a section with `|`, not with
`>`. There is no automatic fix, because authmap cannot know what you meant. The correction puts
items into effect that are ignored today, so check who gets access.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from authmap.authenticator.consumer import text_of
from authmap.authenticator.foreign_template import templates
from authmap.model.finding import Finding
from authmap.model.places import at_node
from authmap.model.severity import Severity
from authmap.rules.registry import rule
from authmap.syntax.nodes import Scalar, resolve_alias
from authmap.syntax.problem import ProblemKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from authmap.authenticator.entry import Entry
    from authmap.authenticator.section import Section
    from authmap.model.auth_map import AuthMap
    from authmap.model.options import RunOptions
    from authmap.syntax.nodes import Node


@rule("AM009", "folded-list", Severity.ERROR)
def folded_list(auth_map: AuthMap, options: RunOptions) -> Iterator[Finding]:
    """Values that swallowed another list item, and sections whose lines are folded."""
    for key in auth_map.keys:
        section = auth_map.sections.get(key.name)
        if section and section.problem and section.problem.kind is ProblemKind.FOLDED:
            yield Finding(
                at_node(auth_map.layer, key.key),
                f"`{key.name}` cannot be read: its lines are folded into one",
                "none of its mappings apply; "
                f"start the section with `{key.name}: |`, which keeps line breaks",
            )
    for entry in auth_map.entries:
        if entry.winner or " " not in "".join((entry.arn, entry.username, *entry.groups)):
            continue
        for field in entry.fields:
            if field.name in ("rolearn", "userarn", "username"):
                yield from _value(entry.section, field.value, f"`{field.key.value}`", entry)
        for group in entry.group_items:
            yield from _value(entry.section, group.node, "a group", entry)
    for account in auth_map.account_items:
        yield from _value(
            auth_map.sections["mapAccounts"], account.node, "an item of `mapAccounts`"
        )


def _value(
    section: Section, node: Node, what: str, entry: Entry | None = None
) -> Iterator[Finding]:
    target = resolve_alias(node)
    if not isinstance(target, Scalar) or " " not in target.value or target.style in ("|", ">"):
        return
    written = section.text[target.start : target.end]
    multiline = "\n" in written
    swallowed = target.value.partition(" - ")[2]
    if not multiline:
        # `Doe - contractor` may be a username, but `system:` after the dash is a group
        is_name = what.startswith("`") and not swallowed.startswith("system:")
        if not swallowed or is_name:
            return
    if templates(target.value) or text_of(target) is None:
        return
    shown = target.value if len(target.value) <= 80 else target.value[:77] + "..."
    remedy = "put each item on its own line, with its `-` directly below the one above"
    if section.source_map is not None and section.source_map.style == ">":
        remedy = f"start the section with `{section.name}: |`, which keeps line breaks"
    elif multiline and not swallowed:
        remedy = "a line that is indented deeper continues the value above it: fix the indentation"
    cause = "YAML joined the next line to it" if multiline else "two items became one"
    yield Finding(at_node(section, node), f"{what} is `{shown}`: {cause}", remedy, entry=entry)
