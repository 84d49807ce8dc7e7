"""A change of a map that a Terraform plan would make."""

from __future__ import annotations

from typing import TYPE_CHECKING

from authmap.model.content import Content
from authmap.syntax.located import Located

if TYPE_CHECKING:
    from authmap.model.auth_map import AuthMap
    from authmap.syntax.source import Source


class PlannedChange(Content, Located):
    """A map before and after a plan is applied; `address` is the resource's.

    Attributes:
        before: the map before.
        after: the map after; an empty map if the plan deletes it.
        partial: whether a section is left out, because it is known only after apply.
    """

    def __init__(self, before: AuthMap, after: AuthMap, *, partial: bool) -> None:
        super().__init__(before.source, layer=before.layer)
        self.before = before
        self.after = after
        self.partial = partial

    def __repr__(self) -> str:
        return f"<PlannedChange {self.address}>"

    @property
    def _stretch(self) -> tuple[Source, int, int]:
        return self.source, self.before.start, self.before.start
