"""A section of the map as go-yaml reads it: a tree, or the reason why it cannot be read.

Sections are parsed with libyaml, which agrees with go-yaml on most texts; this module rejects what
only go-yaml rejects. Source: `decode.go`, `scannerc.go` of go.yaml.in/yaml/v2 and the conversion to
JSON in sigs.k8s.io/yaml.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from authmap.authenticator import diagnosis
from authmap.authenticator.consumer import CONFIG_MAP
from authmap.authenticator.diagnosis import RejectedError
from authmap.syntax.located import Located
from authmap.syntax.nodes import (
    MARK,
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
from authmap.syntax.yaml import go_types
from authmap.syntax.yaml.go_types import Kind
from authmap.syntax.yaml.merge_keys import converted, is_merge
from authmap.syntax.yaml.parser import parse
from authmap.syntax.yaml.scalars import read_scalar

if TYPE_CHECKING:
    from authmap.authenticator.consumer import Consumer
    from authmap.authenticator.placeholder import Delimiters
    from authmap.syntax.layer import Layer
    from authmap.syntax.nodes import Tree
    from authmap.syntax.source import Source
    from authmap.syntax.source_map import SourceMap

GO_SPACE = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
"""The whitespace that Go's strings.TrimSpace removes (unicode.IsSpace); Python's set differs."""


class Section(Located):
    """The text of `mapRoles`, `mapUsers` or `mapAccounts`; implements `Layer`.

    Attributes:
        name: the data key.
        source: the file that contains it.
        text: the decoded text.
        source_map: maps the text to the file's text; None if it is the file's text.
        blank: whether it is empty, so that the authenticator skips it.
        root: the root node; None if the section is blank or cannot be read.
        tree: the root node, also if the section cannot be read although its syntax is valid.
        problem: why the section cannot be read, or None.
        ignored: text offset of the first content after the ``---`` or ``...`` at which the
            authenticator stops reading, or None.
        aliased: ids of the nodes that aliases refer to.
        consumer: the program that reads the section.
        node: the scalar that contains the text, if there is one.
        only: indexes of the items that belong to the section; None if all items of the list do.
        delimiters: the delimiters used instead of placeholder braces until another tool renders
            the section.
    """

    __slots__ = (
        "aliased", "blank", "consumer", "delimiters", "ignored", "name", "node", "only", "problem",
        "root", "source", "source_map", "text", "tree",
    )  # fmt: skip

    def __init__(
        self,
        name: str,
        source: Source,
        text: str,
        source_map: SourceMap | None = None,
        *,
        parsed: Tree | None = None,
    ) -> None:
        self.name = name
        self.source = source
        self.text = text
        self.source_map = source_map
        self.root: Node | None = None
        self.tree: Node | None = None
        self.problem: Problem | None = None
        self.ignored: int | None = None
        self.aliased: frozenset[int] = frozenset()
        self.consumer: Consumer = CONFIG_MAP
        self.only: list[int] | None = None
        self.delimiters: Delimiters = ()
        self.node: Node | None = None
        self.blank = text.strip(GO_SPACE) in ("", "``", '""', "''")
        if not self.blank:
            try:
                self._read(parsed)
                self.root = self.tree
            except TreeError as error:
                self.problem = diagnosis.cause(text, error, self.tree)
                if self.problem.kind is ProblemKind.SYNTAX and self._is_folded():
                    self.problem = self.problem._replace(kind=ProblemKind.FOLDED)

    @classmethod
    def native(
        cls, name: str, layer: Layer, root: Node, consumer: Consumer = CONFIG_MAP
    ) -> Section:
        """Create a section that is part of the document's YAML, not a text inside a scalar.

        Args:
            name: the section's name.
            layer: the text that contains it.
            root: its root node in that text.
            consumer: the program that reads it.
        """
        section = cls(name, layer.source, "", layer.source_map)
        section.text, section.blank, section.consumer = layer.text, False, consumer
        section.root = section.tree = root
        section.aliased = layer.aliased
        try:
            check(layer.text, root, accounts=name == "mapAccounts")
        except TreeError as error:
            section.problem, section.root = diagnosis.cause(layer.text, error, root), None
        return section

    def __repr__(self) -> str:
        state = "unreadable" if self.problem else "empty" if self.blank else "readable"
        return f"<Section {self.name} {self.location}, {state}>"

    @property
    def _stretch(self) -> tuple[Source, int, int]:
        if self.source_map is None and self.tree is not None:
            return self.source, self.tree.start, self.tree.end
        return (self.source, *self.span(0, len(self.text)))

    def _read(self, parsed: Tree | None) -> None:
        accounts = self.name == "mapAccounts"
        if not accounts and self.text.lstrip(GO_SPACE).startswith("{"):
            raise RejectedError(
                "text that begins with `{` is read as one JSON object, but a list is expected",
                "put `[` and `]` around it",
                len(self.text) - len(self.text.lstrip(GO_SPACE)),
            )
        if self.text.startswith(MARK * 2):
            raise RejectedError(
                "it begins with two byte order marks, which make go-yaml skip the first "
                "character of some lines", "remove them", 0,
            )  # fmt: skip
        tree = parsed or next(parse(self.text), None)
        if tree is None:
            return
        if tree.version not in (None, (1, 1)):
            raise RejectedError("only YAML 1.1 is supported", "remove the %YAML line", 0)
        self.tree = root = tree.root
        self.aliased = tree.aliased
        self._find_ignored(tree.end)
        check(self.text, root, accounts=accounts)
        if not isinstance(root, Sequence):
            if isinstance(root, Scalar) and _kind(root) is Kind.NULL:
                return
            remedy = "begin each entry with `- `"
            if accounts:
                remedy = "write one account ID per line, each after `- `"
            problem = "it is not a list of entries"
            raise RejectedError(problem, remedy, root.start, wrong_type=True)

    def _find_ignored(self, end: int) -> None:
        """Set `ignored` if there is content after the end of the first document."""
        at = end
        for line in self.text[end:].splitlines(keepends=True):
            content = line.strip()
            if content[:3] in ("---", "..."):
                content = content[3:].lstrip()
            if content and content[0] not in "#%":
                self.ignored = at + len(line) - len(line.lstrip())
                return
            at += len(line)

    def _is_folded(self) -> bool:
        """Whether the section would be a list if its lines had not been folded into one."""
        if self.source_map is None or self.source_map.style == "|":
            return False
        written = self.source.text[self.source_map.start : self.source_map.end]
        lines = written.splitlines(keepends=True)
        indent = min((len(x) - len(x.lstrip()) for x in lines[1:] if x.strip()), default=0)
        try:
            tree = next(parse("".join(line[indent:] for line in lines)), None)
        except TreeError:
            return False
        return len(lines) > 1 and tree is not None and isinstance(tree.root, Sequence)

    @property
    def called(self) -> str:
        """The name of the list of entries in its document."""
        return self.consumer.called or self.name

    @property
    def arn_key(self) -> str:
        """The key of an entry's ARN."""
        return next(iter(self.consumer.keys[self.name]))

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Convert a range of the section's text to offsets in the file's text."""
        return self.source_map.span(start, end) if self.source_map else (start, end)

    def scalar(self, node: Scalar) -> SourceMap | None:
        """The source map from a node of this section to the section's text."""
        return read_scalar(self.text, node)


