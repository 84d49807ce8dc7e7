"""What a run is asked to do."""

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
    """An option that cannot be meant; the message is for the person who gave it."""


class RunOptions(NamedTuple):
    """Settings of a lint or a fix.

    Attributes:
        select: codes or prefixes of the rules that run; empty for those that run by default.
        ignore: codes or prefixes of rules that do not run.
        extend_select: codes or prefixes of rules that run besides those.
        severity: how bad the findings of a rule are, by its code, where not as the rule says.
        unsafe_fixes: also make fixes that may change somebody's access.
        username_template: of the usernames that fixes write.
        rename: ARNs, role names or usernames of entries to rename although they have no groups.
        reserved: service entries besides authmap's own table.
        extra_paths: ways to lists of entries in the input, as `eks.awsAuth.roles`; `*` stands for
            any key or item.
        delimiters: what stands for the braces of placeholders until another tool has rendered the
            file; fixes write the first pair.
        bindings: the RBAC bindings that go with the map; None where they are not known.
        rendered: why the file is a template of Helm's although nothing in it says so.
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

    @property
    def bound(self) -> bool:
        """Whether all bindings are known that go with the map."""
        return self.bindings is not None and self.bindings.missing is None

    def runs(self, rule: Rule) -> bool:
        """Whether a rule is selected."""
        selected = rule.code.startswith(self.select) if self.select else rule.default
        selected = selected or rule.code.startswith(self.extend_select)
        if Need.BINDINGS in rule.needs and self.bindings is not None and self.bindings.incidental:
            return False
        return selected and not self.ignores(rule)

    def ignores(self, rule: Rule) -> bool:
        """Whether a rule is ignored."""
        return bool(self.ignore) and rule.code.startswith(self.ignore)

    def selected(self, rules: Iterable[Rule]) -> list[Rule]:
        """Those of the rules that are selected."""
        return [rule for rule in rules if self.runs(rule)]


def choice(value: str, choices: tuple[str, ...], what: str) -> None:
    """Refuse a value that is not among the choices.

    Raises:
        OptionError: it is not.
    """
    if value not in choices:
        raise OptionError(f"{what} is one of {', '.join(choices)}, not `{value}`")


def near(word: str, known: Iterable[str], otherwise: str | None = None) -> str:
    """What was meant by a word that is none of the known ones, or what to do otherwise."""
    from difflib import get_close_matches

    known = list(known)
    found = get_close_matches(word, known, 3, 0.5)
    if found:
        return f"did you mean {', '.join(found)}?"
    return otherwise or f"there are {', '.join(known)}"


Options = RunOptions
