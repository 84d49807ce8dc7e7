"""What must hold before a live map is changed: nobody is locked out, least of all we."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from authmap.authenticator import username_overlap
from authmap.authenticator.arn import ArnError
from authmap.authenticator.entry import entry_key, is_unreadable
from authmap.authenticator.resolve import Identity, LoginError
from authmap.cluster.change.plan import named
from authmap.cluster.kube.errors import ClusterError, ForbiddenError, MissingError
from authmap.cluster.kube.session import NAME, NAMESPACE
from authmap.model import reserved_entries

if TYPE_CHECKING:
    from authmap.authenticator.entry import Entry
    from authmap.cluster.change.plan import Plan
    from authmap.cluster.kube.session import Session
    from authmap.model.auth_map import AuthMap
    from authmap.model.options import Options

VERB = "patch"
"""What it takes to undo a change: `authmap rollback` and `kubectl edit` both patch."""


class GuardError(ClusterError):
    """A change that would lock somebody out; nothing was sent."""


class CurrentUser(NamedTuple):
    """Who we are to the API server, and by which entry.

    Attributes:
        username: as the API server has it.
        groups: likewise.
        arn: what STS says of us, where the authenticator passes it on.
        mapped: whether an entry of the map, and no access entry, certificate or other token,
            made us that user; None where that cannot be told.
    """

    username: str
    groups: tuple[str, ...]
    arn: str | None
    mapped: bool | None


class Verdict(NamedTuple):
    """What the guards found, where they do not refuse.

    Attributes:
        caller: who we are; None where the API server does not tell.
        becomes: who we are by the new map, where an entry of it maps us.
        doubts: what could not be made sure of: without it we may be locked out.
        remarks: what else there is to know.
    """

    caller: CurrentUser | None
    becomes: Identity | None
    doubts: list[str]
    remarks: list[str]


def check(plan: Plan, session: Session, options: Options) -> Verdict:
    """Ask everything that can be asked before a change is sent.

    What speaks against putting a backup back is a doubt, as its entries were good once; that it can
    be read at all is not.

    Raises:
        GuardError: somebody would be locked out, or the change would be in vain.
        ClusterError: the API server does not answer.
    """
    if plan.live.going:
        raise GuardError(f"{plan.live.going}, and a change with it")
    _readable(plan)
    _nobody_comes_to_life(plan, options)
    doubts = objections(plan, options)
    if plan.live.bindings.missing and plan.renamed:
        doubts.append(
            f"whether a binding names an old username is not known: we {plan.live.bindings.missing}"
        )
    return _still_in(plan, session, Verdict(who(session, plan.before), None, doubts, []))


def objections(plan: Plan, options: Options) -> list[str]:
    """What in the two maps speaks against putting a backup back.

    Raises:
        GuardError: it speaks against a fix.
    """
    found = []
    nodes_unchanged = partial(_nodes_unchanged, options=options)
    for guard in (_nothing_lost, _only_what_is_planned, nodes_unchanged, _bindings_kept):
        try:
            guard(plan)
        except GuardError as error:
            if plan.result is not None:
                raise
            found.append(str(error))
    return found


def _readable(plan: Plan) -> None:
    """No section is lost that is not lost already.

    Raises:
        GuardError: one is.
    """
    for name, section in plan.after.sections.items():
        old = plan.before.sections.get(name)
        if is_unreadable(section) and not (old and is_unreadable(old)):
            raise GuardError(f"afterwards {name} could not be read: every mapping in it is lost")


def _nobody_comes_to_life(plan: Plan, options: Options) -> None:
    """No section that is lost is read again by a fix, unless that was asked for.

    Raises:
        GuardError: one would be, and all that is in it would be in force at once.
    """
    if plan.result is None or options.unsafe_fixes:
        return
    for name, section in plan.before.sections.items():
        if is_unreadable(section) and not is_unreadable(plan.after.sections[name]):
            inside = [each for each in plan.after.entries if each.section.name == name]
            number = len(inside) or len(plan.after.accounts)
            raise GuardError(
                f"{name} is lost today, and by the fix all {number} of its mappings would be in "
                f"force at once{': ' + _some(inside) if inside else ''}; look at each of them, and "
                "let them in with --unsafe-fixes"
            )


def _nothing_lost(plan: Plan) -> None:
    """No entry that is held is lost.

    Raises:
        GuardError: one is.
    """
    moved = {id(old) for old, new in plan.pairs if entry_key(old) != entry_key(new)}
    for name in ("mapRoles", "mapUsers"):
        has = {entry_key(entry): entry for entry in _held(plan.after, name)}
        had = _held(plan.before, name)
        gone = [entry for entry in had if entry_key(entry) not in has and id(entry) not in moved]
        if gone:
            raise GuardError(f"{_some(gone)} would no longer come in")
        for entry in had if plan.result is not None else ():
            holds = has.get(entry_key(entry), entry)
            if holds.index != entry.index:
                raise GuardError(f"callers of {named(entry)} would come in by {named(holds)}")
    accounts = set(plan.after.accounts)
    gone_accounts = [a for a in plan.before.accounts if a not in accounts]
    if gone_accounts:
        raise GuardError(f"mapAccounts would lose account {', '.join(gone_accounts)}")


def _only_what_is_planned(plan: Plan) -> None:
    """Read again as the authenticator would, the map differs in nothing but what fixes say.

    Raises:
        GuardError: it does; nothing of a backup that is put back is planned entry by entry.
    """
    if plan.result is None:
        return
    renames: dict[tuple[str, int], bool] = {}
    for finding in plan.result.applied:
        if finding.entry:
            place = finding.entry.section.name, finding.entry.index
            renames[place] = renames.get(place, True) and finding.renames
    for old, new in plan.pairs:
        renamed = renames.get((old.section.name, old.index))
        same = (old.arn, old.groups) == (new.arn, new.groups)
        if renamed is None:
            same = same and old.username == new.username
        if not same and renamed is not False:
            raise GuardError(f"{named(old)} would change although no fix says so")
    for entry in (*plan.gone, *plan.come):
        if not is_unreadable(plan.before.sections[entry.section.name]):
            raise GuardError(f"{named(entry)} would come or go although no fix says so")


def _nodes_unchanged(plan: Plan, options: Options) -> None:
    """No entry of a node or a service changes.

    Raises:
        GuardError: one would.
    """
    for old, new in plan.pairs:
        owner = reserved_entries.owner(old, options.reserved)
        if owner and (old.arn, old.username, old.groups) != (new.arn, new.username, new.groups):
            raise GuardError(
                f"{named(old)} belongs to {owner}, and would change: workloads live from it; "
                f"leave the fix out with --ignore, or make it by hand"
            )


def _bindings_kept(plan: Plan) -> None:
    """No binding that we know of loses its user.

    Raises:
        GuardError: a binding would lose its subject.
    """
    for old, new in plan.renamed:
        pattern = _pattern(new)
        if pattern == _pattern(old):
            continue
        for user, binding in plan.live.bindings.of_username(old):
            if user != pattern:
                raise GuardError(
                    f"{binding.title} names the user `{user}`: as `{new.username}`, {named(old)} "
                    f"would lose {binding.role}; bind a group of the entry instead, then run again"
                )


def who(session: Session, auth_map: AuthMap) -> CurrentUser | None:
    """Who we are, without any impersonation: that is the login which must not be lost."""
    info = session.who_am_i(impersonate=False)
    if info is None:
        return None
    username, groups = str(info.get("username", "")), tuple(info.get("groups") or ())
    extra: dict[str, Any] = info.get("extra") or {}
    arn = next((str(v[0]) for k, v in extra.items() if k.lower() == "arn" and v), None)
    if arn is None:
        possible = [e for e in (*auth_map.roles, *auth_map.users) if _can_be(e, username, groups)]
        return CurrentUser(username, groups, None, None if possible else False)
    identity = _resolved(auth_map, arn)
    if identity is None:
        return CurrentUser(username, groups, arn, False)
    # else an access entry made us that user, or an answer that the API server keeps for minutes
    return CurrentUser(username, groups, arn, True if identity.username == username else None)


def _can_be(entry: Entry, username: str, groups: tuple[str, ...]) -> bool:
    """Whether an entry may have made somebody that user."""
    plain = [group for group in entry.groups if "{{" not in group]
    return username_overlap.overlap(_pattern(entry), username) and set(plain) <= set(groups)


def _pattern(entry: Entry) -> str:
    """What the usernames have in common that an entry gives."""
    sessions = entry.has_session_name
    return username_overlap.pattern(entry.username, entry.account_id, sessions=sessions)


def _resolved(auth_map: AuthMap, arn: str) -> Identity | None:
    try:
        return auth_map.resolve(arn)
    except (ArnError, LoginError):
        return None


def holds(plan: Plan, caller: CurrentUser | None) -> bool | None:
    """Whether a login is by the new map; None where its name cannot tell.

    Its session may have another name than ours, so that its username is its own as well.
    """
    if caller is None or caller.arn is None:
        return None
    old, new = _resolved(plan.before, caller.arn), _resolved(plan.after, caller.arn)
    if old is None or new is None or old.username == new.username:
        return None
    return caller.username == new.username


def _still_in(plan: Plan, session: Session, verdict: Verdict) -> Verdict:
    """Whether we can undo the change as whom it makes of us.

    Raises:
        GuardError: we cannot.
    """
    caller, doubts, remarks = verdict.caller, verdict.doubts, verdict.remarks
    if caller is None:
        doubts.append(
            "who we are to the API server is not known (it takes `create` on selfsubjectreviews "
            "and Kubernetes 1.28), and so not whether the change takes our own access away"
        )
        return verdict
    if caller.arn is None:
        if caller.mapped is None and plan.edits:
            doubts.append(
                f"`{caller.username}` may come from an entry of this map, and the API server does "
                "not tell for whom the login is: whether we keep our access is not known"
            )
        return verdict
    old, new = _resolved(plan.before, caller.arn), _resolved(plan.after, caller.arn)
    if old is None or (new and (old.username, old.groups) == (new.username, new.groups)):
        return verdict._replace(becomes=new if caller.mapped else None)
    if new is None:
        if caller.mapped:
            raise GuardError(f"{caller.arn}, which is ours, would no longer come in")
        doubts.append(f"{caller.arn}, which is ours, would no longer come in by the map")
        return verdict
    remarks.append(f"we are mapped by an entry that changes: `{old.username}` -> `{new.username}`")
    try:
        refused = _refused(session, new)
    except (ForbiddenError, MissingError) as error:
        doubts.append(f"whether `{new.username}` could take the change back is not known: {error}")
        return verdict._replace(becomes=new if caller.mapped else None)
    if refused and caller.mapped:
        raise GuardError(
            f"as `{new.username}` in {_listed(new.groups)} we could not take the change back: "
            f"{refused}. Bind one of the groups to a role that may, then run again"
        )
    if refused:
        doubts.append(
            f"the map makes us `{new.username}`, who could not take the change back ({refused}); "
            f"now we are `{caller.username}`, so something else may have let us in"
        )
    return verdict._replace(becomes=new if caller.mapped else None)


def _refused(session: Session, identity: Identity) -> str | None:
    """What an identity may not do of what it takes to undo a change, or None.

    Raises:
        ForbiddenError: we may not ask.
        MissingError: the API server does not know the question.
    """
    groups = [*identity.groups, "system:authenticated"]
    for verb, group, resource, name in _needed(session):
        if not session.may(identity.username, groups, verb, group, resource, name):
            where = f" in {NAMESPACE}" if resource == "configmaps" else ""
            return f"no binding lets it {verb} {resource}/{name}{where}"
    return None


def _needed(session: Session) -> list[tuple[str, str, str, str]]:
    """Verb, API group, resource and name of what our own login must be allowed."""
    if not session.impersonates:
        return [(VERB, "", "configmaps", NAME)]
    kinds = {"Impersonate-User": "users", "Impersonate-Group": "groups"}
    return [
        ("impersonate", "", kinds[header], value)
        for header, value in session.impersonated
        if header in kinds
    ]


def _held(auth_map: AuthMap, section: str) -> list[Entry]:
    return auth_map.roles if section == "mapRoles" else auth_map.users


def _some(entries: list[Entry]) -> str:
    shown = ", ".join(named(entry) for entry in entries[:3])
    return shown + (f" and {len(entries) - 3} more" if len(entries) > 3 else "")


def _listed(groups: list[str]) -> str:
    return ", ".join(f"`{group}`" for group in groups) or "no group"
