"""Reads a file's bytes and finds the aws-auth maps in its documents.

A document is recognised by its kind and keys, never by the name of its file.
"""

from __future__ import annotations

import re

from authmap.authenticator import diagnosis
from authmap.authenticator.section import Section
from authmap.documents.reading import NOTHING_MORE, Document, Reading, Wanted
from authmap.documents.recognise import problem_of, recognise, recognisers
from authmap.documents.redaction import SENSITIVE, masked
from authmap.documents.shapes import entries_of, text
from authmap.model.auth_map import AuthMap, Shape
from authmap.model.content import Content, Unreadable
from authmap.syntax.nodes import (
    Alias,
    Mapping,
    Node,
    Scalar,
    Sequence,
    TreeError,
    descend,
    resolve_alias,
)
from authmap.syntax.problem import Problem, ProblemKind
from authmap.syntax.source import Source
from authmap.syntax.yaml.parser import parse
from authmap.syntax.yaml.scalars import double_quoted

MAX_BYTES = 16 * 1024 * 1024
"""Larger input is not read; an object in the Kubernetes API is at most about 1.5 MiB."""


def concerns_us(data: bytes) -> bool:
    """A cheap test: False for a file that cannot contain a map or kubeconfig."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):  # UTF-16: two bytes for each letter
        data = data.replace(b"\0", b"")
    data = data.lower()
    if any(word in data for word in _WORDS):
        return True
    return b"auth" in data and re.search(rb"aws.?auth", data) is not None


_WORDS = (
    b"maproles", b"mapusers", b"mapaccounts", b"rolearn", b"userarn", b"iamidentitymapping",
    b"get-token", b"aws-iam-authenticator",
)  # fmt: skip


def read(data: bytes, path: str = "<input>", wanted: Wanted = NOTHING_MORE) -> Reading:
    """Read a file's documents.

    Args:
        data: the file's bytes: YAML or JSON with any number of documents.
        path: its name in findings.
        wanted: where else to look for lists of entries, and the delimiters of placeholders.
    """
    reading = Reading()
    if len(data) > MAX_BYTES:
        message = f"the file is larger than authmap's limit of {MAX_BYTES:,} bytes"
        return _broken(reading, Source(b"", path), Problem(ProblemKind.SIZE, message))
    try:
        source = Source(data, path)
    except UnicodeDecodeError as error:
        head = Source(data[: error.start], path)
        return _broken(reading, head, _encoding(data, error, len(head.text)))
    shown, paired = _without_surrogates(source.text)
    try:
        for tree in parse(shown):
            if paired:
                _restore(tree.root, source.text)
            reading.trees.append(tree)
            source.aliased |= tree.aliased
            _recognise(tree.root, source, reading, wanted)
    except TreeError as error:
        reading.secret = reading.secret or bool(re.search(SENSITIVE, source.text))
        problem = problem_of(source.text, error, secret=reading.secret)
        _broken(reading, masked(source) if reading.secret else source, problem)
    for auth_map in reading.maps if wanted.delimiters else ():
        for section in auth_map.sections.values():
            section.delimiters = wanted.delimiters
    return reading


def _broken(reading: Reading, source: Source, problem: Problem) -> Reading:
    reading.contents.append(Unreadable(source, problem))
    return reading


def _encoding(data: bytes, error: UnicodeDecodeError, end: int) -> Problem:
    remedy = "save the file as UTF-8"
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        message = "the file is in UTF-16 (which `>` in Windows PowerShell writes), not in UTF-8"
    else:
        message = f"byte {error.start + 1} of the file (0x{data[error.start]:02x}) is not UTF-8"
    return Problem(ProblemKind.ENCODING, message, remedy, end, end)


def _without_surrogates(text: str) -> tuple[str, bool]:
    r"""Replace surrogate pairs such as `\ud83d\ude00` in JSON, which libyaml rejects.

    Returns:
        The text, at the same length, and whether it may contain surrogate pairs.
    """
    if ("\\ud" not in text and "\\uD" not in text) or text.lstrip()[:1] not in ("{", "["):
        return text, False
    pair = r"\\\\|\\u[dD][89abAB][0-9A-Fa-f]{2}\\u[dD][c-fC-F][0-9A-Fa-f]{2}"
    return re.sub(pair, lambda m: m[0] if len(m[0]) == 2 else r"\u0020\u0020", text), True


def _restore(root: Node, text: str) -> None:
    """Set the scalars' values from the original text, with its surrogate pairs."""
    for node in descend(root):
        if isinstance(node, Scalar) and node.style == '"' and "\\u" in text[node.start : node.end]:
            node.value = double_quoted(text, node.start + 1, node.end - 1)


def _recognise(root: Node, layer: Source, reading: Reading, wanted: Wanted) -> None:
    """Recognise a document, or each item of a List, and add its contents to a reading."""
    if isinstance(root, Sequence):
        _bare_list(root, layer.source, reading)
        return
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Mapping):
            kind, items = text(node.get("kind")), node.get("items")
            if (kind or "").endswith("List") and isinstance(items, Sequence):
                waiting.extend(reversed(items.items))
                continue
            document = Document(node, layer, reading)
            found: list[Content] = recognise(document)
            if wanted.paths or (wanted.named and not found):
                found = [*found, *_values(document, wanted)]
            reading.add(found)
            if not found:
                reading.others.append(_describe(node, kind))
        elif isinstance(node, Scalar) and node.value:
            why = diagnosis.terraform(layer.text)
            if why:
                _broken(reading, layer.source, why)
            else:
                reading.others.append("plain text")
        elif isinstance(node, Alias):
            reading.others.append("a YAML alias")


def _values(document: Document, wanted: Wanted) -> list[AuthMap]:
    from authmap.documents import values

    found = [auth_map for path in wanted.paths for auth_map in values.at_path(document, path)]
    kind = text(document.root.get("kind"))
    guess = wanted.named and not found and kind != "Secret" and not recognisers(document)
    return values.at_known_keys(document) if guess else found


def _bare_list(root: Sequence, source: Source, reading: Reading) -> None:
    """Read a file that is the text of one section; only its first document counts."""
    first = not any(not isinstance(t.root, Scalar) or t.root.value for t in reading.trees[:-1])
    name = entries_of(root) if first else None
    if name:
        section = Section(name, source, source.text, parsed=reading.trees[0])
        reading.contents.append(AuthMap(source, Shape.ENTRIES, {name: section}))
    elif [found.shape for found in reading.maps] != [Shape.ENTRIES]:
        reading.others.append("a list")


def _describe(root: Mapping, kind: str | None) -> str:
    if kind is None:
        return "a YAML document without `kind`"
    metadata = resolve_alias(root.get("metadata"))
    name = text(metadata.get("name")) if isinstance(metadata, Mapping) else None
    return f"{kind} {name}" if name else kind
