"""Hides secrets in files before findings show their text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from authmap.documents.shapes import text
from authmap.syntax.nodes import Mapping, Node, Scalar, descend
from authmap.syntax.source import Source

if TYPE_CHECKING:
    from collections.abc import Iterable

    from authmap.syntax.layer import Layer
    from authmap.syntax.nodes import Node


def redacted(
    layer: Layer, root: Node, shown: Iterable[tuple[int, int]], keys: frozenset[str] | None = None
) -> Source:
    """Replace values and comments in a document with asterisks, except for the given ranges.

    Findings show the lines around them, which may contain secrets.

    Args:
        layer: the file's text, which contains the document.
        root: the document's root node.
        shown: ranges of that text that may be shown.
        keys: keys that may also be shown; None for all keys.

    Returns:
        The redacted file, of the same length.
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


SENSITIVE = (
    r"client-key-data|client-certificate-data|current-context|get-token|users:|terraform_version"
    r'|"(?:format_version|schema_version|root_module|sensitive_values|lineage)"'
)
"""Matches words that indicate a kubeconfig or a Terraform state."""


def masked(source: Source) -> Source:
    """Replace everything but known keys in an unreadable file that may contain secrets."""
    words = "apiVersion|kind|clusters?|contexts?|users?|name|exec|command|args|env|value|data|spec"
    key = re.compile(rf"\s*(?:- +)*(?:(?:{words}|metadata|items|map(?:Roles|Users)) *:(?=\s|$))?")
    lines = []
    for line in source.text.split("\n"):
        match = key.match(line)
        at = match.end() if match else 0
        lines.append(line[:at] + re.sub(r"\S+", lambda m: "*" * len(m[0]), line[at:]))
    return Source("\n".join(lines).encode(), source.path)
