"""The scanner of ruamel.yaml where it differs from libyaml's: see `pure.py`."""

from __future__ import annotations

import re
from functools import cache
from typing import Any, NoReturn

from ruamel.yaml import tokens
from ruamel.yaml.reader import Reader
from ruamel.yaml.scanner import Scanner, ScannerError

BREAKS = "\r\n\x85\u2028\u2029"
END = "\0"
NOT_LINE = BREAKS + END
NOT_WORD = " \t" + NOT_LINE


@cache
def _pattern(expression: str) -> re.Pattern[str]:
    return re.compile(expression)


class PureScanner(Reader, Scanner):
    """Gives the tokens that libyaml gives; scan_... and fetch_... are named as in ruamel.yaml."""

    processing_version = (1, 1)
    forward = Reader.forward_1_1

    def __init__(self, text: str) -> None:
        Reader.__init__(self, text, loader=self)
        Scanner.__init__(self, loader=self)
        self._behind_tag: tuple[int, Any] = (-1, None)  # the number of that token, and the tag's
        self._behind_anchor = -1

    # The older a possible key is the further out it is and the earlier in the dictionary; looking
    # at all of them for each token takes half a minute for ten thousand brackets.

    def next_possible_simple_key(self) -> int | None:
        """The number of the oldest token that may turn out to be a key."""
        return next((key.token_number for key in self.possible_simple_keys.values()), None)

    def stale_possible_simple_keys(self) -> None:
        """Forget what is too far away to be a key."""
        while self.possible_simple_keys:
            level, key = next(iter(self.possible_simple_keys.items()))
            if key.line == self.line and self.index - key.index <= 1024:
                break
            if key.required:
                problem = "could not find expected ':'"
                self._fail("while scanning a simple key", key.mark, problem)
            del self.possible_simple_keys[level]

    def fetch_stream_end(self) -> None:
        """The end is a line end, at which a key has to have its colon."""
        if self.column:
            self.line += 1
            self.column = 0
        self.stale_possible_simple_keys()
        Scanner.fetch_stream_end(self)

    def _take(self, expression: str) -> str:
        """The text here that an expression fits, which holds no line break; behind it we go on."""
        match = _pattern(expression).match(self.buffer, self.pointer)
        found = match[0] if match else ""
        self.pointer += len(found)
        self.index += len(found)
        self.column += len(found)
        return found

    def _fail(self, context: str, start: Any, problem: str) -> NoReturn:
        raise ScannerError(context, start, problem, self.get_mark())

    def scan_to_next_token(self) -> None:
        """Blanks and comments; tabs count as blanks where no key can begin."""
        while True:
            blank = "[ \t]" if self.flow_level or not self.allow_simple_key else " "
            self._take(rf"{blank}*(?:#[^{NOT_LINE}]*)?")
            if not self.scan_line_break():
                return
            if not self.flow_level:
                self.allow_simple_key = True

    def _end_line(self, context: str, start: Any) -> None:
        self._take(rf"[ \t]*(?:#[^{NOT_LINE}]*)?")
        if self.peek() not in NOT_LINE:
            self._fail(context, start, "did not find expected comment or line break")
        self.scan_line_break()

    def scan_directive(self) -> Any:
        """``%YAML`` or ``%TAG``; there are no others."""
        start, context = self.get_mark(), "while scanning a directive"
        self._take("%")
        name = self._take("[0-9A-Za-z_-]*")
        if not name:
            self._fail(context, start, "could not find expected directive name")
        if self.peek() not in NOT_WORD:
            self._fail(context, start, "found unexpected non-alphabetical character")
        if name not in ("YAML", "TAG"):
            self._fail(context, start, "found unknown directive name")
        self._take("[ \t]*")
        value = self._version(start) if name == "YAML" else self._tag_directive(start)
        end = self.get_mark()
        self._end_line(context, start)
        return tokens.DirectiveToken(name, value, start, end)

    def _version(self, start: Any) -> tuple[int, int]:
        context = "while scanning a %YAML directive"
        numbers: list[int] = []
        for _ in range(2):
            digits = self._take("[0-9]{0,10}")
            if not digits:
                self._fail(context, start, "did not find expected version number")
            if len(digits) > 9:
                self._fail(context, start, "found extremely long version number")
            if not numbers and not self._take("[.]?"):
                self._fail(context, start, "did not find expected digit or '.' character")
            numbers.append(int(digits))
        major, minor = numbers
        return (major, minor) if minor in (1, 2) else (0, minor)  # ruamel.yaml refuses 0 later

    def _tag_directive(self, start: Any) -> tuple[str, str]:
        context = "while scanning a %TAG directive"
        handle = self._take("(?:![0-9A-Za-z_-]*!?)?")
        if not handle:
            self._fail("while scanning a tag directive", start, "did not find expected '!'")
        if len(handle) > 1 and not handle.endswith("!"):
            self._fail("while parsing a tag directive", start, "did not find expected '!'")
        if not self._take("[ \t]*"):
            self._fail(context, start, "did not find expected whitespace")
        prefix = self._uri("while parsing a %TAG directive", start)
        if self.peek() not in NOT_WORD:
            self._fail(context, start, "did not find expected whitespace or line break")
        return handle, prefix

    def scan_anchor(self, TokenClass: Any) -> Any:  # noqa: N803 - the name in ruamel.yaml
        """``&name`` or ``*name``."""
        start = self.get_mark()
        what = "an anchor" if self._take("[&*]") == "&" else "an alias"
        name = self._take("[0-9A-Za-z_-]*")
        if not name or self.peek() not in NOT_WORD + "?:,]}%@`":
            problem = "did not find expected alphabetic or numeric character"
            self._fail(f"while scanning {what}", start, problem)
        return TokenClass(name, start, self.get_mark())

    def fetch_tag(self) -> None:
        """A tag, and which token follows it."""
        Scanner.fetch_tag(self)
        self._behind_tag = self.tokens_taken + len(self.tokens), self.tokens[-1].start_mark

    def fetch_anchor(self) -> None:
        """An anchor; a node begins at its tag, if that stands before the anchor."""
        Scanner.fetch_anchor(self)
        number, start = self._behind_tag
        if number == self.tokens_taken + len(self.tokens) - 1 != self._behind_anchor + 1:
            self.tokens[-1].start_mark = start
        self._behind_anchor = self.tokens_taken + len(self.tokens)

    def get_token(self) -> Any:
        """The next token; behind an anchor or a tag one more is read, before anything is said."""
        token = Scanner.get_token(self)
        if isinstance(token, tokens.AnchorToken | tokens.TagToken):
            self.peek_token()
        return token

    def scan_tag(self) -> Any:
        """``!``, ``!suffix``, ``!handle!suffix`` or ``!<uri>``."""
        start, context = self.get_mark(), "while scanning a tag"
        handle: str | None = None
        if self._take("(?:!<)?"):
            suffix = self._uri("while parsing a tag", start)
            if not self._take(">?"):
                self._fail(context, start, "did not find the expected '>'")
        else:
            handle = self._take("![0-9A-Za-z_-]*!?")
            if len(handle) > 1 and handle.endswith("!"):
                suffix = self._uri("while parsing a tag", start)
            else:
                suffix = self._uri("while parsing a tag", start, handle)
                handle, suffix = ("!", suffix) if suffix else (None, "!")
        if self.peek() not in NOT_WORD:
            self._fail(context, start, "did not find expected whitespace or line break")
        return tokens.TagToken((handle, suffix), start, self.get_mark())

    def _uri(self, context: str, start: Any, head: str = "") -> str:
        """What follows the handle `head`, decoded but for what ruamel.yaml decodes once more."""
        read = bytearray(head[1:].encode())
        begin = self.index
        while True:
            read += self._take(r"[0-9A-Za-z_;/?:@&=+$,.!~*'()\[\]-]*").encode()
            if self.peek() != "%":
                break
            read += self._octets(context, start)
        if not head and self.index == begin:
            self._fail(context, start, "did not find expected tag URI")
        uri = bytes(read).split(b"\0")[0].decode(errors="surrogateescape")
        return uri.replace("%", "%25")

    def _octets(self, context: str, start: Any) -> bytes:
        """The octets of one character, each written ``%xx``."""
        read = bytearray()
        width = 1
        while len(read) < width:
            match = _pattern("%([0-9A-Fa-f]{2})").match(self.buffer, self.pointer)
            if not match:
                self._fail(context, start, "did not find URI escaped octet")
            octet = int(match[1], 16)
            leading_ones = 8 - (octet ^ 0xFF).bit_length()
            if not read:
                width = {0: 1, 2: 2, 3: 3, 4: 4}.get(leading_ones, 0)
                if not width:
                    self._fail(context, start, "found an incorrect leading UTF-8 octet")
            elif leading_ones != 1:
                self._fail(context, start, "found an incorrect trailing UTF-8 octet")
            read.append(octet)
            self._take("...")
        return bytes(read)

    def scan_block_scalar(self, style: str, rt: bool | None = False) -> Any:  # noqa: ARG002
        """A literal or folded scalar."""
        start, context = self.get_mark(), "while scanning a block scalar"
        self._take("[|>]")
        header = self._take("(?:[+-][1-9]?|[1-9][+-]?)?")
        if header in ("", "+", "-") and self.peek() == "0":
            self._fail(context, start, "found an indentation indicator equal to 0")
        self._end_line(context, start)
        increment = header.strip("+-")
        indent = max(self.indent, 0) + int(increment) if increment else 0
        indent, breaks, end = self._indentation(indent, start)
        parts: list[str] = []
        line_break, after_blank = "", False
        while self.column == indent and self.peek() != END:
            blank = self.peek() in " \t"
            if style == ">" and line_break == "\n" and not (blank or after_blank):
                line_break = "" if breaks else " "
            after_blank = blank
            parts += line_break, *breaks, self._take(f"[^{NOT_LINE}]*")
            line_break = self.scan_line_break()
            indent, breaks, end = self._indentation(indent, start)
        if "-" not in header:
            parts.append(line_break)
        if "+" in header:
            parts += breaks
        return tokens.ScalarToken("".join(parts), False, start, end, style)

    def _indentation(self, indent: int, start: Any) -> tuple[int, list[str], Any]:
        """Pass over indentation and empty lines; an `indent` of 0 is found out.

        Returns:
            The indentation, the line breaks, and where they end.
        """
        breaks: list[str] = []
        widest, end = 0, self.get_mark()
        while True:
            while (not indent or self.column < indent) and self._take(" ?"):
                widest = max(widest, self.column)
            if (not indent or self.column < indent) and self.peek() == "\t":
                problem = "found a tab character where an indentation space is expected"
                self._fail("while scanning a block scalar", start, problem)
            if self.peek() not in BREAKS:
                return indent or max(widest, self.indent + 1, 1), breaks, end
            breaks.append(self.scan_line_break())
            end = self.get_mark()

    def scan_flow_scalar(self, style: str) -> Any:
        """A scalar in quotes."""
        start = self.get_mark()
        self._take("['\"]")
        parts: list[str] = []
        single = style == "'"
        word = f"(?:[^'{NOT_WORD}]|'')*" if single else f'[^"\\\\{NOT_WORD}]*'
        while True:
            if self.check_document_start() or self.check_document_end():
                problem = "found unexpected document indicator"
                self._fail("while scanning a quoted scalar", start, problem)
            if self.peek() == END:
                problem = "found unexpected end of stream"
                self._fail("while scanning a quoted scalar", start, problem)
            found = self._take(word)
            parts.append(found.replace("''", "'") if single else found)
            joined = False
            while self.peek() == "\\" and not (single or joined):
                joined = self.peek(1) in BREAKS
                if joined:
                    self._take(r"\\")
                    self.scan_line_break()
                else:
                    parts += self._escape(start), self._take(word)
            if self.peek() == style:
                break
            parts.append(self._fold(start, folding=joined)[0])
        self._take("['\"]")
        return tokens.ScalarToken("".join(parts), False, start, self.get_mark(), style)

    def _escape(self, start: Any) -> str:
        context, letter = "while parsing a quoted scalar", self.peek(1)
        if letter in self.ESCAPE_REPLACEMENTS:
            self._take("..")
            return str(self.ESCAPE_REPLACEMENTS[letter])
        if letter not in self.ESCAPE_CODES:
            self._fail(context, start, "found unknown escape character")
        self._take("..")
        count = self.ESCAPE_CODES[letter]
        digits = _pattern(f"[0-9A-Fa-f]{{{count}}}").match(self.buffer, self.pointer)
        if not digits:
            self._fail(context, start, "did not find expected hexdecimal number")
        code = int(digits[0], 16)
        if 0xD800 <= code <= 0xDFFF or code > 0x10FFFF:
            self._fail(context, start, "found invalid Unicode character escape code")
        self._take(f".{{{count}}}")
        return chr(code)

    def _fold(self, start: Any, *, folding: bool = False, plain: bool = False) -> tuple[str, bool]:
        """Pass over blanks and line breaks.

        Returns:
            What they are in the value, and whether there was a break.
        """
        blanks = first = more = ""
        while True:
            if self.peek() in BREAKS:
                line_break = self.scan_line_break()
                if folding:
                    more += line_break
                else:
                    first, folding = line_break, True
                continue
            if plain and folding and self.column <= self.indent and self.peek() == "\t":
                problem = "found a tab character that violates indentation"
                self._fail("while scanning a plain scalar", start, problem)
            blank = self._take("[ \t]?")
            if not blank:
                break
            blanks += blank
        if not folding:
            return blanks, False
        return (more or " ") if first == "\n" else first + more, True

    def scan_plain(self) -> Any:
        """A scalar without quotes; in flow collections it holds no colon."""
        start = end = self.get_mark()
        parts: list[str] = []
        gap, broken = "", False
        word = f"[^,:?\\[\\]{{}}{NOT_WORD}]*"
        if not self.flow_level:
            word = f"(?:[^:{NOT_WORD}]|:(?![{NOT_WORD}]))*"
        while not (self.check_document_start() or self.check_document_end()):
            if self.peek() == "#":
                break
            found = self._take(word)
            if found:
                parts += gap, found
                end, broken = self.get_mark(), False
            if self.flow_level and self.peek() == ":" and self.peek(1) not in NOT_WORD:
                self._fail("while scanning a plain scalar", start, "found unexpected ':'")
            if self.peek() not in " \t" + BREAKS:
                break
            gap, broken = self._fold(start, plain=True)
            if not self.flow_level and self.column <= self.indent:
                break
        if broken:
            self.allow_simple_key = True
        return tokens.ScalarToken("".join(parts), True, start, end)
