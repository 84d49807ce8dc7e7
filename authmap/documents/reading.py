"""What is read from a file, and what was asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from authmap.authenticator.placeholder import Delimiters
    from authmap.model.auth_map import AuthMap
    from authmap.syntax.layer import Layer
    from authmap.syntax.yaml.nodes import Mapping, Node, Scalar, Tree


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
        maps: the aws-auth maps, in order; an unreadable rest of the file is one with a `problem`.
        trees: the documents themselves.
        inner: texts that are YAML themselves, and the roots of the documents in them.
        others: what the documents are that are no such map, in words.
        objects: the map that objects of one entry each make together, by the id of their text.
        secret: whether the file is not to be shown, as a kubeconfig or a Terraform state is in it.
    """

    def __init__(self) -> None:
        self.maps: list[AuthMap] = []
        self.others: list[str] = []
        self.trees: list[Tree] = []
        self.inner: list[tuple[Scalar, Node]] = []
        self.objects: dict[int, AuthMap] = {}
        self.secret = False
        self._taken: set[int] = set()

    def add(self, found: list[AuthMap]) -> None:
        """Take maps in, each of them once: several documents may make one together."""
        for auth_map in found:
            if id(auth_map) not in self._taken:
                self._taken.add(id(auth_map))
                self.maps.append(auth_map)

    @property
    def kubeconfigs(self) -> int:
        """How many of the maps are none but kubeconfigs."""
        return sum(auth_map.shape == "kubeconfig" for auth_map in self.maps)

    @property
    def broken(self) -> int:
        """How many of the maps are none but a text, or the rest of one, that cannot be read."""
        problems = [auth_map.problem for auth_map in self.maps if auth_map.shape == "broken"]
        return sum(problem is None or problem.kind != "unknown" for problem in problems)

    @property
    def roots(self) -> list[Node | None]:
        """The root nodes of all texts: of the documents, and of sections that stand alone."""
        sections = [
            s.tree
            for auth_map in self.maps
            if auth_map.shape == "data"
            for s in auth_map.sections.values()
        ]
        return [*(tree.root for tree in self.trees), *(root for _, root in self.inner), *sections]
