"""Checks before a live map is changed: nobody may be locked out, least of all the user."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from authmap.access.compare import Effect
from authmap.access.describe import describe
from authmap.access.grant import Kind
from authmap.authenticator.entry import is_unreadable
from authmap.authenticator.section import Section
from authmap.cluster.change.caller import resolved, who
from authmap.cluster.change.plan import named
from authmap.cluster.kube.errors import ClusterError, ForbiddenError, MissingError
from authmap.cluster.kube.session import NAME, NAMESPACE
from authmap.model import reserved_entries

if TYPE_CHECKING:
    from collections.abc import Iterator

    from authmap.access.compare import Comparison
    from authmap.authenticator.entry import Entry
    from authmap.authenticator.resolve import Identity
    from authmap.cluster.change.caller import CurrentUser
    from authmap.cluster.change.plan import Plan
    from authmap.cluster.kube.session import Session
    from authmap.model.finding import Finding
    from authmap.model.options import RunOptions

VERB = "patch"
"""The verb needed to undo a change: `authmap rollback` and `kubectl edit` both patch."""
_IMMUTABLE = (
    "aws-auth is marked `immutable: true`, so the API server refuses every change of its data, and "
    "only a new object can replace it. Save it with `kubectl get configmap aws-auth -n kube-system "
    "-o yaml`, change the file, remove `immutable: true`, and replace the object with `kubectl "
    "replace --force -f FILE`, which deletes it for a moment"
)
_BY_HAND = ": make the change by hand, with `kubectl edit`"


class GuardError(ClusterError):
    """A change that would lock somebody out; nothing was sent."""


class Verdict(NamedTuple):
    """The result of guards that do not refuse a change.

    Attributes:
        caller: the user behind this login; None if the API server does not report it.
        becomes: the user's identity under the new map; None if no entry maps them.
        doubts: checks that could not be made, or that failed for a rollback: lockout risks.
        remarks: other facts to report.
        gains: who would gain access by a rollback, as phrases that follow the word "would".
    """

    caller: CurrentUser | None
    becomes: Identity | None
    doubts: list[str]
    remarks: list[str]
    gains: list[str]


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
    if plan.live.manifest.get("immutable"):
        raise GuardError(_IMMUTABLE)
    _sections_readable(plan)
    doubts = objections(plan, options)
    renamed = any(Effect.RENAMED in change.effects for change in plan.comparison.changes)
    if plan.live.bindings.missing and renamed:
        doubts.append(
            "cannot check whether a binding names an old username: you "
            f"{plan.live.bindings.missing}"
        )
    verdict = Verdict(who(session, plan.before), None, doubts, [], rollback_gains(plan))
    return _own_access_kept(plan, session, verdict)


def rollback_gains(plan: Plan) -> list[str]:
    """Who would gain access by a rollback; for a fix, `--unsafe-fixes` accepts that."""
    return gains(plan.comparison) if plan.result is None else []


def gains(comparison: Comparison) -> list[str]:
    """Who would gain access, as phrases that follow the word "would"."""
    mask = Effect.GAINED | Effect.MORE
    only = (change._replace(effects=change.effects & mask) for change in comparison.changes)
    return [phrase for change in only for phrase in describe(change, comparison)]


def gains_by_name(plan: Plan) -> list[str]:
    """Who would gain what a binding grants to their username, as phrases for the word "would".

    Somebody may have made the binding after the username had gone.
    """
    found = []
    for change in plan.comparison.changes:
        if not (change.before and change.after):
            continue
        for item in sorted(item for item in change.gained if item.kind is Kind.USER):
            found += [
                f"let {change.principal.title} become the user `{item.name}`, to whom "
                f"{binding.title} grants {binding.role}"
                for binding in plan.comparison.evidence(item)[:1]
            ]
    return found


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
            remedy = "; skip the fix with --ignore, or make the change by hand"
            raise GuardError(
                f"{named(old)} belongs to {owner} and would change: workloads depend on it"
                f"{remedy if plan.result is not None else ''}"
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
    old, new = resolved(plan.before, caller.arn), resolved(plan.after, caller.arn)
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
