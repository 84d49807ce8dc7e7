"""Options of a run."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from authmap.model.rule import Need

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from authmap.authenticator.placeholder import Delimiters
    from authmap.model.bindings import Bindings
    from authmap.model.reserved_entries import ReservedEntry
    from authmap.model.rule import Rule
    from authmap.model.severity import Severity


class OptionError(ValueError):
    """An option has an invalid value; the message is for the user."""


class RunOptions(NamedTuple):
    """Settings of a lint or fix run.

    Attributes:
        select: codes or code prefixes of the rules to run; empty for the default rules.
        ignore: codes or code prefixes of rules not to run.
        extend_select: codes or code prefixes of rules to run in addition.
        severity: severities that override the rules' own, by rule code.
        unsafe_fixes: whether to apply fixes that could change someone's access.
        username_template: the template of the usernames that fixes write.
        rename: ARNs, role names or usernames of entries to rename even if they have no groups.
        reserved: service entries in addition to authmap's own table.
        extra_paths: paths to lists of entries in the input, such as `eks.awsAuth.roles`; `*`
            matches any key or item.
        delimiters: pairs of delimiters used instead of placeholder braces until another tool
            renders the file; fixes write the first pair.
        bindings: the RBAC bindings of the map's cluster; None if they are not known.
        rendered: why the file counts as a Helm template although its text does not show it.
        guarded: whether the guards of a live map refuse a rename that takes a binding away.
    """

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    extend_select: tuple[str, ...] = ()
    severity: Mapping[str, Severity] = MappingProxyType({})
    unsafe_fixes: bool = False
    username_template: str = "default"
    rename: tuple[str, ...] = ()
    reserved: tuple[ReservedEntry, ...] = ()
    extra_paths: tuple[str, ...] = ()
    delimiters: Delimiters = ()
    bindings: Bindings | None = None
    rendered: str = ""
    guarded: bool = False

    @property
    def bound(self) -> bool:
        """Whether all bindings of the map's cluster are known."""
        return self.bindings is not None and self.bindings.missing is None

    def runs(self, rule: Rule) -> bool:
        """Whether a rule is to run."""
        selected = rule.code.startswith(self.select) if self.select else rule.default
        selected = selected or rule.code.startswith(self.extend_select)
        if Need.BINDINGS in rule.needs and self.bindings is not None and self.bindings.incidental:
            return False
        return selected and not self.ignores(rule)

    def ignores(self, rule: Rule) -> bool:
        """Whether a rule is ignored."""
        return bool(self.ignore) and rule.code.startswith(self.ignore)

    def selected(self, rules: Iterable[Rule]) -> list[Rule]:
        """The given rules that are to run."""
        return [rule for rule in rules if self.runs(rule)]


def choice(value: str, choices: tuple[str, ...], what: str) -> None:
    """Check that an option's value is one of the choices.

    Raises:
        OptionError: it is not.
    """
    if value not in choices:
        raise OptionError(f"{what} must be one of {', '.join(choices)}, not `{value}`")


def near(word: str, known: Iterable[str], otherwise: str | None = None) -> str:
    """A hint for an unknown word.

    Args:
        word: the unknown word.
        known: the known words.
        otherwise: the hint if no known word is similar; by default, a list of the known words.
    """
    from difflib import get_close_matches

    known = list(known)
    found = get_close_matches(word, known, 3, 0.5)
    if found:
        return f"did you mean {', '.join(found)}?"
    return otherwise or f"choose from {', '.join(known)}"
