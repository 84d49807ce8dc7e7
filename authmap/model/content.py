"""The contents of a file that authmap checks: maps, kubeconfigs, and texts it cannot read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from authmap.syntax.located import Located

if TYPE_CHECKING:
    from collections.abc import Iterator

    from authmap.authenticator.placeholder import Delimiters
    from authmap.model.directive import Directive
    from authmap.syntax.layer import Layer
    from authmap.syntax.nodes import Mapping, Node
    from authmap.syntax.problem import Problem
    from authmap.syntax.source import Source


class Content:
    """One content of a file: an `AuthMap`, a `Kubeconfig` or an `Unreadable`.

    Attributes:
        source: the file it is in.
        path: the name of the file.
        layer: the text that contains its object: the file's text, or one embedded in it.
        root: the node of its object, if it is an object.
        outer: for an object inside an embedded text, the object that contains that text, with its
            own layer.
        address: address of its Terraform resource, or an empty string.
        locked: why it must not be changed, or an empty string.
        annotations: annotations of the object that are not in the file, by name.
        directives: its ignore directives; the engine sets them.
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
        """The texts that make up the content, without duplicates."""
        return [self.source]

    @property
    def trees(self) -> list[tuple[Layer, Node]]:
        """The trees that make up the content, each with its layer."""
        return [*self.objects, *([self.outer] if self.outer else [])]

    @property
    def objects(self) -> list[tuple[Layer, Mapping]]:
        """The Kubernetes objects that make up the content, each with its layer."""
        return [(self.layer, self.root)] if self.root else []

    @property
    def delimiters(self) -> Delimiters:
        """The delimiters used instead of placeholder braces until another tool renders the file."""
        return ()

    @property
    def partly_unread(self) -> bool:
        """Whether part of it cannot be read."""
        return False

    def items(self) -> Iterator[tuple[Layer, Node]]:
        """The items that a directive can apply to, such as entries, each with its layer."""
        yield from ()


class Unreadable(Content, Located):
    """A text that cannot be read, or not to its end.

    Attributes:
        problem: why it cannot be read.
    """

    def __init__(self, source: Source, problem: Problem, *, layer: Layer | None = None) -> None:
        super().__init__(source, layer=layer)
        self.problem = problem

    @property
    def _stretch(self) -> tuple[Source, int, int]:
        return (self.source, *self.layer.span(self.problem.start, self.problem.end))
