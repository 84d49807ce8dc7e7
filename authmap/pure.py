"""ruamel.yaml's own parser, made to read as libyaml does: for where its C parser is not installed.

The two differ in what they take for text, in tabs, line breaks, tags and directives, in the places
they give and in what they say of errors. Restated here and in `pure_scanner.py` is where they do:
parser.c and scanner.c of libyaml as ruamel.yaml.clib 0.2 holds it.
"""

from __future__ import annotations

from typing import Any

from ruamel.yaml import tokens
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.events import DocumentEndEvent, ScalarEvent
from ruamel.yaml.parser import Parser

from authmap.pure_scanner import PureScanner

_WORDS = {
    # what ruamel.yaml says of an error, or how that begins: what libyaml says
    "expected the node content": "did not find expected node content",
    "expected ',' or ']'": "did not find expected ',' or ']'",
    "expected ',' or '}'": "did not find expected ',' or '}'",
    "expected '<document start>'": "did not find expected <document start>",
    "sequence entries": "block sequence entries are not allowed in this context",
    "mapping keys": "mapping keys are not allowed in this context",
    "mapping values": "mapping values are not allowed in this context",
    "found character": "found character that cannot start any token",
    "found undefined tag": "found undefined tag handle",
    "found incompatible": "found incompatible YAML document",
    "found duplicate YAML": "found duplicate %YAML directive",
    "duplicate tag": "found duplicate %TAG directive",
}
_MISSING = {
    "while parsing a block collection": "did not find expected '-' indicator",
    "while parsing a block mapping": "did not find expected key",
}


class PureParser(PureScanner, Parser):
    """Gives the events that libyaml gives, with the same values and places, or the same error.

    Args:
        text: the YAML.

    Raises:
        UnicodeEncodeError: it holds half of a surrogate pair.
    """

    comment_handling = None

    def __init__(self, text: str) -> None:
        text.encode()
        PureScanner.__init__(self, text)
        Parser.__init__(self, loader=self)
        self._resolver = self

    def get_event(self) -> Any:
        """The next event, or None behind the last.

        Raises:
            MarkedYAMLError: in the words of libyaml.
            UnicodeDecodeError: the octets in a tag are no character.
        """
        try:
            event = Parser.get_event(self)
        except MarkedYAMLError as error:
            said = error.problem or ""
            if said.startswith("expected <block end>"):
                error.problem = _MISSING[error.context]
            for begin, words in _WORDS.items():
                if said.startswith(begin):
                    error.problem = words
            if error.context and error.context_mark is None:
                error.context_mark = error.problem_mark
            raise
        for tag in (getattr(event, "tag", None), *(getattr(event, "tags", None) or {}).values()):
            if tag:
                tag.encode(errors="surrogateescape").decode()
        return event

    def parse_document_start(self) -> Any:
        """A document begins at its first directive."""
        while self.check_token(tokens.DocumentEndToken):
            self.get_token()
        start = self.peek_token().start_mark
        event = Parser.parse_document_start(self)
        event.start_mark = start
        return event

    def parse_document_end(self) -> Any:
        """Behind its end mark anything may stand."""
        mark = self.peek_token().start_mark
        if self.check_token(tokens.DocumentEndToken):
            self.get_token()
        self.state = self.parse_document_start
        return DocumentEndEvent(mark, mark)

    def parse_block_mapping_value(self) -> Any:
        """A missing value stands behind its colon."""
        if not self.check_token(tokens.ValueToken):
            return Parser.parse_block_mapping_value(self)
        mark = self.get_token().end_mark
        if not self.check_token(tokens.KeyToken, tokens.ValueToken, tokens.BlockEndToken):
            self.states.append(self.parse_block_mapping_key)
            return self.parse_block_node_or_indentless_sequence()
        self.state = self.parse_block_mapping_key
        return self.process_empty_scalar(mark)

    def parse_flow_sequence_entry_mapping_key(self) -> Any:
        """Where the key is missing, the next token is passed over."""
        self.get_token()
        ends = tokens.ValueToken, tokens.FlowEntryToken, tokens.FlowSequenceEndToken
        if not self.check_token(*ends):
            self.states.append(self.parse_flow_sequence_entry_mapping_value)
            return self.parse_flow_node()
        self.state = self.parse_flow_sequence_entry_mapping_value
        mark = self.get_token().end_mark
        return ScalarEvent(None, None, (True, False), "", mark, mark)

    def process_empty_scalar(self, mark: Any, comment: Any = None) -> Any:
        """Nothing in a flow collection stands at the token that follows it."""
        if self.state.__name__.startswith("parse_flow"):
            mark = self.peek_token().start_mark
        return Parser.process_empty_scalar(self, mark, comment)
