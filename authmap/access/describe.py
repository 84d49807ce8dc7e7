"""Says in words what a change of access means."""

from __future__ import annotations

from typing import TYPE_CHECKING

from authmap.access.compare import Effect
from authmap.access.grant import OWN_ARN, Access, Kind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from authmap.access.compare import AccessChange, Comparison
    from authmap.access.grant import Grant


def describe(change: AccessChange, comparison: Comparison) -> list[str]:
    """What would happen to a principal, as verb phrases that follow the word "would".

    A new username is left out if the principal also gains or loses access.

    Args:
        change: a change of the principal's access.
        comparison: the comparison that it comes from.
    """
    title, said = change.principal.title, []
    if Effect.GAINED in change.effects:
        groups = [item.name for item in _sorted(change.gained) if item.kind is Kind.GROUP]
        whom = _usernames(change.after)
        said.append(f"let {title} log in as {whom}{_listed(' in group', ' in groups', groups)}")
        if change.before:
            said[-1] = f"let every session of {title} log in, as {whom}"
    elif Effect.MORE in change.effects:
        said += _each(change.gained, _GAINS, change, change.after, comparison)
    if Effect.LOST in change.effects:
        said.append(f"lock out {title}{' except for EC2 instances' if change.after else ''}")
    elif Effect.FEWER in change.effects:
        said += _each(change.lost, _LOSSES, change, change.before, comparison)
    if Effect.RENAMED in change.effects and not said:
        old, new = _usernames(change.before), _usernames(change.after)
        said.append(f"rename {title} from {old} to {new}")
    return said


def outcome(change: AccessChange, comparison: Comparison) -> list[str]:
    """What happens to a principal, as verb phrases that follow its name.

    A new username is left out if the principal also gains or loses access.

    Args:
        change: a change of the principal's access.
        comparison: the comparison that it comes from.
    """
    said = []
    if Effect.LOST in change.effects:
        said.append(f"loses access{' except for EC2 instances' if change.after else ''}")
    elif Effect.FEWER in change.effects:
        said.append(f"loses {losses(change, comparison)}")
    if Effect.GAINED in change.effects:
        every = " with every session" if change.before else ""
        said.append(f"can log in{every} as {_usernames(change.after)}")
    elif Effect.MORE in change.effects:
        said.append(f"gains {gains(change, comparison)}")
    if Effect.RENAMED in change.effects and not said:
        old, new = _usernames(change.before), _usernames(change.after)
        again = f"a different grant as {new}" if old == new else f"renamed from {old} to {new}"
        said.append(f"is {again}")
    return said


def losses(change: AccessChange, comparison: Comparison) -> str:
    """What a principal loses, as the object of the verb "loses"."""
    if Effect.LOST in change.effects:
        return "access"
    return _things(change.lost, change.before, comparison)


def gains(change: AccessChange, comparison: Comparison) -> str:
    """What a principal gains, as the object of the verb "gains"."""
    if Effect.GAINED in change.effects:
        return "access"
    return _things(change.gained, change.after, comparison)


def _things(items: Iterable[Access], grants: tuple[Grant, ...], comparison: Comparison) -> str:
    """Access as a list of nouns."""
    shown = _sorted(items)
    said = [f"group `{i.name}`{_bound(i, comparison)}" for i in shown if i.kind is Kind.GROUP]
    said += [
        f"the name of user `{i.name}`{_bound(i, comparison)}" for i in shown if i.kind is Kind.USER
    ]
    said += [f"the node name `{item.name}`" for item in shown if item.kind is Kind.NODE]
    return " and ".join(said) or f"the username {_usernames(grants)}"


_GAINS = {
    Kind.GROUP: "put {title} into group `{name}`{bound}",
    Kind.USER: "let {title} become the user `{name}`{bound}",
    Kind.NODE: "make {title} the node `{name}`",
    Kind.NAME: "give {title} the username {username}",
}
_LOSSES = {
    Kind.GROUP: "take {title} out of group `{name}`{bound}",
    Kind.USER: "take from {title} the name of the user `{name}`{bound}",
    Kind.NODE: "stop {title} from being the node `{name}`",
    Kind.NAME: "take from {title} the username {username}",
}


def _each(
    items: Iterable[Access],
    phrases: dict[Kind, str],
    change: AccessChange,
    grants: tuple[Grant, ...],
    comparison: Comparison,
) -> list[str]:
    """What a principal gains or loses, one phrase for each group and so on."""
    return [
        phrases[item.kind].format(
            title=change.principal.title,
            name=item.name,
            bound=_bound(item, comparison),
            username=_usernames(grants),
        )
        for item in _sorted(items)
        if item.kind in phrases
    ]


def _sorted(items: Iterable[Access]) -> list[Access]:
    """Access in a fixed order, without what goes without saying.

    No binding can name the group "", and who is not in `system:nodes` is not a node.
    """
    items = set(items)
    silent = {Access(Kind.GROUP, "")}
    if Access(Kind.GROUP, "system:nodes") in items:
        silent |= {item for item in items if item.kind is Kind.NODE}
    shown = items - silent
    return sorted(shown, key=lambda item: (item.kind.value, item.name, item.through))


def _bound(item: Access, comparison: Comparison) -> str:
    """The bindings that name a group or user, as the end of a sentence."""
    titles = [binding.title for binding in comparison.evidence(item)]
    if not titles:
        return ""
    more = f" and {len(titles) - 1} more" if len(titles) > 1 else ""
    return f", which {titles[0]}{more} bind{'' if more else 's'}"


def _usernames(grants: tuple[Grant, ...]) -> str:
    shown = (name if name == OWN_ARN else f"`{name}`" for name, *_ in grants)
    names = list(dict.fromkeys(shown))
    return " or ".join(names) or "nobody"


def _listed(one: str, many: str, names: list[str]) -> str:
    shown = [f"`{name}`" for name in names]
    if not shown:
        return ""
    return f"{one if len(shown) == 1 else many} {', '.join(shown)}"
