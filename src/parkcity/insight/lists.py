"""Lists beside the indicators: what could be added, opened or secured, where, and what it would give, as flat rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from parkcity.insight import additions, openings

if TYPE_CHECKING:
    from collections.abc import Callable

    from parkcity.insight.inputs import Inputs


@dataclass(frozen=True)
class ListOf:
    """One list: its file, columns, the layers that it needs, and how its rows are made for a city and the tier that names its zones."""

    file: str
    columns: tuple[str, ...]
    layers: tuple[str, ...]
    rows: Callable[[Inputs, str], list[dict[str, Any]]]

    def can(self, inputs: Inputs) -> bool:
        """Has the city what the list needs?"""
        return all(inputs.twin.has(layer) for layer in self.layers)


_WALK = ("cells", "people", "streets", "places", "attachments")

LISTS: tuple[ListOf, ...] = (
    ListOf("additions.csv", additions.COLUMNS, _WALK, additions.addition_rows),
    ListOf("openings.csv", openings.COLUMNS, ("cells", "people", "streets", "attachments"), openings.opening_rows),
)
