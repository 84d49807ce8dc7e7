"""Why a text cannot be read: the cause behind the parser's complaint, and what to do about it."""

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
    """libyaml parses it and go-yaml does not read it; the words are for people."""

    def __init__(self, problem: str, remedy: str, index: int, *, wrong_type: bool = False) -> None:
        super().__init__(problem, index)
        self.remedy = remedy
        self.wrong_type = wrong_type


def braces(text: str, root: Node) -> Iterator[tuple[Mapping, ProblemKind]]:
    """The values written ``{{…}}``, which YAML takes for a mapping whose key is a mapping.

    Yields:
        The node, and which it is: PLACEHOLDER, or TEMPLATE (of another tool's).
    """
    begun = re.compile(r"\{\{(?<![^\s\[,{:]\{\{)(?<!\w:\{\{)")
    if not begun.search(text, root.start, root.end):
        return
    behind = 0
    for node in descend(root):
        if not isinstance(node, Mapping) or not text.startswith("{{", node.start):
            continue
        if node.start >= behind and isinstance(node.pairs[0][0], Mapping):
            behind = node.end
            before = text[max(0, node.start - 20) : node.start]
            in_arn = before.rstrip().lower().endswith("arn:")
            placed = not in_arn and is_placeholder(text[node.start : node.end])
            yield node, ProblemKind.PLACEHOLDER if placed else ProblemKind.TEMPLATE


def cause(text: str, error: TreeError, tree: Node | None = None) -> Problem:
    """Find out why a text is not read.

    Args:
        text: the text.
        error: what the reader says.
        tree: the text's node, where it could be parsed all the same.
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
    """Where the template stands that keeps a text from being YAML, if one does."""
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
    """The value without quotes whose braces end the parser's patience, if that is the cause."""
    start = text.rfind("\n", 0, error.index) + 1
    end = _line_end(text, error.index)
    if text.find("{{", start, end) < 0:  # the pattern is slow on a line of a megabyte
        return None
    value = r"[^\s,\[\]{}\"']*(\{\{[\w .-]*\}\})(?:\{\{[\w .-]*\}\}|[^\s,\[\]{}])*"
    for match in re.compile(value).finditer(text, start, end):
        braced, behind = match.start(1), match.end(1)
        reached = braced == error.index or (
            behind <= error.index and not text[behind : error.index].strip(" ")
        )
        if reached and is_placeholder(match[1]):
            return match.span()
    return None


def terraform(text: str) -> Problem | None:
    """Why a text cannot be read that is Terraform's own language: at its first block."""
    words = "resource|module|data|locals|variable|provider|terraform|output"
    block, value = rf'(?:{words})\b[ \w"-]*\{{', r"\w+[ \t]*=[ \t]*[\[{]"
    match = re.search(rf"^(?:{block}|{value})[ \t]*\r?$", text, re.MULTILINE)
    if match is None:
        return None
    problem = "this is the source of a Terraform module and no manifest"
    remedy = (
        "authmap reads the plan: `terraform plan -out=plan` and then "
        "`terraform show -json plan | authmap lint -`"
    )
    return Problem(ProblemKind.TERRAFORM, problem, remedy, *match.span())


def _line_end(text: str, index: int) -> int:
    """Offset behind the last visible character of a line, or of the one at the index."""
    end = text.find("\n", index)
    line = text[index : end if end >= 0 else len(text)].rstrip()
    return min(index + max(len(line), 1), len(text))


_MISINDENTED = (
    "this line is not indented like those it belongs to",
    "put the `-` of all entries in one column and the keys of an entry in another",
)
_INVISIBLE = "\xa0\u1680\u2000\u2001\u2002\u2003\u2007\u2009\u200a\u200b\u202f\u3000\ufeff"
_WORDS = (
    # the parser's words, ours, what to do, and what is shown: character, line, line it began in
    ("quoted scalar, found unexpected", "the quotation mark that opens here is never closed",
     "close it where the value ends", "began"),
    ("sequence entries", "a list item stands on the line of its key",
     "give each `- ` a line of its own, or write [a, b]", "line"),
    ("start any token", "a value cannot begin with %", "put it in quotes", "character"),
    ("scanning an alias", "a value cannot begin with `*`, which stands for an alias",
     "put it in quotes", "began"),
    ("scanning an anchor", "a value cannot begin with `&`, which names an anchor",
     "put it in quotes", "began"),
    ("undefined alias", "`*` stands for a value that has been given a name with `&`, and none has",
     "put it in quotes if the * is meant", "line"),
    ("a block scalar", "behind `|` or `>` stands what cannot stand there",
     "begin the text on the next line", "character"),
    ("directive", "a line cannot begin with `%`", "put it in quotes, or take it out", "began"),
    ("unknown escape", "the backslash begins an escape that does not exist",
     "use single quotes, or write two backslashes for one", "character"),
    ("escape c", "the backslash begins an escape that is no character",
     "write the character itself", "character"),
    ("tag", "a value cannot begin with `!`, which begins a tag", "put it in quotes", "character"),
    ("levels deep", "more than 10,000 lists or mappings stand inside one another here",
     "look above for brackets or dashes that are not meant", "character"),
    ("not allowed in YAML", "an invisible control character stands here", "take it out",
     "character"),
    ("<document start>", *_MISINDENTED, "line"),
    ("<block end>", *_MISINDENTED, "line"),
    ("'-' indicator", *_MISINDENTED, "line"),
    ("expected key", *_MISINDENTED, "line"),
)  # fmt: skip


