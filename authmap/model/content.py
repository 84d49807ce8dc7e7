"""What a file holds that concerns authmap: a map, a kubeconfig, or a text that cannot be read."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from authmap.authenticator.placeholder import Delimiters
    from authmap.model.directive import Directive
    from authmap.syntax.layer import Layer
    from authmap.syntax.nodes import Mapping, Node
    from authmap.syntax.problem import Problem
    from authmap.syntax.source import Source


class Content:
    """One thing that a file holds; `AuthMap`, `Kubeconfig` and `Unreadable` are the three kinds.

    Attributes:
        source: the file it is in.
        path: the name of the file.
        layer: the text that its object stands in: the file's, or one inside it.
        root: node of the object, where it is written as one.
        outer: the object that holds the text in which it is an object, and that object's text.
        address: address of the Terraform resource that it is in, or an empty string.
        locked: why nothing in it may be changed, or an empty string.
        annotations: annotations of the object that are not written in the file, each a text of
            its own.
        directives: what its author asks authmap to ignore; the engine reads them.
    """

    def __init__(
        self, source: Source, *, layer: Layer | None = None, root: Mapping | None = None
    ) -> None:
        self.source = source
        self.path = source.path
        self.layer: Layer = layer or source
        self.root = root
        self.outer: tuple[Layer, Mapping] | None = None
        self.address = ""
        self.locked = ""
        self.annotations: dict[str, Source] = {}
        self.directives: list[Directive] = []

    @property
    def texts(self) -> list[Source]:
        """The texts it is written in, each of them once."""
        return [self.source]

    @property
    def trees(self) -> list[tuple[Layer, Node]]:
        """The trees it is written in, each with its text."""
        return [*self.objects, *([self.outer] if self.outer else [])]

    @property
    def objects(self) -> list[tuple[Layer, Mapping]]:
        """The Kubernetes objects it is written as, each with its text."""
        return [(self.layer, self.root)] if self.root else []

    @property
    def delimiters(self) -> Delimiters:
        """The marks that stand for the braces of placeholders until the file is rendered."""
        return ()

    @property
    def partly_unread(self) -> bool:
        """Whether a part of it cannot be read."""
        return False

    def items(self) -> Iterator[tuple[Layer, Node]]:
        """The items that a directive may be about, such as entries, each with its text."""
        yield from ()


class Unreadable(Content):
    """A text, or the rest of one, that cannot be read.

    Attributes:
        problem: why it cannot be read.
    """

    def __init__(self, source: Source, problem: Problem, *, layer: Layer | None = None) -> None:
        super().__init__(source, layer=layer)
        self.problem = problem
