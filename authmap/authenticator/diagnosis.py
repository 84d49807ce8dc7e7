"""Find out why a text cannot be read: the cause of the parser's error, and what to do about it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from authmap.authenticator.foreign_template import templates
from authmap.authenticator.placeholder import is_placeholder
from authmap.syntax.nodes import Mapping, Node, Scalar, TreeError, descend
from authmap.syntax.problem import Problem, ProblemKind

if TYPE_CHECKING:
    from collections.abc import Iterator


class RejectedError(TreeError):
    """A text that libyaml parses and go-yaml rejects; problem and remedy are shown to the user."""

    def __init__(self, problem: str, remedy: str, index: int, *, wrong_type: bool = False) -> None:
        super().__init__(problem, index)
        self.remedy = remedy
        self.wrong_type = wrong_type


def braces(text: str, root: Node) -> Iterator[tuple[Mapping, ProblemKind]]:
    """The values written ``{{…}}``, which YAML reads as a mapping whose key is a mapping.

    Yields:
        The node and its kind: PLACEHOLDER, or TEMPLATE for another tool's template.
    """
    opening = re.compile(r"\{\{(?<![^\s\[,{:]\{\{)(?<!\w:\{\{)")
    if not opening.search(text, root.start, root.end):
        return
    last_end = 0
    for node in descend(root):
        if not isinstance(node, Mapping) or not text.startswith("{{", node.start):
            continue
        if node.start >= last_end and isinstance(node.pairs[0][0], Mapping):
            last_end = node.end
            before = text[max(0, node.start - 20) : node.start]
            in_arn = before.rstrip().lower().endswith("arn:")
            placed = not in_arn and is_placeholder(text[node.start : node.end])
            yield node, ProblemKind.PLACEHOLDER if placed else ProblemKind.TEMPLATE


def cause(text: str, error: TreeError, tree: Node | None = None) -> Problem:
    """Find out why a text cannot be read.

    Args:
        text: the text.
        error: the reader's error.
        tree: the text's root node, if libyaml could parse it.
    """
    if tree is None:
        place = _template(text, error)
        if place:
            return Problem(ProblemKind.TEMPLATE, error.problem, "", *place)
        place = _placeholder(text, error)
        if place:
            return Problem(ProblemKind.PLACEHOLDER, error.problem, "", *place)
    elif isinstance(tree, Scalar) and templates(text):
        return Problem(ProblemKind.TEMPLATE, error.problem, "", *templates(text)[0].span())
    else:
        found = list(braces(text, tree))
        for node, kind in found:
            if kind is ProblemKind.TEMPLATE or node is tree:
                return Problem(ProblemKind.TEMPLATE, error.problem, "", node.start, node.end)
        for node, kind in found:
            if node.start <= error.index < node.end:
                return Problem(kind, error.problem, "", node.start, node.end)
    if isinstance(error, RejectedError):
        kind = ProblemKind.TYPE if error.wrong_type else ProblemKind.SYNTAX
        end = _line_end(text, error.index)
        return Problem(kind, error.problem, error.remedy, error.index, end)
    return Problem(ProblemKind.SYNTAX, *_explain(text, error))


def _template(text: str, error: TreeError) -> tuple[int, int] | None:
    """The start and end of the template that keeps a text from being YAML, if any."""
    first = None
    for match in templates(text):
        start, end = match.span()
        if start <= error.index <= end or (start <= (error.began or -1) <= end):
            return start, end
        if first is None:
            line = text[text.rfind("\n", 0, start) + 1 : _line_end(text, start)]
            alone = match[0].startswith("${") and line.strip() == match[0]
            if alone or match[0].startswith(("{{", "{%", "{#", "<%", "%{")):
                first = start, end
    return first


def _placeholder(text: str, error: TreeError) -> tuple[int, int] | None:
    """The start and end of the unquoted value whose braces stop the parser, if any."""
    start = text.rfind("\n", 0, error.index) + 1
    end = _line_end(text, error.index)
    if text.find("{{", start, end) < 0:  # the pattern is slow on a line of a megabyte
        return None
    value = r"[^\s,\[\]{}\"']*(\{\{[\w .-]*\}\})(?:\{\{[\w .-]*\}\}|[^\s,\[\]{}])*"
    for match in re.compile(value).finditer(text, start, end):
        braced, after = match.start(1), match.end(1)
        reached = braced == error.index or (
            after <= error.index and not text[after : error.index].strip(" ")
        )
        if reached and is_placeholder(match[1]):
            return match.span()
    return None


def terraform(text: str) -> Problem | None:
    """The problem with a text that is Terraform source, at its first block; else None."""
    words = "resource|module|data|locals|variable|provider|terraform|output"
    block, value = rf'(?:{words})\b[ \w"-]*\{{', r"\w+[ \t]*=[ \t]*[\[{]"
    match = re.search(rf"^(?:{block}|{value})[ \t]*\r?$", text, re.MULTILINE)
    if match is None:
        return None
    problem = "this is Terraform source code, not a manifest"
    remedy = (
        "lint the plan instead: `terraform plan -out=plan`, then "
        "`terraform show -json plan | authmap lint -`"
    )
    return Problem(ProblemKind.TERRAFORM, problem, remedy, *match.span())


def _line_end(text: str, index: int) -> int:
    """The offset after the last visible character of a line, at least one past the index."""
    end = text.find("\n", index)
    line = text[index : end if end >= 0 else len(text)].rstrip()
    return min(index + max(len(line), 1), len(text))


_MISINDENTED = (
    "this line is not indented like the lines it belongs to",
    "put the `-` of all entries in one column, and the keys of an entry in another",
)
_INVISIBLE = "\xa0\u1680\u2000\u2001\u2002\u2003\u2007\u2009\u200a\u200b\u202f\u3000\ufeff"
_WORDS = (
    # parser's words, plain words, what to do, what to show (character, line, or where it began)
    ("quoted scalar, found unexpected", "the quotation mark that opens here is never closed",
     "close it where the value ends", "began"),
    ("sequence entries", "a list item is on the same line as its key",
     "put each `- ` on its own line, or write [a, b]", "line"),
    ("start any token", "a value cannot begin with %", "put it in quotes", "character"),
    ("scanning an alias", "a value cannot begin with `*`, which marks an alias",
     "put it in quotes", "began"),
    ("scanning an anchor", "a value cannot begin with `&`, which marks an anchor",
     "put it in quotes", "began"),
    ("undefined alias", "this `*` refers to an anchor (`&`) that does not exist",
     "put the value in quotes if you want a literal `*`", "line"),
    ("a block scalar", "this text cannot follow `|` or `>`",
     "begin the text on the next line", "character"),
    ("directive", "a line cannot begin with `%`", "put it in quotes, or remove it", "began"),
    ("unknown escape", "this backslash escape does not exist",
     "use single quotes, or write two backslashes", "character"),
    ("escape c", "this backslash escape is not a valid character",
     "write the character itself", "character"),
    ("tag", "a value cannot begin with `!`, which marks a tag", "put it in quotes", "character"),
    ("levels deep", "more than 10,000 lists or mappings are nested here",
     "look above for stray brackets or dashes", "character"),
    ("not allowed in YAML", "an invisible control character is not allowed here",
     "remove it", "character"),
    ("<document start>", *_MISINDENTED, "line"),
    ("<block end>", *_MISINDENTED, "line"),
    ("'-' indicator", *_MISINDENTED, "line"),
    ("expected key", *_MISINDENTED, "line"),
)  # fmt: skip


def _explain(text: str, error: TreeError) -> tuple[str, str, int, int]:
    """The parser's error in plain words: problem, remedy, start, end."""
    wording, index = error.problem, min(error.index, max(len(text.rstrip()) - 1, 0))
    found = _odd_character(text, wording, index)
    if found:
        return found
    start = text.rfind("\n", 0, index) + 1
    before = text[start:index].strip().strip(" -")
    began = index if error.began is None else error.began
    if "mapping values" in wording:
        return _colon(text, start, index)
    if "could not find expected ':'" in wording:
        end = _line_end(text, began)
        if text.startswith("-", began):
            return "there is no space after this `-`", "write `- ` before each item", began, end
        problem = "this line is neither `key: value` nor `- item`"
        return problem, "write it as one of these", began, end
    if before and (
        "expected key" in wording or "'-' indicator" in wording or "<block end>" in wording
    ):
        if text[index] in "]}":
            return "there is one closing bracket too many", "remove it", index, index + 1
        return _quote(text, start, index)
    if "expected ',' or" in wording:
        if "\n" in text[began:index] or error.index > index:
            problem = f"the `{text[began]}` that opens here is not closed, or a comma is missing"
            return problem, "close it, or put commas between its items", began, began + 1
        remedy = "put commas between the items, and quote those that contain { } [ ] or a comma"
        return "a comma or a pair of quotes is missing", remedy, index, index + 1
    for words, problem, remedy, what in _WORDS:
        if words in wording:
            if what == "began":
                return problem, remedy, began, _line_end(text, began)
            if what == "character":
                shown = "a backquote" if text[index] == "`" else f"`{text[index]}`"
                return problem.replace("%", shown), remedy, index, index + 1
            while text.startswith(" ", index):
                index += 1
            return problem, remedy, index, _line_end(text, index)
    return wording, "correct the YAML here", index, index + 1