def check(text: str, root: Node, *, accounts: bool) -> None:
    """Reject what go-yaml rejects although libyaml parses it.

    Args:
        text: the section's text.
        root: its root node.
        accounts: whether go-yaml decodes it directly into a list of strings, as it does for
            mapAccounts; nested values are not checked then.

    Raises:
        TreeError: the authenticator cannot read the section.
    """
    if "\\/" in text:
        for node in descend(root):
            if isinstance(node, Scalar) and node.style == '"':
                _reject_json_slash(text, node)
    json_errors: list[tuple[Node, RejectedError]] = []
    if accounts:
        aliases = any(isinstance(node, Alias) for node in descend(root))
    else:
        aliases = _check_types(root, json_errors)
    if aliases:
        _Counter(accounts).decode(root)
    if json_errors:
        in_json = converted(root)
        for node, error in json_errors:
            if id(node) in in_json:
                raise error


def _check_types(root: Node, json_errors: list[tuple[Node, RejectedError]]) -> bool:
    """Reject keys that go-yaml rejects, and collect values that JSON cannot represent.

    Args:
        root: the section's root node.
        json_errors: gets the errors of the conversion to JSON, each with its node. They count only
            if the node is converted.

    Returns:
        Whether there are aliases.
    """
    aliases = False
    stack = [root]
    while stack:
        node = stack.pop()
        if isinstance(node, Mapping):
            values = []
            for key, value in node.pairs:
                if not _is_word(key):
                    _check_key(key, value, json_errors)
                    aliases = aliases or isinstance(key, Alias)
                if not _is_word(value):
                    values.append(value)
            stack.extend(reversed(values))
        elif isinstance(node, Sequence):
            stack.extend(reversed([item for item in node.items if not _is_word(item)]))
        elif isinstance(node, Scalar):
            if _kind(node) is Kind.INFINITE:
                problem = f"JSON cannot represent the number `{node.value}`"
                error = RejectedError(problem, "put it in quotes", node.start, wrong_type=True)
                json_errors.append((node, error))
        else:
            aliases = True
    return aliases


