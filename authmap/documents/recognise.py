"""The recognisers. Each module here knows one sort of document, and is found by itself.

A module is called after what tells its documents, in small letters: `kind_configmap.py` after their
kind, or where they have none `key_data.py` after a key at their top. It is imported when a document
of that kind or with that key turns up, so that a sort of input costs nothing where it does not
occur. Its `read(document)` yields what the document holds, and nothing where it is something else.
"""

from __future__ import annotations

import os
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

from authmap.authenticator import diagnosis
from authmap.documents.reading import Document
from authmap.documents.shapes import text
from authmap.model.content import Content, Unreadable
from authmap.syntax.nodes import Mapping, Scalar, TreeError
from authmap.syntax.problem import Problem, ProblemKind
from authmap.syntax.yaml.embedded import EmbeddedText, source_map_of
from authmap.syntax.yaml.parser import parse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence


def recognise(document: Document) -> list[Content]:
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
    return [name for name in names if name in recogniser_names()]


@cache
def recogniser_names() -> frozenset[str]:
    """The names of all recognisers."""
    files = os.listdir(os.path.dirname(__file__))  # noqa: PTH120, PTH208 - names are enough
    return frozenset(file[:-3] for file in files if file.startswith(("kind_", "key_")))


def _recogniser(name: str) -> Callable[[Document], Iterator[Content]]:
    found: Callable[[Document], Iterator[Content]] = import_module(f"{__package__}.{name}").read
    return found


def inner(
    document: Document, node: Scalar, find: Callable[[Document], Sequence[Content]] = recognise
) -> Iterator[Content]:
    """The maps in a text that is YAML itself, or the reason why it cannot be read.

    Args:
        document: that the text is in.
        node: the text.
        find: finds them in each of its documents.
    """
    layer = EmbeddedText(node.value, document.layer.source, source_map_of(document.layer, node))
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
        yield Unreadable(layer.source, problem, layer=layer)


def problem_of(text: str, error: TreeError, *, secret: bool = False) -> Problem:
    """Why a text is not YAML, as far as that can be told.

    Args:
        text: the text.
        error: what the reader says.
        secret: whether nothing of it may be quoted.
    """
    why = diagnosis.cause(text, error)
    if why.kind in (ProblemKind.SYNTAX, ProblemKind.TEMPLATE):
        why = diagnosis.terraform(text) or why
    if secret:  # the parser's own words quote nothing
        return Problem(ProblemKind.SYNTAX, error.problem, "correct it", why.start, why.end)
    return why
