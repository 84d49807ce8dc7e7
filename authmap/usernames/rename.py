"""The username and ARN that a fix writes, and the reasons not to change an entry."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from authmap.authenticator.arn import meant
from authmap.authenticator.arn_fault import is_sound
from authmap.authenticator.foreign_template import templates
from authmap.authenticator.placeholder import (
    EC2_PRIVATE_DNS_NAME,
    SESSION_NAME,
    MisspelledPlaceholder,
    has_session,
    is_led_by_caller,
    misspelled_placeholders,
    unbraced,
    with_placeholders_corrected,
)
from authmap.model.finding import Fix, set_field
from authmap.model.places import line_of
from authmap.model.reserved_entries import (
    bound_by,
    is_node,
    resembles_node,
)
from authmap.syntax.change import Change
from authmap.usernames.new_names import new_names
from authmap.usernames.template import RESERVED, tells_account

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from authmap.authenticator.entry import Entry
    from authmap.model.auth_map import AuthMap
    from authmap.model.options import RunOptions
    from authmap.syntax.nodes import Node


def rename(
    auth_map: AuthMap,
    entry: Entry,
    options: RunOptions,
    *,
    with_account: bool = False,
    safe: bool = True,
) -> Fix | None:
    """The fix that gives an entry a username with the session name.

    The new username is the entry's own with its placeholders corrected, if that is enough, and
    otherwise the template's.

    Args:
        auth_map: the map that contains the entry.
        entry: an entry that does not belong to a node or service.
        options: the template, and the entries to rename in any case.
        with_account: whether the username must also contain the account.
        safe: whether the rule considers the rename safe.

    Returns:
        The fix, or None if no suitable username exists.
    """
    if not entry.username or not entry.has_session_name:
        return None
    if EC2_PRIVATE_DNS_NAME in entry.username:
        safe = False  # until now, only EC2 instances could log in

    def suits(value: str) -> bool:
        if value == entry.username or not has_session(value) or is_led_by_caller(value):
            return False
        if with_account and not tells_account(entry, value):
            return False
        return EC2_PRIVATE_DNS_NAME not in value

    names = new_names(auth_map, options)
    own = with_placeholders_corrected(entry.username)
    if suits(own) and not own.startswith(RESERVED) and not names.in_the_way(entry, own):
        return set_username(entry, own, options, safe=safe)
    value, other = names.of(entry)
    if not suits(value):
        return None
    fix = set_username(entry, value, options, safe=safe)
    if fix is None or fix.held_back:
        return fix
    return fix._replace(held_back=_unsuited(entry, value, other))


def _unsuited(entry: Entry, value: str, other: Entry | None) -> str | None:
    """Why an entry must not get the template's username, or None."""
    if not (entry.sso or is_sound(entry.arn)):
        return "no caller can have this ARN: correct the ARN first"
    if resembles_node(entry):
        return "the entry looks like one for nodes, which need a username of their own: correct it"
    if value.startswith(RESERVED):
        prefix = value.split(":")[0]
        return f"the new username would begin with `{prefix}:`, which is reserved: rename it"
    return _shared(value, other) if other else None


def _shared(value: str, other: Entry) -> str:
    return (
        f"{other.title} ({other.section.name}[{other.index}], line {line_of(other)}) could have "
        f"the username `{value}` too: rename one of the two by hand, or choose another "
        "--username-template"
    )


def set_username(entry: Entry, value: str, options: RunOptions, *, safe: bool) -> Fix | None:
    """The fix that gives an entry another username; held back if it would change access."""
    change = set_field(entry, "username", unbraced(value, entry.section.delimiters))
    return change and Fix((change,), safe, _obstacle(entry, value, options))


def rename_targets(maps: Iterable[AuthMap]) -> frozenset[str]:
    """The names by which ``--rename`` can select the entries of maps."""
    return frozenset(
        name for auth_map in maps for entry in auth_map.entries for name in _names(entry)
    )


def is_named(entry: Entry, names: Iterable[str]) -> bool:
    """Whether names given with ``--rename`` select an entry."""
    return not _names(entry).isdisjoint(names)


def _names(entry: Entry) -> set[str]:
    return {entry.username, entry.arn, entry.role_name}


