"""YAML reads a placeholder without quotes as a mapping, not as text.

## Why it matters

Braces begin a mapping in YAML. `username: {{SessionName}}` is a mapping whose key is a mapping.
The authenticator's YAML reader refuses it (`invalid map key`), so the authenticator ignores the
whole section and every other entry in it. `{{SessionName}}-x` is not YAML at all
(https://yaml.org/spec/1.1/#id932806). A placeholder inside plain text, as in
`staff:{{SessionName}}`, needs no quotes, except between brackets.

## Bad

    - rolearn: arn:aws:iam::111111111111:role/staff
      username: {{SessionName}}

## Good

    - rolearn: arn:aws:iam::111111111111:role/staff
      username: "{{SessionName}}"

## How to fix

Put the whole value in quotes. `authmap fix --unsafe-fixes` does this if the text is otherwise valid
YAML. If the username would begin with the session name, the fix writes the username from
`--username-template` instead: otherwise a caller could take anybody's name by choosing the session
name (AM103). The fix is not marked as safe: the authenticator could not read the section before, so
every entry in it takes effect. Review them first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from authmap.authenticator.diagnosis import braces
from authmap.authenticator.entry import read_entries
from authmap.authenticator.placeholder import is_led_by_caller
from authmap.model import reserved_entries
from authmap.model.content import Unreadable
from authmap.model.finding import Finding, Fix
from authmap.model.rule import Fixes, Need
from authmap.model.severity import Severity
from authmap.rules.registry import rule
from authmap.syntax.change import Change
from authmap.syntax.layer import At
from authmap.syntax.problem import ProblemKind
from authmap.syntax.yaml.go_types import GoYamlError
from authmap.usernames.template import DEFAULT_TEMPLATE, RESERVED, render_in_full

if TYPE_CHECKING:
    from collections.abc import Iterator

    from authmap.authenticator.entry import Entry
    from authmap.authenticator.section import Section
    from authmap.model.auth_map import AuthMap
    from authmap.model.options import RunOptions
    from authmap.syntax.layer import Layer
    from authmap.syntax.nodes import Node


@rule(
    "AM003",
    "unquoted-placeholder",
    Severity.ERROR,
    needs=Need.MAP | Need.UNREADABLE,
    fixes=Fixes.UNSAFE,
)
def unquoted_placeholder(content: AuthMap | Unreadable, options: RunOptions) -> Iterator[Finding]:
    """Values that begin with braces and are not quoted."""
    if isinstance(content, Unreadable):
        if content.problem.kind is ProblemKind.PLACEHOLDER:
            at = At(content.layer, content.problem.start, content.problem.end)
            yield _finding(at, "neither kubectl nor authmap can read the file past this point")
        return
    for name, section in content.sections.items():
        if section.problem is None or section.problem.kind is not ProblemKind.PLACEHOLDER:
            continue
        loss = section.consumer.refusal() or (
            f"`{name}` is ignored entirely: the authenticator cannot read it"
        )
        if section.tree is None:
            yield _finding(At(section, section.problem.start, section.problem.end), loss)
            continue
        usernames, unread = {}, None
        try:
            usernames = _usernames(section, section.tree)
        except GoYamlError as error:
            unread = f"the authenticator still could not read {name}: {error}"
        for node, _ in braces(section.text, section.tree):
            value = section.text[node.start : node.end]
            if id(node) in usernames and is_led_by_caller(value):
                value = _username(usernames[id(node)], options)
            change = Change(section, node, value)
            fix = Fix((change,), safe=False, held_back=unread) if value else None
            yield _finding(At(section, node.start, node.end), loss, fix)


def _usernames(section: Section, tree: Node) -> dict[int, Entry]:
    """The entries in the section, by the `id` of the node of their username."""
    found = read_entries(section, tree) if section.name != "mapAccounts" else []
    fields = ((entry, entry.field("username")) for entry in found)
    return {id(field.value): entry for entry, field in fields if field}


def _username(entry: Entry, options: RunOptions) -> str:
    """The username to write instead of one that the caller could choose, or an empty string."""
    if not entry.has_session_name or reserved_entries.resembles_node(entry):
        return ""
    template = options.username_template
    value = render_in_full(entry, DEFAULT_TEMPLATE if "{username}" in template else template)
    return "" if value.startswith(RESERVED) else value


def _finding(at: At, loss: str, fix: Fix | None = None) -> Finding:
    layer: Layer = at.layer
    shown = layer.text[at.start : at.end]
    message = f"`{shown}` begins with braces and is not quoted, so YAML does not read it as text"
    if not shown.startswith("{"):
        message = (
            f"`{shown}` has braces inside brackets and is not quoted, so YAML does not read it as "
            "text"
        )
    value = fix.changes[0].value if fix else shown
    return Finding(at, message, f'write "{value}", in quotes; {loss}', fix=fix)
