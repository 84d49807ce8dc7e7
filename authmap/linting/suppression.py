"""Apply ignore comments and annotations to findings, and find those that suppress nothing.

A comment applies to the entry, or item of mapAccounts, that it is on or directly above. On or above
a key, it applies to the key and everything in its value. An annotation applies to the whole object.
"""

from __future__ import annotations

from bisect import bisect_right
from operator import itemgetter
from typing import TYPE_CHECKING, Generic, TypeVar

from authmap.model.finding import Suppression, SuppressionKind
from authmap.model.rule import About, Need
from authmap.rules.registry import all_rules
from authmap.syntax.nodes import Alias, Mapping, Scalar, Sequence

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from authmap.model.content import Content
    from authmap.model.directive import Directive
    from authmap.model.finding import Finding
    from authmap.model.options import RunOptions
    from authmap.syntax.layer import Layer
    from authmap.syntax.nodes import Node
    from authmap.syntax.source import Source

What = TypeVar("What")


def mark(content: Content, findings: list[Finding], options: RunOptions) -> None:
    """Set the `suppression` of suppressed findings and the `unused` words of directives.

    A fix of another finding that makes the same change as a suppressed one is held back as well.

    Args:
        content: the map or kubeconfig.
        findings: the findings of all rules, including those that its directives name.
        options: the options. If not all bindings are known, words that name a rule about bindings
            never count as unused.
    """
    used: set[tuple[Directive, str]] = set()
    named = set().union(*(directive.codes for directive in content.directives))
    scopes = _Scopes(content)
    for finding in findings:
        code = finding.rule.code
        for directive in scopes.about(finding) if code in named else ():
            if code in directive.codes:
                used.add((directive, code))
                if finding.suppression is None:
                    kind = SuppressionKind.COMMENT
                    if directive.target is None:
                        kind = SuppressionKind.ANNOTATION
                    finding.suppression = Suppression(kind, directive.reason, directive.at)
    _hold_back_duplicates(findings)
    rules = all_rules()
    for directive in content.directives:
        directive.unused = [
            word
            for word in directive.words
            if word.code and (directive, word.code) not in used
            if not content.partly_unread
            if options.bound or Need.BINDINGS not in rules[word.code].needs
        ]


def _hold_back_duplicates(findings: list[Finding]) -> None:
    """Hold back fixes that make the same change as the fix of a suppressed finding.

    Suppressed findings about the account ID are left out: suppressing them allows usernames
    without the account ID, but does not forbid usernames with it.
    """
    unwanted = {
        (id(change.node), change.value): finding.rule.code
        for finding in findings
        if finding.suppression and finding.fix and finding.rule.about is not About.ACCOUNT_ID
        for change in finding.fix.changes
    }
    for finding in findings if unwanted else ():
        for change in finding.fix.changes if finding.fix and not finding.suppression else ():
            code = unwanted.get((id(change.node), change.value))
            if code:
                finding.hold_back(f"{code} is suppressed here, and its fix makes the same change")


def settle(contents: Iterable[Content]) -> None:
    """Remove words from `unused` that another map in the same file uses."""
    by_place: dict[tuple[Source, tuple[int, int]], list[Directive]] = {}
    for content in contents:
        for directive in content.directives:
            layer, start, end = directive.at
            by_place.setdefault((layer.source, layer.span(start, end)), []).append(directive)
    for twins in by_place.values():
        unused = set.intersection(*({word.text for word in each.unused} for each in twins))
        for each in twins:
            each.unused = [word for word in each.unused if word.text in unused]


