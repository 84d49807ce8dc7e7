"""What authmap finds in a file, and how it is asked to read the file."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from authmap.model.auth_map import AuthMap, Shape
from authmap.model.content import Unreadable
from authmap.model.kubeconfig import Kubeconfig
from authmap.model.planned_change import PlannedChange
from authmap.syntax.problem import ProblemKind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from authmap.authenticator.placeholder import Delimiters
    from authmap.model.content import Content
    from authmap.syntax.layer import Layer
    from authmap.syntax.nodes import Mapping, Node, Scalar, Tree


class Document(NamedTuple):
    """A document to recognise.

    Attributes:
        root: its root node.
        layer: the text that contains it.
        reading: what has been found in the file so far.
    """

    root: Mapping
    layer: Layer
    reading: Reading


class Wanted(NamedTuple):
    """Options for reading a file.

    Attributes:
        named: whether the file was given on the command line, so that authmap also looks for lists
            of entries under keys such as `aws_auth_roles`.
        paths: paths to lists of entries in the file, such as `eks.awsAuth.roles`.
        delimiters: the delimiters used instead of placeholder braces until another tool renders
            the file.
    """

    named: bool = False
    paths: tuple[str, ...] = ()
    delimiters: Delimiters = ()


NOTHING_MORE = Wanted()


class Reading:
    """What has been found in a file.

    Attributes:
        contents: the maps, kubeconfigs and unreadable texts, in order.
        trees: the file's documents.
        inner: the scalars whose text is YAML, each with the root of a document in that text.
        others: descriptions of the documents that have no content for authmap.
        objects: the map that the IAMIdentityMapping objects of a text form together, by the id of
            their layer.
        secret: whether the text must not be shown, because the file contains a kubeconfig or a
            Terraform state.
    """

    def __init__(self) -> None:
        self.contents: list[Content] = []
        self.others: list[str] = []
        self.trees: list[Tree] = []
        self.inner: list[tuple[Scalar, Node]] = []
        self.objects: dict[int, AuthMap] = {}
        self.secret = False
        self._added: set[int] = set()

    def add(self, found: Iterable[Content]) -> None:
        """Add contents without duplicates: several documents can form one map together."""
        for content in found:
            if id(content) not in self._added:
                self._added.add(id(content))
                self.contents.append(content)

    @property
    def maps(self) -> list[AuthMap]:
        """The aws-auth maps."""
        return [content for content in self.contents if isinstance(content, AuthMap)]

    @property
    def map_count(self) -> int:
        """Number of maps found, including those that Terraform deletes or does not know yet."""
        found = (content for content in self.contents if isinstance(content, Unreadable))
        unknown = sum(content.problem.kind is ProblemKind.UNKNOWN for content in found)
        changes = (content for content in self.contents if isinstance(content, PlannedChange))
        addresses = {auth_map.address for auth_map in self.maps}
        deleted = sum(change.address not in addresses for change in changes)
        return len(self.maps) + unknown + deleted

    @property
    def kubeconfigs(self) -> int:
        """Number of kubeconfigs found."""
        return sum(isinstance(content, Kubeconfig) for content in self.contents)

    @property
    def is_broken(self) -> bool:
        """Whether the file, or part of it, cannot be read."""
        found = (content for content in self.contents if isinstance(content, Unreadable))
        return any(content.problem.kind is not ProblemKind.UNKNOWN for content in found)

    @property
    def roots(self) -> list[Node | None]:
        """The root nodes of all documents, of the YAML texts inside them, and of bare sections."""
        alone = (found for found in self.maps if found.shape is Shape.DATA)
        sections = [section.tree for found in alone for section in found.sections.values()]
        return [*(tree.root for tree in self.trees), *(root for _, root in self.inner), *sections]
