"""Checks before a live map is changed: nobody may be locked out, least of all the user."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from authmap.access.compare import Effect
from authmap.access.describe import describe
from authmap.access.grant import Kind
from authmap.authenticator.arn import ArnError
from authmap.authenticator.entry import is_unreadable
from authmap.authenticator.resolve import Identity, LoginError
from authmap.authenticator.section import Section
from authmap.authenticator.username_overlap import entry_pattern, overlap
from authmap.cluster.change.plan import named
from authmap.cluster.kube.errors import ClusterError, ForbiddenError, MissingError
from authmap.cluster.kube.session import NAME, NAMESPACE
from authmap.model import reserved_entries

if TYPE_CHECKING:
    from collections.abc import Iterator

    from authmap.access.compare import Comparison
    from authmap.authenticator.entry import Entry
    from authmap.cluster.change.plan import Plan
    from authmap.cluster.kube.session import Session
    from authmap.model.auth_map import AuthMap
    from authmap.model.finding import Finding
    from authmap.model.options import RunOptions

VERB = "patch"
"""The verb needed to undo a change: `authmap rollback` and `kubectl edit` both patch."""
_BY_HAND = ": make the change by hand, with `kubectl edit`"


class GuardError(ClusterError):
    """A change that would lock somebody out; nothing was sent."""


class CurrentUser(NamedTuple):
    """The user that the API server sees behind this login.

    Attributes:
        username: the username the API server reports.
        groups: the groups the API server reports.
        arn: the caller's ARN from STS; None if the authenticator does not pass it on.
        mapped: whether the login is mapped by an entry of the map (and not by an access entry,
            a certificate or another token); None if unknown.
    """

    username: str
    groups: tuple[str, ...]
    arn: str | None
    mapped: bool | None


class Verdict(NamedTuple):
    """The result of guards that do not refuse a change.

    Attributes:
        caller: the user behind this login; None if the API server does not report it.
        becomes: the user's identity under the new map; None if no entry maps them.
        doubts: checks that could not be made, or that failed for a rollback: lockout risks.
        remarks: other facts to report.
    """

    caller: CurrentUser | None
    becomes: Identity | None
    doubts: list[str]
    remarks: list[str]


def check(plan: Plan, session: Session, options: RunOptions) -> Verdict:
    """Run all checks that are possible before a change is sent.

    For a rollback, an objection is only a doubt, because the backup's entries worked before. Its
    sections must be readable in any case.

    Raises:
        GuardError: somebody would be locked out, or the object is being deleted.
        ClusterError: the API server does not answer.
    """
    if plan.live.going:
        raise GuardError(f"{plan.live.going}, and the change would disappear with it")
    _sections_readable(plan)
    doubts = objections(plan, options)
    if plan.live.bindings.missing and plan.renamed:
        doubts.append(
            "cannot check whether a binding names an old username: you "
            f"{plan.live.bindings.missing}"
        )
    return _own_access_kept(plan, session, Verdict(who(session, plan.before), None, doubts, []))


def objections(plan: Plan, options: RunOptions) -> list[str]:
    """The objections to a rollback that follow from the two maps alone.

    Raises:
        GuardError: there is an objection, and the change is a fix.
    """
    found = []
    comparison = plan.comparison
    guards = (
        partial(_no_login_lost, comparison),
        partial(_bindings_kept, comparison),
        partial(_nodes_unchanged, plan, options),
        partial(_only_what_is_planned, plan, comparison, options),
    )
    for guard in guards:
        try:
            guard()
        except GuardError as error:
            if plan.result is not None:
                raise
            found.append(str(error))
    return found


def _sections_readable(plan: Plan) -> None:
    """Check that the change makes no section unreadable.

    Raises:
        GuardError: it does.
    """
    for name, section in plan.after.sections.items():
        old = plan.before.sections.get(name)
        if is_unreadable(section) and not (old and is_unreadable(old)):
            raise GuardError(
                f"the change would make {name} unreadable: the authenticator would ignore every "
                "mapping in it"
            )


def _no_login_lost(comparison: Comparison) -> None:
    """Check that everybody who can log in still can.

    Raises:
        GuardError: somebody could not.
    """
    lost = [change for change in comparison.changes if Effect.LOST in change.effects]
    entries = [grant.entry for change in lost for grant in change.before if grant.entry]
    if entries:
        raise GuardError(f"{_some(entries)} would lose access")
    if lost:
        accounts = ", ".join(change.principal.account for change in lost)
        raise GuardError(f"mapAccounts would lose account {accounts}")


def _only_what_is_planned(plan: Plan, comparison: Comparison, options: RunOptions) -> None:
    """Check that a fix changes nobody's access or username without saying so.

    A rollback is not checked, because its changes are not planned entry by entry.

    Raises:
        GuardError: it does.
    """
    if plan.result is None:
        return
    fixed = {place for finding in plan.result.applied for place in _touched(finding)}
    for change in comparison.changes:
        places = {grant.place for grant in (*change.before, *change.after)}
        effect = " and ".join(describe(change, comparison))
        if places.isdisjoint(fixed) and not {(name, None) for name, _ in places} & fixed:
            raise GuardError(f"the change would {effect}, although no fix targets it{_BY_HAND}")
        if change.effects & (Effect.GAINED | Effect.MORE) and not options.unsafe_fixes:
            raise GuardError(f"the change would {effect}; check it, then use --unsafe-fixes")


def _touched(finding: Finding) -> Iterator[tuple[str, int | None]]:
    """The entry whose values a fix changes, or the section; None stands for all of it."""
    for change in finding.fix.changes if finding.fix else ():
        if isinstance(change.layer, Section):
            entry = finding.entry
            inside = entry is not None and entry.section is change.layer
            yield change.layer.name, entry.index if entry and inside else None


def _nodes_unchanged(plan: Plan, options: RunOptions) -> None:
    """Check that no entry of a node or an AWS service changes.

    Raises:
        GuardError: one would change.
    """
    for old, new in plan.pairs:
        owner = reserved_entries.owner(old, options.reserved)
        if owner and (old.arn, old.username, old.groups) != (new.arn, new.username, new.groups):
            raise GuardError(
                f"{named(old)} belongs to {owner} and would change: workloads depend on it; "
                "skip the fix with --ignore, or make the change by hand"
            )


def _bindings_kept(comparison: Comparison) -> None:
    """Check that nobody loses what a known binding grants to their username.

    Raises:
        GuardError: somebody would.
    """
    for change in comparison.changes:
        if not (change.before and change.after):
            continue
        entry, username = change.before[0].entry, change.after[0].username
        title = named(entry) if entry else change.principal.title
        for item in change.lost:
            for binding in comparison.evidence(item) if item.kind is Kind.USER else ():
                raise GuardError(
                    f"{binding.title} names the user `{item.name}`: renamed to `{username}`, "
                    f"{title} would lose {binding.role}; bind a group of the entry instead, then "
                    "run again"
                )


def who(session: Session, auth_map: AuthMap) -> CurrentUser | None:
    """The user behind this login, without impersonation: the access that must not be lost."""
    info = session.who_am_i(impersonate=False)
    if info is None:
        return None
    username, groups = str(info.get("username", "")), tuple(info.get("groups") or ())
    extra: dict[str, Any] = info.get("extra") or {}
    arn = next((str(v[0]) for k, v in extra.items() if k.lower() == "arn" and v), None)
    if arn is None:
        possible = [
            e for e in (*auth_map.roles, *auth_map.users) if _could_map(e, username, groups)
        ]
        return CurrentUser(username, groups, None, None if possible else False)
    identity = _resolved(auth_map, arn)
    if identity is None:
        return CurrentUser(username, groups, arn, False)
    # another name comes from an access entry, or from an answer that the API server has cached
    return CurrentUser(username, groups, arn, True if identity.username == username else None)


def _could_map(entry: Entry, username: str, groups: tuple[str, ...]) -> bool:
    """Whether an entry could have mapped a caller to that user."""
    plain = [group for group in entry.groups if "{{" not in group]
    return overlap(entry_pattern(entry, entry.username), username) and set(plain) <= set(groups)


def _resolved(auth_map: AuthMap, arn: str) -> Identity | None:
    try:
        return auth_map.resolve(arn)
    except (ArnError, LoginError):
        return None


def holds(plan: Plan, caller: CurrentUser | None) -> bool | None:
    """Whether a login was mapped by the new map; None if its username does not show that.

    Each login may have a session name, and so a username, of its own.
    """
    if caller is None or caller.arn is None:
        return None
    old, new = _resolved(plan.before, caller.arn), _resolved(plan.after, caller.arn)
    if old is None or new is None or old.username == new.username:
        return None
    return caller.username == new.username


def _own_access_kept(plan: Plan, session: Session, verdict: Verdict) -> Verdict:
    """Check that the user could still undo the change with their new identity.

    Returns:
        The verdict with the new identity, and with any doubts and remarks added.

    Raises:
        GuardError: they could not.
    """
    caller, doubts, remarks = verdict.caller, verdict.doubts, verdict.remarks
    if caller is None:
        doubts.append(
            "cannot check whether you would keep your own access: the API server does not report "
            "your user (this requires `create` on selfsubjectreviews and Kubernetes 1.28)"
        )
        return verdict
    if caller.arn is None:
        if caller.mapped is None and plan.edits:
            doubts.append(
                "cannot check whether you would keep your own access: your user "
                f"`{caller.username}` may come from an entry of this map, but the API server does "
                "not report your ARN"
            )
        return verdict
    old, new = _resolved(plan.before, caller.arn), _resolved(plan.after, caller.arn)
    if old is None or (new and (old.username, old.groups) == (new.username, new.groups)):
        return verdict._replace(becomes=new if caller.mapped else None)
    if new is None:
        if caller.mapped:
            raise GuardError(f"you would lose your own access: no entry would map {caller.arn}")
        doubts.append(f"no entry would map your own login, {caller.arn}, any more")
        return verdict
    remarks.append(f"you are mapped by an entry that changes: `{old.username}` -> `{new.username}`")
    try:
        refused = _missing_permission(session, new)
    except (ForbiddenError, MissingError) as error:
        doubts.append(f"cannot check whether `{new.username}` could undo the change: {error}")
        return verdict._replace(becomes=new if caller.mapped else None)
    if refused and caller.mapped:
        raise GuardError(
            f"as `{new.username}` in {_listed(new.groups)}, you could not undo the change: "
            f"{refused}. Bind one of the groups to a role that allows it, then run again"
        )
    if refused:
        doubts.append(
            f"the map would make you `{new.username}`, who could not undo the change ({refused}); "
            f"you are `{caller.username}` now, so you may have logged in by other means"
        )
    return verdict._replace(becomes=new if caller.mapped else None)


def _missing_permission(session: Session, identity: Identity) -> str | None:
    """The first permission for undoing a change that an identity lacks, in words, or None.

    Raises:
        ForbiddenError: this login may not ask (SubjectAccessReview).
        MissingError: the API server does not support the question.
    """
    groups = [*identity.groups, "system:authenticated"]
    for verb, group, resource, name in _required_permissions(session):
        if not session.may(identity.username, groups, verb, group, resource, name):
            where = f" in {NAMESPACE}" if resource == "configmaps" else ""
            return f"no binding allows it to {verb} {resource}/{name}{where}"
    return None


def _required_permissions(session: Session) -> list[tuple[str, str, str, str]]:
    """The required permissions of this login, as (verb, API group, resource, name)."""
    if not session.impersonates:
        return [(VERB, "", "configmaps", NAME)]
    kinds = {"Impersonate-User": "users", "Impersonate-Group": "groups"}
    return [
        ("impersonate", "", kinds[header], value)
        for header, value in session.impersonated
        if header in kinds
    ]


def _some(entries: list[Entry]) -> str:
    shown = ", ".join(named(entry) for entry in entries[:3])
    return shown + (f" and {len(entries) - 3} more" if len(entries) > 3 else "")


def _listed(groups: list[str]) -> str:
    return ", ".join(f"`{group}`" for group in groups) or "no group"
