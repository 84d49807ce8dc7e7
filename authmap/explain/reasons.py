"""Why entries are inactive and sections ignored: the reasons in `show` and `resolve`."""

from __future__ import annotations

from enum import StrEnum, auto
from typing import TYPE_CHECKING, NamedTuple

from authmap.authenticator import arn as arns
from authmap.authenticator import arn_fault, foreign_template, resolve
from authmap.authenticator.consumer import is_null, text_of
from authmap.authenticator.entry import is_unreadable
from authmap.authenticator.resolve import Caller, LoginError, fold
from authmap.linting.engine import check
from authmap.model import misspelling
from authmap.model.auth_map import Shape
from authmap.model.options import RunOptions
from authmap.model.places import at_node, line_of
from authmap.rules.registry import all_rules
from authmap.syntax.nodes import Mapping, resolve_alias
from authmap.syntax.problem import ProblemKind

if TYPE_CHECKING:
    from authmap.authenticator.entry import Entry
    from authmap.authenticator.section import Section
    from authmap.model.auth_map import AuthMap
    from authmap.model.rule import About
    from authmap.syntax.layer import Layer
    from authmap.syntax.problem import Problem


class Spot(NamedTuple):
    """The place of an entry of mapRoles or mapUsers, or of an item of mapAccounts.

    Attributes:
        section: the name of its section.
        number: its 0-based position in the section.
        line: its 1-based line in the file.
        path: the path of the file; for a live map, the name of the section's text.
    """

    section: str
    number: int
    line: int
    path: str


class ReasonKind(StrEnum):
    """Why an entry or account matches nobody.

    Attributes:
        DROPPED: the authenticator drops the entry.
        OVERRIDDEN: another entry wins.
        SSO: EKS does not read `sso` entries.
        TEMPLATE: another tool still has to render it.
        WILDCARD: its ARN contains a wildcard.
        MALFORMED: its ARN is not an ARN of a caller.
        SESSION: its ARN is the ARN of a session.
        PATH: its ARN contains the path of a role.
        INSTANCE: every login fails, because only EC2 instances have the value of a placeholder.
        ACCOUNT: the item is not an account ID.
    """

    DROPPED = auto()
    OVERRIDDEN = auto()
    SSO = auto()
    TEMPLATE = auto()
    WILDCARD = auto()
    MALFORMED = auto()
    SESSION = auto()
    PATH = auto()
    INSTANCE = auto()
    ACCOUNT = auto()


class Reason(NamedTuple):
    """Why nobody can log in through an entry.

    Attributes:
        kind: what sort of reason it is.
        text: the reason in words.
        by: for OVERRIDDEN, the 1-based line of the entry that wins instead.
    """

    kind: ReasonKind
    text: str
    by: int | None = None


class Remark(NamedTuple):
    """Something in the file that the authenticator ignores, such as an unreadable section.

    Attributes:
        line: its 1-based line.
        what: the name of the section, or the code of the rule that reports it.
        reason: why it is ignored.
    """

    line: int
    what: str
    reason: str


def spot(entry: Entry) -> Spot:
    """The place of an entry."""
    return Spot(entry.section.name, entry.index, line_of(entry), entry.section.source.path)


def account_spots(auth_map: AuthMap) -> list[tuple[Spot, str]]:
    """The items of mapAccounts, each as its place and its text."""
    section = auth_map.sections.get("mapAccounts")
    if section is None:
        return []
    name, path = section.name, section.source.path
    return [
        (Spot(name, number, line_at(section, at_node(section, node).start), path), text)
        for number, (text, node) in enumerate(auth_map.account_items)
    ]


def line_at(layer: Layer, offset: int) -> int:
    """The 1-based line in the file of a character, given by its offset in a text in the file."""
    return layer.source.place(layer.span(offset, offset)[0]).line


def why_inactive(entry: Entry) -> Reason | None:
    """Why an entry is inactive, or None if callers can log in through it."""
    if entry.dropped:
        return Reason(ReasonKind.DROPPED, f"dropped: {_objection(entry)}")
    if entry.winner:
        by = line_of(winner_of(entry))
        last = winner_of(entry).section is entry.section
        why = "the last one wins" if last else "mapRoles is checked first"
        return Reason(ReasonKind.OVERRIDDEN, f"overridden by line {by}: {why}", by)
    if entry.sso:
        set_by = "EKS does not set" if entry.section.consumer.on_eks else "is off by default"
        return Reason(ReasonKind.SSO, f"`sso` needs the feature gate SSORoleMatch, which {set_by}")
    return _why_unmatched(entry.section.consumer.match(entry.arn)) or _why_no_login(entry)


def winner_of(entry: Entry) -> Entry:
    """The entry that finally overrides this one, or the entry itself."""
    while entry.winner:
        entry = entry.winner
    return entry


def why_no_account(text: str) -> Reason | None:
    """Why an item of mapAccounts matches nobody, or None if it is a valid account ID."""
    if len(text) == 12 and text.isdecimal() and text.isascii():
        return None
    if not text:
        return Reason(ReasonKind.ACCOUNT, "it is empty")
    found = foreign_template.templates(text)
    if found:
        return Reason(ReasonKind.TEMPLATE, f"`{found[0][0]}` is not filled in")
    return Reason(ReasonKind.ACCOUNT, "it is not an account ID of twelve digits")


