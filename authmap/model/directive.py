"""Ignore directives: comments and annotations that suppress findings."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from authmap.syntax.layer import At
    from authmap.syntax.nodes import Node
    from authmap.syntax.yaml.scalars import Line


class Word(NamedTuple):
    """One rule code or name in a directive.

    Attributes:
        text: the word as written.
        at: its place.
        code: the code of the rule that it names, or None if it names no rule.
    """

    text: str
    at: At
    code: str | None


class Directive:
    """A comment or annotation that suppresses findings.

    Attributes:
        at: its place.
        words: the rule codes and names in it; empty if its syntax is wrong.
        codes: the codes of the rules that its words name.
        reason: the reason that its author gives.
        place: a node for its words, through which a fix can change them, or None.
        about: the object that an annotation applies to; None if it applies to the whole map.
        target: the line that a comment applies to: its own line, or the next line if the comment
            is alone on its line; None for an annotation.
        unused: the words that suppress nothing (set after all rules have run).
    """

    __slots__ = ("about", "at", "codes", "place", "reason", "target", "unused", "words")

    def __init__(
        self,
        at: At,
        words: list[Word],
        reason: str = "",
        place: Node | None = None,
        target: Line | None = None,
        about: Node | None = None,
    ) -> None:
        self.at = at
        self.words = words
        self.codes = {word.code for word in words if word.code}
        self.reason = reason
        self.place = place
        self.target = target
        self.about = about
        self.unused: list[Word] = []
