"""What a rule says: a finding at a place, and perhaps a fix made of changes to values.

Everything here is symbolic: nodes and values. `patch.py` turns changes into edits of bytes, late.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, NamedTuple, Protocol

from authmap.authenticator.placeholder import braced
from authmap.syntax.yaml.parser import Node, Scalar
from authmap.syntax.yaml.scalars import read_scalar

if TYPE_CHECKING:
    from collections.abc import Callable

    from authmap.authenticator.entry import Entry
    from authmap.rules.registry import Rule
    from authmap.syntax.source import Source
    from authmap.syntax.yaml.scalars import ScalarMap


class Severity(IntEnum):
    """How bad a finding is; the greater, the worse."""

    NOTE = 1
    """Worth knowing; never fails a run unless asked to."""
    WARNING = 2
    """The map does what it says, but it will hurt."""
    ERROR = 3
    """The map does not do what it says, or hides people."""

    def __str__(self) -> str:
        return self.name.lower()


class Layer(Protocol):
    """A text that nodes stand in: the file itself, or the text of a section inside it."""

    @property
    def text(self) -> str:
        """The text."""

    @property
    def source(self) -> Source:
        """The file."""

    @property
    def map(self) -> ScalarMap | None:
        """From this text to the file's, if it is not the file's own."""

    @property
    def aliased(self) -> frozenset[int]:
        """Ids of the nodes that aliases refer to."""

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Offsets in the file's text of a stretch of this text."""


class At(NamedTuple):
    """A stretch of a layer's text."""

    layer: Layer
    start: int
    end: int


class Change(NamedTuple):
    """A node of a layer whose value is to be another.

    A scalar gets the value; a sequence, with `append`, gets it as one more item; any other node
    is replaced by a scalar of that value.
    """

    layer: Layer
    node: Node
    value: str
    append: bool = False


class Fix(NamedTuple):
    """How a finding is mended.

    Attributes:
        changes: values to set, all of them or none.
        safe: whether it changes nobody's access; an unsafe one waits for ``--unsafe-fixes``.
        held_back: why it is not made, although it is known.
    """

    changes: tuple[Change, ...]
    safe: bool = True
    held_back: str | None = None


class Suppression(NamedTuple):
    """Why a finding is not reported.

    Attributes:
        kind: `comment`, `annotation`, or `baseline`.
        reason: what its author says.
        at: where that stands, if it is in the file.
    """

    kind: str
    reason: str = ""
    at: At | None = None


class Finding:
    """One thing found.

    Attributes:
        at: where.
        message: what is wrong here, in the reader's own words.
        help: what happens because of it, and what to do.
        entry: the entry concerned, if it is one.
        rule: the rule that found it (set by the rule's runner).
        own_severity: how bad it is, where that is not the rule's severity.
        suppression: why it is not reported, if it is not.
    """

    __slots__ = ("_fix", "at", "entry", "help", "message", "own_severity", "rule", "suppression")
    rule: Rule

    def __init__(
        self,
        at: At,
        message: str,
        help: str,
        *,
        entry: Entry | None = None,
        fix: Fix | Callable[[], Fix | None] | None = None,
        severity: Severity | None = None,
    ) -> None:
        self.at = at
        self.own_severity = severity
        self.message = message
        self.help = help
        self.entry = entry
        self._fix = fix
        self.suppression: Suppression | None = None

    @property
    def fix(self) -> Fix | None:
        """How to mend it, if that is known; worked out when it is first asked for."""
        if callable(self._fix):
            self._fix = self._fix()
        return self._fix

    def hold_back(self, reason: str) -> None:
        """Let its fix, if it has one, not be made."""
        fix = self.fix
        self._fix = fix and fix._replace(held_back=reason)

    @property
    def severity(self) -> Severity:
        """How bad it is."""
        return self.own_severity or self.rule.severity

    @property
    def source(self) -> Source:
        """The file it is found in."""
        return self.at.layer.source

    @property
    def span(self) -> tuple[int, int]:
        """Offsets in the file's text, end exclusive."""
        layer, start, end = self.at
        return layer.span(start, end)

    @property
    def renames(self) -> bool:
        """Whether its fix changes an entry's username."""
        field = self.entry.field("username") if self.entry else None
        return bool(self.fix and field and any(c.node is field.value for c in self.fix.changes))


def at_node(layer: Layer, node: Node) -> At:
    """A node's place; of a block that spans lines, its first line."""
    start, end = node.start, node.end
    if type(node) is Scalar and node.style not in ("|", ">") and start <= end:
        return At(layer, start, end)
    end = max(start, end)
    line_end = layer.text.find("\n", start, end)
    text = layer.text[start : end if line_end < 0 else line_end]
    return At(layer, start, start + len(text.rstrip()))


def at_part(layer: Layer, node: Node, start: int, end: int) -> At:
    """A stretch of a scalar's value, or the node where the stretch has no place on one line."""
    mapped = read_scalar(layer.text, node) if isinstance(node, Scalar) else None
    if mapped is None or end > len(mapped.value):
        return at_node(layer, node)
    at = At(layer, *mapped.span(start, end))
    return at_node(layer, node) if "\n" in layer.text[at.start : at.end] else at


def at_entry(entry: Entry) -> At:
    """The place that stands for an entry: its ARN, or else the first line of it."""
    for name in ("rolearn", "userarn"):
        field = entry.field(name)
        if field:
            return at_node(entry.section, field.value)
    return at_node(entry.section, entry.node)


def at_arn(entry: Entry, start: int, end: int) -> At:
    """A stretch of an entry's ARN."""
    field = entry.field("rolearn") or entry.field("userarn")
    if field is None or not isinstance(field.value, Scalar) or field.value.value != entry.arn:
        return at_entry(entry)
    return at_part(entry.section, field.value, start, end)


def at_pattern(entry: Entry, node: Node, text: str, start: int, end: int) -> At:
    """A stretch of a username or group, or its node where its text is not what is written there."""
    written = node.value if isinstance(node, Scalar) else ""
    if len(written) == len(text) and braced(written, entry.section.delimiters) == text:
        return at_part(entry.section, node, start, end)
    return at_node(entry.section, node) if node.end > node.start else at_entry(entry)


def at_username(entry: Entry, text: str) -> At:
    """Where a text that is in an entry's username stands in it."""
    field = entry.field("username")
    start = entry.username.index(text)
    if field is None:
        return at_entry(entry)
    return at_pattern(entry, field.value, entry.username, start, start + len(text))


def line_of(entry: Entry) -> int:
    """The line of the file on which an entry's ARN stands."""
    at = at_entry(entry)
    return at.layer.source.place(at.layer.span(at.start, at.end)[0]).line


def at_field(entry: Entry, name: str) -> At:
    """The place of a field's value, or of the entry where it has no such field."""
    field = entry.field(name)
    if field is None:
        return at_entry(entry)
    value = field.value
    return at_node(entry.section, value if value.end != value.start else field.key)


def set_field(entry: Entry, name: str, value: str) -> Change | None:
    """A change of a field's value, or None where the entry does not have that field."""
    field = entry.field(name)
    return Change(entry.section, field.value, value) if field else None