def _obstacle(entry: Entry, value: str, options: RunOptions) -> str | None:
    """Why a fix must not give an entry a username: someone would lose or gain access, or None."""
    name = entry.username
    for what, text in (("username", name), ("ARN", entry.arn)):
        if templates(text):
            return f"the {what} contains a template that is not rendered yet"
    service, bindings = bound_by(name, options.reserved), options.bindings
    if any(entry.groups) and not service and bindings is None:  # most entries
        return None
    if is_node(entry) or is_named(entry, options.rename):
        return None
    force = f"--rename {entry.role_name}"
    remedy = f"bind a group instead, or rename it anyway with {force}"
    bound = "bind a group instead" if options.guarded else remedy
    if service:
        return f"`{name}` is the username in the RBAC bindings of {service}: {bound}"
    if bindings is not None:
        for user, binding in bindings.of_username(entry):
            return (
                f"{binding.title} names the user `{user}`, who would lose {binding.role}: {bound}"
            )
        for user, binding in bindings.of_username(entry, value):
            return (
                f"{binding.title} names the user `{user}`: with the new username, a caller could "
                "choose a session name that makes them this user, and gain "
                f"{binding.role}; "
                + (bound if options.guarded else f"to rename it anyway, use {force}")
            )
        if bindings.missing is None:
            return None
    if not any(entry.groups):
        return (
            "the entry has no groups, so its access comes from a binding to the user "
            f"`{name}` and would be lost with a new username: {remedy}"
        )
    return None


class Misspelling(NamedTuple):
    """A misspelled placeholder and its place.

    Attributes:
        entry: the entry.
        what: `username` or `group`.
        text: the whole username or group.
        node: the node of the username or group.
        slip: the misspelled placeholder in it.
    """

    entry: Entry
    what: str
    text: str
    node: Node
    slip: MisspelledPlaceholder


def misspellings(auth_map: AuthMap) -> Iterator[Misspelling]:
    """The misspelled placeholders in the usernames and groups of active entries."""
    texts = [section.text for section in auth_map.sections.values()]
    if not any(mark in text for text in texts for mark in "{([<$%\\"):
        return
    for entry in (*auth_map.roles, *auth_map.users):
        if not [text for text in (entry.username, *entry.groups) if misspelled_placeholders(text)]:
            continue
        field = entry.field("username")
        patterns = [(group.text, group.node, "group") for group in entry.group_items]
        if field:
            patterns.insert(0, (entry.username, field.value, "username"))
        for text, node, what in patterns:
            found = misspelled_placeholders(text)
            if found and not templates(text):
                for slip in found:
                    yield Misspelling(entry, what, text, node, slip)


def correct_spelling(auth_map: AuthMap, wrong: Misspelling, options: RunOptions) -> Fix | None:
    """The fix that corrects the placeholders of a username or group.

    It is unsafe for a group, because the corrected group has other bindings, for a node, which gets
    another name, and for a username that would then begin with text that the caller chooses.
    """
    entry, what, text, node, _ = wrong
    value = with_placeholders_corrected(text)
    if value == text or _misfit(entry, value):
        return None
    if what == "group":
        held_back = "callers could choose their own group" if has_session(value) else None
    else:
        other = new_names(auth_map, options).in_the_way(entry, value)
        held_back = _obstacle(entry, value, options)
        if held_back is None and other:
            held_back = _shared(value, other)
    safe = what == "username" and not is_led_by_caller(value) and not is_node(entry)
    written = unbraced(value, entry.section.delimiters)
    return Fix((Change(entry.section, node, written),), safe, held_back)


def spelling_remedy(wrong: Misspelling) -> str:
    """What to write instead of a misspelled placeholder."""
    misfit = _misfit(wrong.entry, wrong.slip.meant or "")
    if misfit:
        return misfit
    if wrong.what == "group" and has_session(wrong.slip.meant or ""):
        return "write a fixed group: with the session name in it, callers could choose their group"
    return f"write {wrong.slip.meant}"


def _misfit(entry: Entry, value: str) -> str | None:
    """Why a correctly spelled placeholder does not work in an entry, or None."""
    if EC2_PRIVATE_DNS_NAME in value and not (is_node(entry) and entry.has_session_name):
        other = SESSION_NAME if entry.has_session_name else "a fixed name"
        return f"with {EC2_PRIVATE_DNS_NAME} only EC2 instances could log in: write {other}"
    if has_session(value) and not entry.has_session_name:
        return f"{entry.title} has no session name to fill in: write a fixed name"
    return None


def correct_arn(auth_map: AuthMap, entry: Entry) -> Fix | None:
    """The fix that gives an entry the ARN that was meant; held back if another entry has it.

    Args:
        auth_map: the map that contains the entry.
        entry: an entry whose ARN is valid except for a role's path or a session.

    Returns:
        The fix, which is unsafe because it gives someone access, or None if it is not clear which
        principal was meant.
    """
    value = meant(entry.arn)
    change = set_field(entry, "rolearn", value) or set_field(entry, "userarn", value)
    if change is None or value == entry.arn:
        return None
    other = next((other for other in auth_map.namesakes(entry) if other is not entry), None)
    held_back = None
    if other:
        held_back = (
            f"line {line_of(other)} already has an entry for the same role, and only one of the "
            "two can win: merge them by hand"
        )
    return Fix((change,), safe=False, held_back=held_back)