def _explain(text: str, error: TreeError) -> tuple[str, str, int, int]:
    """The parser's terse words in plain ones: problem, remedy, start, end."""
    said, index = error.problem, min(error.index, max(len(text.rstrip()) - 1, 0))
    found = _odd_character(text, said, index)
    if found:
        return found
    start = text.rfind("\n", 0, index) + 1
    before = text[start:index].strip().strip(" -")
    began = index if error.began is None else error.began
    if "mapping values" in said:
        return _colon(text, start, index)
    if "could not find expected ':'" in said:
        end = _line_end(text, began)
        if text.startswith("-", began):
            return "there is no blank behind this `-`", "write `- ` before each item", began, end
        return "this line is neither `key: value` nor `- item`", "write it as one", began, end
    if before and ("expected key" in said or "'-' indicator" in said or "<block end>" in said):
        if text[index] in "]}":
            return "there is a closing bracket too many", "take it out", index, index + 1
        return _quote(text, start, index)
    if "expected ',' or" in said:
        if "\n" in text[began:index] or error.index > index:
            problem = f"the `{text[began]}` that opens here is not closed, or a comma is missing"
            return problem, "close it, or put commas between its items", began, began + 1
        remedy = "put commas between the items, and quote those that hold { } [ ] or a comma"
        return "a comma is missing, or quotes", remedy, index, index + 1
    for words, problem, remedy, what in _WORDS:
        if words in said:
            if what == "began":
                return problem, remedy, began, _line_end(text, began)
            if what == "character":
                shown = "a backquote" if text[index] == "`" else f"`{text[index]}`"
                return problem.replace("%", shown), remedy, index, index + 1
            while text.startswith(" ", index):
                index += 1
            return problem, remedy, index, _line_end(text, index)
    return said, "write it as YAML wants it", index, index + 1


def _odd_character(text: str, said: str, index: int) -> tuple[str, str, int, int] | None:
    """A merge conflict, a tab, or something in the indentation that looks like a blank."""
    conflict = re.search("^<<<<<<< .*", text, re.MULTILINE)
    if conflict:
        remedy = "decide for one side, and take the lines `<<<<<<<`, `=======` and `>>>>>>>` out"
        return "a merge conflict is left in it", remedy, *conflict.span()
    tab = text.find("\t", index) if "tab character" in said else index
    if text[tab : tab + 1] == "\t":
        return "a tab stands where blanks belong", "indent with blanks only", tab, tab + 1
    start = text.rfind("\n", 0, index) + 1
    for at in range(start, _line_end(text, start)):
        if text[at] in _INVISIBLE:
            problem = f"a U+{ord(text[at]):04X} stands here, which only looks like a blank"
            return problem, "write a blank: it came with copy and paste", at, at + 1
        if text[at] not in " -":
            break
    return None


def _colon(text: str, start: int, index: int) -> tuple[str, str, int, int]:
    """What is behind "mapping values are not allowed in this context"."""
    before = text[start:index]
    if len(before.lstrip(" -")) > 1024:
        at = start + len(before) - len(before.lstrip(" -"))
        return "a key ends at 1,024 characters", "write a shorter one", at, index
    if ": " in before or before.lstrip(" -").startswith(('"', "'")):
        remedy = "put the whole value in quotes"
        return "a value holds a colon with a blank behind it", remedy, index, index + 1
    above = text[text.rfind("\n", 0, max(start - 1, 0)) + 1 : max(start - 1, 0)]
    key, colon, value = above.strip(" -\r").partition(":")
    place = start + len(before) - len(before.lstrip(" -")), _line_end(text, index)
    if start and re.match(r"\s*-\w", above):
        return "there is no blank behind the `-` of the line above", "write `- `", *place
    if start and key.isalpha() and not colon:
        return f"the line above has no colon behind `{key}`", f"write `{key}: `", *place
    if key.lower() in ("rolearn", "userarn", "username", "groups") and value[:1].strip():
        remedy = f"write `{key}: {value}`"
        return "the colon in the line above has no blank behind it", remedy, *place
    return *_MISINDENTED, *place


def _quote(text: str, start: int, index: int) -> tuple[str, str, int, int]:
    """Something stands behind a closing quotation mark: was another one never closed?"""
    before = text[start:index].rstrip()
    mark = before[-1:]
    if mark in ("'", '"') and before[:-1].rstrip()[-1:] in ("", "-", ":", ",", "[", "{"):
        while start > 0:
            end, start = start - 1, text.rfind("\n", 0, start - 1) + 1
            if text.count(mark, start, end) % 2:
                at = text.rfind(mark, start, end)
                problem = "the quotation mark that opens here is not closed on its line"
                return problem, "close it where the value ends", at, _line_end(text, at)
    remedy = "put all of it in one pair of quotes, and write '' for a ' inside single ones"
    return "the value goes on behind its quotes", remedy, index, _line_end(text, index)
