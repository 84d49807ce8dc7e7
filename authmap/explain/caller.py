"""Find out how a caller is mapped, and why: the answer of `authmap resolve`."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, NamedTuple

from authmap.authenticator import arn as arns
from authmap.authenticator import arn_fault, placeholder, resolve
from authmap.authenticator.arn import ArnError
from authmap.authenticator.resolve import Caller, LoginError, fold
from authmap.explain.reasons import (
    account_spots,
    ignored,
    spot,
    template_in,
    unread,
    unreadable_sections,
    why_inactive,
    winner_of,
)
from authmap.model.places import line_of
from authmap.model.rule import About
from authmap.syntax.nodes import Scalar, descend

if TYPE_CHECKING:
    from authmap.authenticator.entry import Entry
    from authmap.explain.reasons import Remark, Spot
    from authmap.model.auth_map import AuthMap
    from authmap.model.bindings import Binding, Bindings


class CallerError(ValueError):
    """Such a caller cannot exist; the message says why."""


class Candidate(NamedTuple):
    """An entry that matches a caller, with the username and groups it gives them.

    Attributes:
        spot: the place of the entry.
        username: the rendered username; None if the login fails.
        groups: the rendered groups.
        reason: why the login fails, or None.
    """

    spot: Spot
    username: str | None
    groups: list[str]
    reason: str | None = None


class Aside(NamedTuple):
    """An entry that looks as if it matched a caller but does not decide, and why not."""

    spot: Spot
    arn: str
    reason: str


class Explanation(NamedTuple):
    """How a caller is mapped, and why.

    Attributes:
        path: the path of the file.
        arn: the ARN that was asked for.
        caller: the caller as the authenticator looks them up.
        chosen: the entry or account that matches, even if the login fails; None if nothing matches.
        candidates: the entries from which one is chosen at random; empty if nothing is random.
        shadowed: the entries that would match if the chosen one did not exist.
        near: entries written for the caller that never match; if nothing matches, also entries
            with a similar ARN.
        unreadable_sections: the sections that are ignored entirely.
        unknown: placeholders left in the names because their values were not given.
        reason: why the caller is not mapped, or None.
        notes: further remarks.
        bindings: the RBAC bindings that apply to the caller, each with the user or group that it
            applies through; None if bindings are not known.
        unchecked: why some bindings may not be known, or None.
    """

    path: str
    arn: str
    caller: Caller
    chosen: Candidate | None
    candidates: list[Candidate]
    shadowed: list[Aside]
    near: list[Aside]
    unreadable_sections: list[Remark]
    unknown: list[str]
    reason: str | None
    notes: list[str]
    bindings: list[tuple[Binding, str]] | None = None
    unchecked: str | None = None

    @property
    def mapped(self) -> bool:
        """Whether the caller can log in (if entries are chosen at random: sometimes)."""
        return self.chosen is not None and self.chosen.username is not None


def explain_caller(
    auth_map: AuthMap,
    arn: str,
    *,
    account_id: str | None = None,
    session_name: str | None = None,
    access_key_id: str | None = None,
    private_dns_name: str | None = None,
    bindings: Bindings | None = None,
) -> Explanation:
    """Find out how a caller is mapped, and why.

    Args:
        auth_map: the map.
        arn: the caller's ARN, as for `AuthMap.resolve`; a role's path is dropped, as STS does.
        account_id: the account ID, if the ARN has none.
        session_name: the session name, if the ARN is that of a role.
        access_key_id: the value of `{{AccessKeyID}}`.
        private_dns_name: the value of `{{EC2PrivateDNSName}}`.
        bindings: the RBAC bindings of the map's cluster.

    Raises:
        CallerError: such a caller cannot exist.
    """
    notes = unread(auth_map)
    if account_id is not None:
        arn = _with_account(arn, account_id)
    try:
        who = _caller(_reported(arn, notes), session_name, access_key_id, private_dns_name)
    except ArnError as error:
        raise CallerError(str(error)) from None
    matches = auth_map.index.matches(who.arn)
    candidates = [_candidate(auth_map, entry, who) for entry in matches]
    notes += _unrendered(auth_map, matches)
    account = next((at for at, text in account_spots(auth_map) if text == who.account), None)
    shadowed = [_aside(e) for e in auth_map.entries if e.winner and winner_of(e) in matches]
    chosen = next((c for c in candidates if c.username is not None), None)
    if candidates:
        chosen = chosen or candidates[0]
        if account:
            text = "checked last: would map the caller to its own ARN, without groups"
            shadowed.append(Aside(account, who.account, text))
    elif account:
        chosen = Candidate(account, who.arn, [])
        if who.arn.partition("/")[0].endswith(":role"):
            notes.append("mapAccounts gives all sessions of a role the same username")
    near, gone, reason = _near(auth_map, who, matches), unreadable_sections(auth_map), None
    if chosen is None:
        reason = _why_not_mapped(who, gone, near)
        near += _alike(auth_map, who, near)
        for each in ignored(auth_map, About.UNREAD_TEXT):
            notes.append(f"line {each.line}: {each.reason}")
        notes.append("only aws-auth was checked: an EKS access entry may also give access")
    elif chosen.reason:
        matching = f"the entry on line {chosen.spot.line} matches"
        reason = f"{matching}, but the login fails: {chosen.reason}"
    return Explanation(
        auth_map.path,
        arn,
        who,
        chosen,
        candidates if len(candidates) > 1 else [],
        shadowed,
        near,
        gone,
        _unknown(auth_map, candidates),
        reason,
        notes,
        _bound(chosen, bindings),
        bindings.missing if bindings else None,
    )


def _bound(chosen: Candidate | None, bindings: Bindings | None) -> list[tuple[Binding, str]] | None:
    if bindings is None:
        return None
    if chosen is None or chosen.username is None:
        return []
    return bindings.of_caller(chosen.username, chosen.groups)


def _with_account(arn: str, account: str) -> str:
    """The ARN with the account ID filled in."""
    parts = arn.split(":", 5)
    if len(parts) == 6 and parts[4] in ("", account):
        parts[4] = account
        return ":".join(parts)
    raise CallerError(f"`{arn}` is not in account {account}")


def _reported(arn: str, notes: list[str]) -> str:
    """The ARN as STS reports it; adds a note if that differs from the one asked for."""
    if arn_fault.wildcard(arn) is not None:
        raise ArnError(f"`{arn}` contains a wildcard: give the ARN of one caller")
    fault = arn_fault.fault(arn)
    if fault:
        raise ArnError(f"`{arn}` {fault.problem}; {fault.remedy}")
    parsed = arns.parse(arn)
    if parsed.kind == "assumed-role" and parsed.resource.count("/") > 2:
        raise ArnError(f"`{arn}` is not a session ARN, which ends in assumed-role/ROLE/SESSION")
    if parsed.kind != "role" or not parsed.path:
        return arn
    sessions = f"arn:{parsed.partition}:sts::{parsed.account}:assumed-role/{parsed.name}/SESSION"
    notes.append(f"STS drops the role's path: it reports {sessions}")
    return arns.meant(arn)


def _caller(arn: str, session: str | None, access_key: str | None, dns_name: str | None) -> Caller:
    """The caller as the authenticator sees it."""
    if session is not None and ":role/" not in arn:
        raise CallerError(f"`{arn}` cannot take a session name: only the ARN of a role can")
    who = resolve.caller(
        arn, session_name=session, access_key_id=access_key, private_dns_name=dns_name
    )
    has_one = session is not None or ":assumed-role/" in arn
    name = who.session or ""
    if has_one and not re.fullmatch(r"[\w+=,.@-]{1,64}", name, re.ASCII):
        allowed = "up to 64 ASCII letters, digits and `_+=,.@-`"
        raise CallerError(f"`{name}` is not a session name: STS allows {allowed}")
    return who


def _candidate(auth_map: AuthMap, entry: Entry, who: Caller) -> Candidate:
    try:
        username, *groups = (
            pattern if template_in(auth_map, pattern) else resolve.render(pattern, who)
            for pattern in (entry.username, *entry.groups)
        )
    except LoginError as error:
        return Candidate(spot(entry), None, [], str(error))
    return Candidate(spot(entry), username, groups)


def _unrendered(auth_map: AuthMap, entries: list[Entry]) -> list[str]:
    """A note for each username and group that another tool still has to render."""
    found = ((e, template_in(auth_map, name)) for e in entries for name in (e.username, *e.groups))
    return [
        f"line {line_of(entry)}: `{template}` is not rendered yet; shown as written"
        for entry, template in found
        if template
    ]


def _unknown(auth_map: AuthMap, candidates: list[Candidate]) -> list[str]:
    """The placeholders that are left in the rendered names."""
    names = [name for c in candidates for name in (c.username or "", *c.groups)]
    names = [name for name in names if not template_in(auth_map, name)]
    return [known for known in placeholder.KNOWN if any(known in name for name in names)]


def _why_not_mapped(who: Caller, gone: list[Remark], near: list[Aside]) -> str:
    reason = f"no entry matches it, and account {who.account} is not in mapAccounts"
    for each in gone:
        reason += f"; {each.what} is ignored entirely (line {each.line}: {each.reason})"
    for aside in near:
        in_short = aside.reason.partition(": ")[0]
        reason += f"; the entry on line {aside.spot.line} is for it, but is inactive: {in_short}"
    return reason


def _aside(entry: Entry, *more: str) -> Aside:
    inactive = why_inactive(entry)
    reasons = [*more, inactive.text] if inactive else more
    return Aside(spot(entry), entry.title if entry.sso else entry.arn, ", and ".join(reasons))


def _near(auth_map: AuthMap, who: Caller, matches: list[Entry]) -> list[Aside]:
    """The entries that are meant for a caller but do not match."""
    wanted = fold(who.arn)
    rest = (entry for entry in auth_map.entries if winner_of(entry) not in matches)
    return [_aside(entry) for entry in rest if _is_meant_for(entry, wanted)]


def _is_meant_for(entry: Entry, wanted: str) -> bool:
    if entry.dropped:  # the ARN may be anywhere in it
        texts = (node.value for node in descend(entry.node) if isinstance(node, Scalar))
        if any(fold(arns.meant(text.strip())) == wanted for text in texts):
            return True
    pattern = arns.meant(entry.arn.strip())
    if entry.sso:
        pattern = f"arn:*:iam::{entry.sso.account}:role/{entry.role_name}_*"
    pattern = fold(pattern)
    return pattern == wanted or (
        arn_fault.wildcard(pattern) is not None and fnmatchcase(wanted, pattern.replace("[", "[[]"))
    )


def _alike(auth_map: AuthMap, who: Caller, near: list[Aside]) -> list[Aside]:
    """The entries of roles and users with the same name, or else with a similar name."""
    wanted = fold(who.arn)
    name = wanted.rsplit("/", 1)[-1]
    seen = {aside.spot for aside in near}
    others: dict[str, list[Entry]] = {}
    for entry in auth_map.entries:
        if entry.winner is None and entry.arn and spot(entry) not in seen:
            others.setdefault(fold(entry.role_name), []).append(entry)
    if name in others:
        return [_aside(entry, *_differences(entry.arn, wanted)) for entry in others[name]]
    if near:
        return []
    from difflib import get_close_matches

    similar = get_close_matches(name, others, 3, 0.75)
    return [
        _aside(entry, "it is spelled differently", *_differences(entry.arn, wanted))
        for each in similar
        for entry in others[each]
    ]


def _differences(arn: str, wanted: str) -> list[str]:
    """How an ARN differs from another one with the same name."""
    try:
        theirs, ours = arns.parse(fold(arn)), arns.parse(wanted)
    except ArnError:
        return []
    found = []
    if theirs.account != ours.account:
        found.append(f"it is for account {theirs.account}")
    if theirs.partition != ours.partition:
        found.append(f"it is for the partition {theirs.partition}")
    if theirs.kind == "user" == ours.kind and theirs.path != ours.path:
        found.append(f"it has the path `/{theirs.path}`, and user ARNs match only with their path")
    elif {theirs.kind, ours.kind} == {"role", "user"}:
        found.append(f"it is for the {theirs.kind} with that name")
    return found
