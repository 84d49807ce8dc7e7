"""What is read from a file, and what was asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from authmap.model.auth_map import AuthMap, Shape
from authmap.model.content import Unreadable
from authmap.model.kubeconfig import Kubeconfig
from authmap.syntax.problem import ProblemKind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from authmap.authenticator.placeholder import Delimiters
    from authmap.model.content import Content
    from authmap.syntax.layer import Layer
    from authmap.syntax.nodes import Mapping, Node, Scalar, Tree


class Document(NamedTuple):
    """A document whose kind is to be found out.

    Attributes:
        root: its node.
        layer: the text that it stands in.
        reading: what was found so far in the file.
    """

    root: Mapping
    layer: Layer
    reading: Reading


class Wanted(NamedTuple):
    """How a file is read, besides what it tells by itself.

    Attributes:
        named: somebody named this very input, so that keys such as `aws_auth_roles` tell enough.
        paths: the ways to such lists in it, as `eks.awsAuth.roles`.
        delimiters: what stands for the braces of placeholders until another tool has rendered it.
    """

    named: bool = False
    paths: tuple[str, ...] = ()
    delimiters: Delimiters = ()


NOTHING_MORE = Wanted()


class Reading:
    """What is in a file.

    Attributes:
        contents: the maps, kubeconfigs and unreadable texts, in order.
        trees: the documents themselves.
        inner: texts that are YAML themselves, and the roots of the documents in them.
        others: what the documents are that are no such map, in words.
        objects: the map that objects of one entry each make together, by the id of their text.
        secret: whether the file is not to be shown, as a kubeconfig or a Terraform state is in it.
    """

    def __init__(self) -> None:
        self.contents: list[Content] = []
        self.others: list[str] = []
        self.trees: list[Tree] = []
        self.inner: list[tuple[Scalar, Node]] = []
        self.objects: dict[int, AuthMap] = {}
        self.secret = False
        self._taken: set[int] = set()

    def add(self, found: Iterable[Content]) -> None:
        """Add contents, each of them once: several documents may make one map together."""
        for content in found:
            if id(content) not in self._taken:
                self._taken.add(id(content))
                self.contents.append(content)

    @property
    def maps(self) -> list[AuthMap]:
        """The aws-auth maps."""
        return [content for content in self.contents if isinstance(content, AuthMap)]

    @property
    def map_count(self) -> int:
        """Number of maps found, with those whose data Terraform does not know yet."""
        found = (content for content in self.contents if isinstance(content, Unreadable))
        unknown = sum(content.problem.kind is ProblemKind.UNKNOWN for content in found)
        return len(self.maps) + unknown

    @property
    def kubeconfigs(self) -> int:
        """Number of kubeconfigs found."""
        return sum(isinstance(content, Kubeconfig) for content in self.contents)

    @property
    def is_broken(self) -> bool:
        """Whether the file, or a part of it, cannot be read."""
        found = (content for content in self.contents if isinstance(content, Unreadable))
        return any(content.problem.kind is not ProblemKind.UNKNOWN for content in found)

    @property
    def roots(self) -> list[Node | None]:
        """The root nodes of all texts: of the documents, and of sections that stand alone."""
        alone = (found for found in self.maps if found.shape is Shape.DATA)
        sections = [section.tree for found in alone for section in found.sections.values()]
        return [*(tree.root for tree in self.trees), *(root for _, root in self.inner), *sections]