def _odd_character(text: str, wording: str, index: int) -> tuple[str, str, int, int] | None:
    """A merge conflict, a tab, or a character in the indentation that only looks like a space."""
    conflict = re.search("^<<<<<<< .*", text, re.MULTILINE)
    if conflict:
        remedy = "keep one side, and remove the lines `<<<<<<<`, `=======` and `>>>>>>>`"
        return "there is an unresolved merge conflict", remedy, *conflict.span()
    tab = text.find("\t", index) if "tab character" in wording else index
    if text[tab : tab + 1] == "\t":
        return "there is a tab where spaces belong", "indent with spaces only", tab, tab + 1
    start = text.rfind("\n", 0, index) + 1
    for at in range(start, _line_end(text, start)):
        if text[at] in _INVISIBLE:
            problem = f"the character U+{ord(text[at]):04X} here only looks like a space"
            return problem, "replace it with a space: it came with copy and paste", at, at + 1
        if text[at] not in " -":
            break
    return None


def _colon(text: str, start: int, index: int) -> tuple[str, str, int, int]:
    """The cause of the parser error "mapping values are not allowed in this context"."""
    before = text[start:index]
    if len(before.lstrip(" -")) > 1024:
        at = start + len(before) - len(before.lstrip(" -"))
        return "a key cannot be longer than 1,024 characters", "shorten it", at, index
    if ": " in before or before.lstrip(" -").startswith(('"', "'")):
        remedy = "put the whole value in quotes"
        return 'unquoted value contains ": "', remedy, index, index + 1
    above = text[text.rfind("\n", 0, max(start - 1, 0)) + 1 : max(start - 1, 0)]
    key, colon, value = above.strip(" -\r").partition(":")
    place = start + len(before) - len(before.lstrip(" -")), _line_end(text, index)
    if start and re.match(r"\s*-\w", above):
        return "the line above has no space after its `-`", "write `- `", *place
    if start and key.isalpha() and not colon:
        return f"the line above has no colon after `{key}`", f"write `{key}: `", *place
    if key.lower() in ("rolearn", "userarn", "username", "groups") and value[:1].strip():
        remedy = f"write `{key}: {value}`"
        return "the line above has no space after its colon", remedy, *place
    return *_MISINDENTED, *place


def _quote(text: str, start: int, index: int) -> tuple[str, str, int, int]:
    """Text follows a closing quotation mark; perhaps an earlier one was never closed."""
    before = text[start:index].rstrip()
    mark = before[-1:]
    if mark in ("'", '"') and before[:-1].rstrip()[-1:] in ("", "-", ":", ",", "[", "{"):
        while start > 0:
            end, start = start - 1, text.rfind("\n", 0, start - 1) + 1
            if text.count(mark, start, end) % 2:
                at = text.rfind(mark, start, end)
                problem = "the quotation mark that opens here is not closed on its line"
                return problem, "close it where the value ends", at, _line_end(text, at)
    remedy = "put all of it in one pair of quotes, and write '' for a ' inside single quotes"
    return "the value continues after its closing quote", remedy, index, _line_end(text, index)
