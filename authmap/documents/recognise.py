"""The recognisers. Each module here knows one sort of document, and is found by itself.

A module is called after what tells its documents, in small letters: `kind_configmap.py` after their
kind, or where they have none `key_data.py` after a key at their top. It is imported when a document
of that kind or with that key turns up, so that a sort of input costs nothing where it does not
occur. Its `maps(document)` yields the maps in a document, and none where it is something else.
"""

from __future__ import annotations

import os
import re
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple

from authmap.authenticator import diagnosis
from authmap.authenticator.section import Section
from authmap.model.auth_map import SECTIONS, AuthMap, DataKey, Problem
from authmap.syntax.source import Source
from authmap.syntax.yaml.parser import Mapping, Scalar, Sequence, TreeError, descend, parse, plain
from authmap.syntax.yaml.scalars import within

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from authmap.authenticator.entry import Reader
    from authmap.documents.read import Reading
    from authmap.model.finding import Layer
    from authmap.syntax.yaml.parser import Node
    from authmap.syntax.yaml.scalars import ScalarMap


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


class Text:
    """A text that is YAML itself: a layer of its own.

    Attributes:
        text: the text.
        source: the file.
        map: from the text to the file's, if it is another.
        aliased: ids of the nodes that aliases refer to.
    """

    def __init__(self, text: str, source: Source, map: ScalarMap | None) -> None:
        self.text = text
        self.source = source
        self.map = map
        self.aliased: frozenset[int] = frozenset()

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Offsets in the file's text of a stretch of this text."""
        return self.map.span(start, end) if self.map else (start, end)


def recognise(document: Document) -> list[AuthMap]:
    """The maps in a document; none where it is no document of ours."""
    for name in recognisers(document):
        found = list(_recogniser(name)(document))
        if found:
            return found
    return []


def recognisers(document: Document) -> list[str]:
    """The names of those that may know a document."""
    kind = text(document.root.get("kind"))
    if kind is not None:
        names = [f"kind_{kind.lower()}"]
    else:
        keys = (key for key, _ in document.root.pairs)
        names = [f"key_{key.value.lower()}" for key in keys if type(key) is Scalar]
    return [name for name in names if name in _names()]


@cache
def _names() -> frozenset[str]:
    files = os.listdir(os.path.dirname(__file__))  # noqa: PTH120, PTH208 - names are enough
    return frozenset(file[:-3] for file in files if file.endswith(".py"))


def _recogniser(name: str) -> Callable[[Document], Iterator[AuthMap]]:
    found: Callable[[Document], Iterator[AuthMap]] = import_module(f"{__package__}.{name}").maps
    return found


def inner(
    document: Document, node: Scalar, find: Callable[[Document], list[AuthMap]] = recognise
) -> Iterator[AuthMap]:
    """The maps in a text that is YAML itself, or the reason why it cannot be read.

    Args:
        document: that the text is in.
        node: the text.
        find: finds them in each of its documents.
    """
    layer = Text(node.value, document.layer.source, within(document.layer, node))
    try:
        for tree in parse(layer.text):
            layer.aliased |= tree.aliased
            if isinstance(tree.root, Mapping):
                found = find(Document(tree.root, layer, document.reading))
                if found:
                    document.reading.inner.append((node, tree.root))
                yield from found
    except TreeError as error:
        problem = problem_of(layer.text, error, secret=document.reading.secret)
        yield AuthMap(layer.source, "broken", layer=layer, problem=problem)


def problem_of(text: str, error: TreeError, *, secret: bool = False) -> Problem:
    """Why a text is not YAML, as far as that can be told.

    Args:
        text: the text.
        error: what the reader says.
        secret: whether nothing of it may be quoted.
    """
    why = diagnosis.cause(text, error)
    if why.kind in ("syntax", "template"):
        why = diagnosis.terraform(text) or why
    if secret:  # the parser's own words quote nothing
        return Problem("yaml", error.problem, why.start, why.end, "correct it")
    kind = "yaml" if why.kind == "syntax" else why.kind
    return Problem(kind, why.problem, why.start, why.end, why.remedy)


def text(node: Node | None) -> str | None:
    """The text of a scalar; None of anything else."""
    target = plain(node)
    return target.value if isinstance(target, Scalar) else None


def data_keys(data: Node | None) -> tuple[DataKey, ...]:
    """The keys of a mapping that holds sections; none of anything else."""
    target = plain(data)
    pairs = target.pairs if isinstance(target, Mapping) else ()
    keys = ((plain(key), value) for key, value in pairs)
    return tuple(DataKey(key.value, key, value) for key, value in keys if isinstance(key, Scalar))


