"""Finds and calls the recognisers; each is a module in this package for one type of document.

The lower-case name of a recogniser says which documents it reads: `kind_configmap.py` reads
documents of that kind, and `key_data.py` reads documents without a kind that have that top-level
key. Recognisers are found by file name, and imported only when such a document occurs. The function
`read(document)` of a recogniser yields the document's contents, or nothing if it does not recognise
the document.
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
    """The contents of a document, or an empty list if no recogniser recognises it."""
    for name in recognisers(document):
        found = list(_recogniser(name)(document))
        if found:
            return found
    return []


def recognisers(document: Document) -> list[str]:
    """The names of the recognisers that may recognise a document."""
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
    """The contents of a scalar whose text is YAML, or the reason why the text cannot be read.

    Args:
        document: the document that contains the scalar.
        node: the scalar.
        find: finds the contents of each document in the text.
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
    """The reason why a text is not YAML.

    Args:
        text: the text.
        error: the parser's error.
        secret: whether the text must not be quoted.
    """
    why = diagnosis.cause(text, error)
    if why.kind in (ProblemKind.SYNTAX, ProblemKind.TEMPLATE):
        why = diagnosis.terraform(text) or why
    if secret:  # the parser's own message does not quote the text
        return Problem(ProblemKind.SYNTAX, error.problem, "correct it", why.start, why.end)
    return why
