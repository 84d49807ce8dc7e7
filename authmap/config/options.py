"""The options of the library's functions, checked when they are created."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Self

from authmap.authenticator.placeholder import braced
from authmap.model.options import OptionError, RunOptions, near
from authmap.model.severity import Severity
from authmap.rules.codes import rule_code
from authmap.usernames.template import template

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from authmap.model.bindings import Bindings
    from authmap.model.reserved_entries import ReservedEntry


class Options(RunOptions):
    """Options of `lint`, `fix` and related functions.

    Codes may be rule codes (``AM101``), prefixes of codes (``AM1``) or rule names
    (``missing-session-name``), in any sequence.

    Args:
        select: the rules that run; empty for those that run by default.
        ignore: rules that do not run.
        extend_select: rules that run in addition to those selected.
        severity: severity of the findings of a rule, or its name, by the rule's code or name.
        unsafe_fixes: whether to apply fixes that could change who has access.
        username_template: template of the usernames that fixes write, or the name of a preset
            (``default``, ``access-entry``, ``append``, ``sso``).
        rename: ARNs, role names or usernames of entries to rename even if a binding may name
            them.
        reserved: entries of your own services, which are never renamed.
        extra_paths: paths to lists of entries in the input, as in ``eks.awsAuth.roles``; ``*``
            matches any key or item.
        delimiters: pairs of delimiters used instead of placeholder braces until another tool
            renders the file; fixes write the first pair.
        bindings: the RBAC bindings of the map's cluster; None if they are not known.
        rendered: why the file is a Helm template although nothing in it says so.
        guarded: whether the guards of a live map refuse a rename that takes a binding away; then
            no message proposes it.

    Raises:
        ValueError: a code, a rule's name or the template is not valid; the message names what
            was probably meant.
    """

    __slots__ = ()

    def __new__(
        cls,
        select: Iterable[str] = (),
        ignore: Iterable[str] = (),
        extend_select: Iterable[str] = (),
        severity: Mapping[str, Severity | str] | None = None,
        unsafe_fixes: bool = False,
        username_template: str = "default",
        rename: Iterable[str] = (),
        reserved: Iterable[ReservedEntry] = (),
        extra_paths: Iterable[str] = (),
        delimiters: Iterable[tuple[str, str]] = (),
        bindings: Bindings | None = None,
        rendered: str = "",
        guarded: bool = False,
    ) -> Self:
        """Check the options."""
        pairs = tuple(check_delimiters(pair) for pair in delimiters)
        return super().__new__(
            cls,
            _codes("select", select),
            _codes("ignore", ignore),
            _codes("extend_select", extend_select),
            {
                rule_code(code, whole=True): _level(level)
                for code, level in (severity or {}).items()
            },
            unsafe_fixes,
            template(braced(username_template, pairs)),
            _texts("rename", rename),
            tuple(reserved),
            _texts("extra_paths", extra_paths),
            pairs,
            bindings,
            rendered,
            guarded,
        )

    def _replace(self, **changes: Any) -> Self:
        """The same options with some of them changed, checked again."""
        return type(self)(**{**self._asdict(), **changes})


def check_delimiters(pair: Sequence[str]) -> tuple[str, str]:
    """Check marks that stand for the braces of placeholders, and return them.

    Raises:
        OptionError: they are not a pair of marks.
    """
    if isinstance(pair, str) or len(pair) != 2 or not all(pair):
        raise OptionError('delimiters are pairs of marks, as in [["<<", ">>"]]')
    for mark in pair:
        if re.search(r"[\w\s]", mark) or not mark.isprintable():
            raise OptionError(f"`{mark}` is not a delimiter: it contains letters, digits or spaces")
    opening, closing = pair
    return opening, closing


def _level(level: Severity | str) -> Severity:
    if isinstance(level, Severity):
        return level
    known = {str(each): each for each in Severity}
    if level not in known:
        raise OptionError(f"`{level}` is not a severity: {near(str(level), known)}")
    return known[level]


def _codes(name: str, words: Iterable[str]) -> tuple[str, ...]:
    return tuple(rule_code(word) for word in _texts(name, words))


def _texts(name: str, words: Iterable[str]) -> tuple[str, ...]:
    if isinstance(words, str):  # its letters would be taken for the items
        raise OptionError(f'{name}: write a list, ["{words}"], instead of the text "{words}"')
    found = tuple(words) if isinstance(words, Iterable) else None
    if found is None or not all(isinstance(word, str) for word in found):
        raise OptionError(f"{name}: {words!r} is not a list of texts")
    return found
