"""What the author of a map asks authmap to ignore."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from authmap.syntax.layer import At
    from authmap.syntax.nodes import Node
    from authmap.syntax.yaml.scalars import Line


class Word(NamedTuple):
    """One code or name as it is written.

    Attributes:
        text: itself.
        at: where it stands.
        code: of the rule it means, or None where there is none.
    """

    text: str
    at: At
    code: str | None


class Directive:
    """One comment, or the annotation, that is to keep findings from being reported.

    Attributes:
        at: where it stands.
        words: the codes and names in it; none where it is not written as it must be.
        codes: of the rules that it names.
        reason: what is said besides.
        place: of the words, as a node that can be changed, if it can.
        about: of an annotation, the object it is about, where that is not the whole map.
        target: the line that a comment is about: its own, or the next where it has one of its own;
            None of the annotation.
        unused: the words that keep no finding from being reported (set once that is known).
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