def _is_word(node: Node) -> bool:
    """Whether a node is certainly text, which is valid anywhere: a cheap test that most pass."""
    return type(node) is Scalar and node.tag is None and go_types.is_word(node.value)


def _reject_json_slash(text: str, node: Scalar) -> None:
    for escape in re.finditer(r"\\[\s\S]", text[node.start : node.end]):
        if escape[0] == "\\/":
            at = node.start + escape.start()
            raise RejectedError("`\\/` is a JSON escape, not a YAML escape", "write `/`", at)


def _kind(node: Scalar) -> Kind:
    if node.style and node.tag is None:
        return Kind.STRING
    try:
        return go_types.resolve(node.value, node.tag, not node.style)[0]
    except go_types.GoYamlError as error:
        raise RejectedError(str(error), "remove the tag", node.start) from None


def is_infinite(node: Node) -> bool:
    """Whether a node is a number that JSON cannot represent."""
    try:
        return type(node) is Scalar and _kind(node) is Kind.INFINITE
    except RejectedError:
        return False


def _check_key(key: Node, value: Node, json_errors: list[tuple[Node, RejectedError]]) -> None:
    target = resolve_alias(key)
    if not isinstance(target, Scalar):
        raise RejectedError("a mapping or list cannot be a key", "put it in quotes", key.start)
    kind = _kind(target)
    if kind is Kind.NULL:
        remedy = "write the name of a field, or put it in quotes"
        error = RejectedError("an empty value or `null` cannot be a key", remedy, key.start)
        json_errors.append((target, error))
    if kind is Kind.INT and (go_types.integer(target.value) or 0) >= 2**63:
        problem = "a number above 9223372036854775807 cannot be a key"
        error = RejectedError(problem, "put it in quotes", key.start)
        json_errors.append((target, error))
    if is_merge(key):
        items = resolve_alias(value)
        sources = items.items if isinstance(items, Sequence) and items is value else [value]
        if not all(isinstance(resolve_alias(source), Mapping) for source in sources):
            raise RejectedError("`<<` can only merge mappings", "give it a mapping", value.start)


class _Counter:
    """Applies go-yaml's limit on the expansion of aliases (decode.go, allowedAliasRatio)."""

    def __init__(self, accounts: bool) -> None:
        self.accounts = accounts
        self.decoded = 0
        self.by_alias = 0

    def decode(self, root: Node) -> None:
        """Count nodes as go-yaml's decoder does.

        Raises:
            TreeError: an anchor contains itself, or aliases expand to too many values.
        """
        stack: list[tuple[Node, Alias | None]] = [(root, None)]  # nodes, each with its alias
        while stack:
            node, alias = stack.pop()
            self._count(node, alias)
            if isinstance(node, Alias):
                if node.target is None:
                    problem = f"the value of `*{node.anchor}` contains itself"
                    raise RejectedError(problem, "write the value out", node.start)
                stack.append((node.target, alias or node))
            elif isinstance(node, Sequence) and (not self.accounts or node is root):
                stack.extend((item, alias) for item in reversed(node.items))
            elif isinstance(node, Mapping) and not self.accounts:
                for key, value in reversed(node.pairs):
                    stack.append((value, alias))
                    stack.append((key, alias))

    def _count(self, node: Node, alias: Alias | None) -> None:
        self.decoded += 1
        self.by_alias += alias is not None
        if self.by_alias > 100 and self.decoded > 1000:
            scaled = 0.99 - 0.89 * ((self.decoded - 400_000) / 3_600_000)
            if self.by_alias / self.decoded > min(0.99, max(0.10, scaled)):
                problem = "its aliases expand to too many values"
                raise RejectedError(problem, "write the values out", (alias or node).start)


SECTIONS = ("mapRoles", "mapUsers", "mapAccounts")