def _objection(entry: Entry) -> str:
    """Why an entry is dropped; names the misspelled key if there is one."""
    field = entry.field("rolearn" if entry.section.name == "mapRoles" else "userarn")
    name = entry.section.arn_key
    if not isinstance(resolve_alias(entry.node), Mapping):
        return "it is not a mapping"
    if field is None and not entry.sso:
        for other in entry.fields:
            if not other.name and misspelling.field(entry, other) == name:
                return f"it has no {name}: `{other.key.value}` is ignored"
    if field is None or entry.arn or entry.sso:
        return entry.dropped or ""
    empty = is_null(field.value) or text_of(field.value) is not None
    return f"its {name} is {'empty' if empty else 'not text'}"


def _why_unmatched(arn: str) -> Reason | None:
    """Why an ARN matches no caller, or None if it can match one."""
    found = foreign_template.templates(arn)
    if found:
        return Reason(ReasonKind.TEMPLATE, f"`{found[0][0]}` is not filled in")
    at = arn_fault.wildcard(arn)
    if at is not None:
        return Reason(ReasonKind.WILDCARD, f"never matches: `{arn[at]}` is not a wildcard here")
    fault = arn_fault.fault(arn)
    if fault:
        return Reason(ReasonKind.MALFORMED, f"never matches: it {fault.problem}; {fault.remedy}")
    kind, corrected = arn_kind(arn), arns.meant(arn)
    advice = f"; write `{corrected}`" if corrected != arn else ""
    if kind == "assumed-role":
        return Reason(
            ReasonKind.SESSION, f"never matches: it is a session ARN, not a role ARN{advice}"
        )
    if kind == "role" and arn.count("/") > 1:
        path = arn[arn.index("/") : arn.rindex("/") + 1]
        why = f"the authenticator sees role ARNs without their path (`{path}`)"
        return Reason(ReasonKind.PATH, f"never matches: {why}{advice}")
    return None


def _why_no_login(entry: Entry) -> Reason | None:
    """Why every login through a matching entry fails, or None if logins can succeed."""
    if arn_kind(entry.arn) == "role":
        return None
    try:
        rendered(entry, Caller(entry.arn, "", ""))
    except LoginError as error:
        return Reason(ReasonKind.INSTANCE, f"every login fails: {error}")
    return None


def rendered(entry: Entry, who: Caller) -> tuple[str, list[str]]:
    """The username and the groups that a caller gets from an entry.

    Raises:
        LoginError: the login fails.
    """
    groups = [resolve.render(group, who) for group in entry.groups]
    return resolve.render(entry.username, who), groups


def template_in(auth_map: AuthMap, pattern: str) -> str | None:
    """The first template in a username or group that another tool renders later, or None.

    The result is always None for a live map, as nothing renders it any more: the authenticator
    uses the text as it is.
    """
    found = foreign_template.templates(pattern) if auth_map.shape is not Shape.DATA else []
    return found[0][0] if found else None


def arn_kind(arn: str) -> str:
    """The kind of resource in a valid ARN, in lower case: `role`, `user`, `root` and so on."""
    return arns.parse(fold(arn)).kind


def unreadable_sections(auth_map: AuthMap) -> list[Remark]:
    """The sections that the authenticator cannot read and ignores entirely."""
    return [
        Remark(*_why_unreadable(section))
        for section in auth_map.sections.values()
        if is_unreadable(section)
    ]


def _why_unreadable(section: Section) -> tuple[int, str, str]:
    found = section.problem
    if found is None:
        start = section.root.start if section.root else 0
        return line_at(section, start), section.name, "not a list"
    shown = section.text[found.start : found.end]
    reason = describe_problem(found, shown)
    return line_at(section, found.start), section.name, reason


def describe_problem(problem: Problem, shown: str) -> str:
    """Why a text cannot be read, and what to do.

    Args:
        problem: the problem.
        shown: the text at the place of the problem.
    """
    if problem.kind is ProblemKind.PLACEHOLDER:
        return "a placeholder is not quoted: put the whole value in quotes"
    if problem.kind is ProblemKind.TEMPLATE:
        first = shown.split("\n")[0]
        first = first if len(first) <= 60 else f"{first[:57]}..."
        return f"`{first}` is a template: render it first and pipe the result into authmap"
    if problem.kind is ProblemKind.FOLDED:
        return "its lines are folded into one: write `|` after the key"
    return f"{problem.message}; {problem.remedy}" if problem.remedy else problem.message


def ignored(auth_map: AuthMap, *about: About) -> list[Remark]:
    """The parts of a map that are not read, as found by the rules about the given subjects."""
    rules = tuple(rule.code for rule in all_rules().values() if rule.about in about)
    return [
        Remark(f.source.place(f.span[0]).line, f.rule.code, f.message)
        for f in check([auth_map], RunOptions(select=rules))
    ]


def refused(auth_map: AuthMap) -> list[Remark]:
    """The sections of a ConfigMap that are not text: they are shown as if they were."""
    lists = {name for name, section in auth_map.sections.items() if section.source_map is None}
    return [
        Remark(
            line_at(auth_map.layer, key.key.start),
            key.name,
            f"`{key.name}` is not text, so the API server rejects this object; it is shown as if "
            "there were a `|` after the key",
        )
        for key in auth_map.keys
        if auth_map.shape in (Shape.CONFIG_MAP, Shape.PATCH) and key.name in lists
    ]


def unread(auth_map: AuthMap) -> list[str]:
    """Notes that say why the authenticator never reads this object, or not in this form."""
    name = auth_map.name.value if auth_map.name else misspelling.NAME
    namespace = auth_map.namespace.value if auth_map.namespace else misspelling.NAMESPACE
    expected, this = f"{misspelling.NAMESPACE}/{misspelling.NAME}", f"{namespace}/{name}"
    notes = [f"line {each.line}: {each.reason}" for each in refused(auth_map)]
    if this != expected and not foreign_template.templates(this):
        notes.append(f"the authenticator reads only {expected}, but this is {this}")
    return notes