def sections(keys: tuple[DataKey, ...], layer: Layer) -> dict[str, Section]:
    """The sections that the keys of an object's data hold, by name."""
    return {key.name: section(key.name, key.value, layer) for key in keys if key.name in SECTIONS}


def section(name: str, value: Node, layer: Layer) -> Section:
    """The section that a value holds: a text, or YAML of the document itself.

    Args:
        name: of the section.
        value: its node in the layer.
        layer: the text that the value stands in.
    """
    target = plain(value)
    if target is None:  # an alias inside of what it stands for
        return Section(name, layer.source, "")
    if not isinstance(target, Scalar):
        return Section.native(name, layer, target)
    found = Section(name, layer.source, target.value, within(layer, target))
    found.node = target
    if id(target) in layer.aliased and found.tree is not None:
        found.aliased = frozenset(id(node) for node in descend(found.tree))
    return found


def entries_of(items: Sequence) -> str | None:
    """Of which section a list holds the entries, if it does: told by their keys."""
    for item in items.items:
        entry = plain(item)
        if isinstance(entry, Mapping):
            keys = {key.value.lower() for key, _ in entry.pairs if isinstance(key, Scalar)}
            for key, name in (("rolearn", "mapRoles"), ("userarn", "mapUsers")):
                if key in keys:
                    return name
    return None


def mixed(items: Node, layer: Layer, reader: Reader) -> dict[str, Section]:
    """The sections of a list in which roles and users stand together, each told by its ARN.

    Args:
        items: the list.
        layer: the text that it stands in.
        reader: what reads it.
    """
    roles = Section.native("mapRoles", layer, items, reader)
    found, listed = {"mapRoles": roles}, plain(roles.root)
    if isinstance(listed, Sequence):
        arns = [value(item, "arn", reader) or "" for item in listed.items]
        users = [i for i, arn in enumerate(arns) if is_user(arn)]
        roles.only = [i for i, arn in enumerate(arns) if not is_user(arn)]
        if users:
            found["mapUsers"] = Section.native("mapUsers", layer, items, reader)
            found["mapUsers"].only = users
    return found


def is_user(arn: str) -> bool:
    """Whether an ARN is a user's, who has no session."""
    lowered = arn.lower()
    return ":user/" in lowered or ":federated-user/" in lowered


def value(entry: Node, key: str, reader: Reader) -> str | None:
    """The text behind a key of an entry, if it is one."""
    target = plain(entry)
    held = None
    for name, node in target.pairs if isinstance(target, Mapping) else ():
        if isinstance(name, Scalar) and reader.fold(name.value) == reader.fold(key):
            held = text(node)
    return held


def inside(node: Node | None, *keys: str) -> Node | None:
    """What stands behind keys inside each other, if something does."""
    for key in keys:
        target = plain(node)
        node = target.get(key) if isinstance(target, Mapping) else None
    return plain(node)


def veiled(
    layer: Layer, root: Node, shown: Iterable[tuple[int, int]], keys: frozenset[str] | None = None
) -> Source:
    """The file with asterisks for all values of a document, and its comments, but for a few.

    What stands around a finding is shown, and may be a secret.

    Args:
        layer: the text that the document stands in, the file's own.
        root: its node.
        shown: stretches of that text that may be seen.
        keys: those that may be seen besides; None for all.
    """
    names = (key for n in descend(root) if isinstance(n, Mapping) for key, _ in n.pairs)
    known = ((k.start, k.end) for k in names if keys is None or text(k) in keys)
    seen = iter(sorted([*shown, *known]))
    first, last = next(seen, (len(layer.text), 0))
    written, parts, at = layer.text, [layer.text[: root.start]], root.start
    for start, end in sorted((n.start, n.end) for n in descend(root) if isinstance(n, Scalar)):
        parts.append(re.sub(r"#(?!\s*authmap:).*", _stars, written[at:start]))
        at = start
        while at < end:
            while last <= at and first < len(written):
                first, last = next(seen, (len(written), 0))
            stop = min(end, last if first <= at else first)
            stretch = written[at:stop]
            parts.append(stretch if first <= at else re.sub(r"\S+", _stars, stretch))
            at = stop
    return Source("".join([*parts, written[at:]]).encode(), layer.source.path)


def _stars(match: re.Match[str]) -> str:
    return "*" * len(match[0])
