"""Says in words what a change of access means."""

from __future__ import annotations

from typing import TYPE_CHECKING

from authmap.access.compare import Effect
from authmap.access.grant import Access, Kind

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


def losses(change: AccessChange, comparison: Comparison) -> str:
    """What a principal loses, as the object of the verb "loses"."""
    if Effect.LOST in change.effects:
        return "access"
    groups = [item for item in _sorted(change.lost) if item.kind is Kind.GROUP]
    users = [item for item in _sorted(change.lost) if item.kind is Kind.USER]
    said = [f"group `{item.name}`{_bound(item, comparison)}" for item in groups]
    said += [f"the name of user `{item.name}`{_bound(item, comparison)}" for item in users]
    nodes = [item for item in _sorted(change.lost) if item.kind is Kind.NODE]
    said += [f"the node name `{item.name}`" for item in nodes]
    return " and ".join(said) or f"the username {_usernames(change.before)}"


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
    names = list(dict.fromkeys(f"`{grant.username}`" for grant in grants))
    return " or ".join(names) or "nobody"


def _listed(one: str, many: str, names: list[str]) -> str:
    shown = [f"`{name}`" for name in names]
    if not shown:
        return ""
    return f"{one if len(shown) == 1 else many} {', '.join(shown)}"
