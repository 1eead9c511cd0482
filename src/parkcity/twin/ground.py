"""A twin made ready for many scenarios: what attaching new places and cutting streets needs again and again."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from parkcity.twin.attach import AttachRule, StreetIndex

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from parkcity.twin.twin import Twin


@dataclass(frozen=True)
class Ground:
    """A twin with what many scenarios share: the spatial index of its streets and the rule of attachment."""

    twin: Twin

    @cached_property
    def index(self) -> StreetIndex:
        """The streets with their spatial index."""
        return StreetIndex.of(self.twin.layer("streets").arrays(), lines=self.twin.street_lines)

    @cached_property
    def rule(self) -> AttachRule:
        """How points meet the streets in this city."""
        return AttachRule.of(self.twin.spec.attach)

    @cached_property
    def attachments(self) -> dict[str, NDArray[Any]]:
        """Where cells and doors meet the streets."""
        return {name: np.array(array) for name, array in self.twin.layer("attachments").arrays().items()}
