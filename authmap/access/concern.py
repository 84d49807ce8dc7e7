"""What a change of access can mean for those who run the cluster, as `--fail-on` names it."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from authmap.access.compare import Effect

if TYPE_CHECKING:
    from authmap.access.compare import AccessChange, Comparison


class Concern(StrEnum):
    """A kind of change that can fail a run.

    Attributes:
        NODES: nodes or Fargate can no longer log in, or not as the same nodes.
        ADMIN: somebody gains full control of the cluster, or nobody is left who has it.
        LOST: somebody can no longer log in, or has fewer groups or bindings.
        GAINED: somebody can log in who could not, or has more groups or bindings.
    """

    NODES = "nodes"
    ADMIN = "admin"
    LOST = "lost"
    GAINED = "gained"


def concerns(comparison: Comparison) -> dict[Concern, list[AccessChange]]:
    """The changes of a comparison that each concern is about; one change can be in several."""
    return {
        Concern.NODES: comparison.nodes_lost,
        Concern.ADMIN: [*comparison.admins_lost, *comparison.admins_gained],
        Concern.LOST: _with(Effect.LOST | Effect.FEWER, comparison),
        Concern.GAINED: _with(Effect.GAINED | Effect.MORE, comparison),
    }


def _with(effects: Effect, comparison: Comparison) -> list[AccessChange]:
    return [change for change in comparison.changes if change.effects & effects]