class _Spans(Generic[What]):
    """Spans of a text that do not overlap, each with a value."""

    def __init__(self) -> None:
        self._rows: list[tuple[int, int, What]] = []
        self._sorted = True

    def add(self, start: int, end: int, what: What) -> None:
        """Add a span and its value."""
        self._rows.append((start, end, what))
        self._sorted = False

    def touching(self, start: int, end: int) -> Iterator[What]:
        """The values of the spans that overlap or touch the given one."""
        if not self._sorted:
            self._rows.sort(key=itemgetter(0))
            self._sorted = True
        number = bisect_right(self._rows, end, key=itemgetter(0)) - 1
        while number >= 0 and self._rows[number][1] >= start:
            yield self._rows[number][2]
            number -= 1


class _Scopes:
    """Looks up which directives of a content apply to a finding."""

    def __init__(self, content: Content) -> None:
        self._whole: list[Directive] = []
        self._of_item: dict[int, list[Directive]] = {}
        self._of_span: list[tuple[Source, int, int, Directive]] = []
        self._items: dict[int, _Spans[int]] = {}
        in_text: dict[int, _Spans[int]] = {}
        for layer, node in content.items():
            start, end = node.start, _end(layer.text, node)
            in_text.setdefault(id(layer.text), _Spans()).add(start, end, id(node))
            place = layer.span(start, end)
            self._items.setdefault(id(layer.source), _Spans()).add(*place, id(node))
        keys: dict[int, _Spans[tuple[Node, Node]]] = {}
        inside = {id(node) for _, node in content.items()}
        for layer, key, value in _keys(content, inside):
            keys.setdefault(id(layer.text), _Spans()).add(key.start, key.end, (key, value))
        for directive in content.directives:
            text, target = id(directive.at.layer.text), directive.target
            if target is None:
                self._annotate(directive)
                continue
            for item in in_text[text].touching(*target[:2]) if text in in_text else ():
                self._of_item.setdefault(item, []).append(directive)
            for key, value in keys[text].touching(*target[:2]) if text in keys else ():
                self._add(directive, key.start, value)

    def _annotate(self, directive: Directive) -> None:
        if directive.about is None:
            self._whole.append(directive)
        else:
            self._add(directive, directive.about.start, directive.about)

    def _add(self, directive: Directive, start: int, node: Node) -> None:
        """Apply a directive to a node, from a start offset to the end of the node."""
        layer = directive.at.layer
        span = layer.span(start, _end(layer.text, node))
        self._of_span.append((layer.source, *span, directive))
        if isinstance(node, Alias) and node.target is not None:
            self._add(directive, node.target.start, node.target)

    def about(self, finding: Finding) -> Iterator[Directive]:
        """The directives that apply to a finding."""
        source, at = finding.source, finding.span[0]
        yield from self._whole
        if finding.entry is not None:
            yield from self._of_item.get(id(finding.entry.node), ())
        elif id(source) in self._items:
            for item in self._items[id(source)].touching(at, at):
                yield from self._of_item.get(item, ())
        for where, start, end, directive in self._of_span:
            if start <= at < end and where is source:
                yield directive


def _keys(content: Content, items: set[int]) -> Iterator[tuple[Layer, Node, Node]]:
    """The keys and values of the object that contains a map, except those inside its items."""
    for layer, root in ((content.layer, content.root), content.outer or (content.layer, None)):
        waiting: list[Node] = [root] if root else []
        while waiting:
            node = waiting.pop()
            if id(node) in items:
                continue
            if isinstance(node, Sequence):
                waiting += node.items
            elif isinstance(node, Mapping):
                for key, value in node.pairs:
                    if isinstance(key, Scalar):
                        yield layer, key, value
                    waiting.append(value)


def _end(text: str, node: Node) -> int:
    """The offset where the text of a node ends; `node.end` of a block is where the next begins."""
    waiting, last = [node], node.start
    while waiting:
        each = waiting.pop()
        if isinstance(each, Sequence) and not each.flow and each.items:
            waiting.append(each.items[-1])
        elif isinstance(each, Mapping) and not each.flow and each.pairs:
            waiting += each.pairs[-1]
        else:
            last = max(last, each.end)
    return node.start + len(text[node.start : last].rstrip())
