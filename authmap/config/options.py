"""The options of the library's functions, checked when they are created."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from authmap.authenticator.placeholder import braced
from authmap.model.options import OptionError, RunOptions
from authmap.rules.codes import rule_code
from authmap.usernames.template import template

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from authmap.authenticator.placeholder import Delimiters
    from authmap.model.bindings import Bindings
    from authmap.model.reserved_entries import ReservedEntry
    from authmap.model.severity import Severity


class Options(RunOptions):
    """Options of `lint`, `fix` and related functions.

    Codes may be rule codes (``AM101``), prefixes of codes (``AM1``) or rule names
    (``missing-session-name``), in any sequence.

    Args:
        select: the rules that run; empty for those that run by default.
        ignore: rules that do not run.
        extend_select: rules that run in addition to those selected.
        severity: severity of the findings of a rule, by its code or name.
        unsafe_fixes: whether to apply fixes that could change who has access.
        username_template: template of the usernames that fixes write, or the name of a preset
            (``default``, ``access-entry``, ``append``).
        rename: ARNs, role names or usernames of entries to rename even if a binding may name
            them.
        reserved: entries of your own services, which are never renamed.
        extra_paths: paths to lists of entries in the input, as in ``eks.awsAuth.roles``; ``*``
            matches any key or item.
        delimiters: pairs of delimiters used instead of placeholder braces until another tool
            renders the file; fixes write the first pair.
        bindings: the RBAC bindings of the map's cluster; None if they are not known.
        rendered: why the file is a Helm template although nothing in it says so.

    Raises:
        ValueError: a code, a rule's name or the template is not valid; the message names what
            was probably meant.
    """

    __slots__ = ()

    def __new__(
        cls,
        select: Sequence[str] = (),
        ignore: Sequence[str] = (),
        extend_select: Sequence[str] = (),
        severity: Mapping[str, Severity] | None = None,
        unsafe_fixes: bool = False,
        username_template: str = "default",
        rename: Iterable[str] = (),
        reserved: Iterable[ReservedEntry] = (),
        extra_paths: Iterable[str] = (),
        delimiters: Delimiters = (),
        bindings: Bindings | None = None,
        rendered: str = "",
    ) -> Self:
        """Check the options."""
        return super().__new__(
            cls,
            _codes(select),
            _codes(ignore),
            _codes(extend_select),
            {rule_code(code, whole=True): level for code, level in (severity or {}).items()},
            unsafe_fixes,
            template(braced(username_template, delimiters)),
            _texts("rename", rename),
            tuple(reserved),
            _texts("extra_paths", extra_paths),
            tuple(delimiters),
            bindings,
            rendered,
        )


def _codes(words: Sequence[str]) -> tuple[str, ...]:
    return tuple(rule_code(word) for word in _texts("rules", words))


def _texts(name: str, words: Iterable[str]) -> tuple[str, ...]:
    if isinstance(words, str):  # its letters would be taken for the items
        raise OptionError(f'{name}: write a list, ["{words}"], instead of the text "{words}"')
    return tuple(words)
