"""Where a map writes what it gives a principal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from authmap.model.places import at_entry, at_node
from authmap.syntax.layer import At

if TYPE_CHECKING:
    from authmap.access.grant import Grant
    from authmap.model.auth_map import AuthMap


def at_grants(auth_map: AuthMap, grants: tuple[Grant, ...]) -> At:
    """The place of a principal's last entry, or of its account in mapAccounts."""
    for grant in reversed(grants):
        if grant.entry:
            return at_entry(grant.entry)
        if grant.account in auth_map.account_nodes:
            node = auth_map.account_nodes[grant.account]
            return at_node(auth_map.sections["mapAccounts"], node)
    return At(auth_map.layer, 0, 0)
