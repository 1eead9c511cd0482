"""Lists beside the indicators: what could be added, opened or secured, where, and what it would give, as flat rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from parkcity.insight import additions, clusters, composite, corridors, data_check, failures, openings, stations

if TYPE_CHECKING:
    from collections.abc import Callable

    from parkcity.insight.inputs import Inputs


@dataclass(frozen=True)
class ListOf:
    """One list: its file, columns, the layers that it needs, and how its rows are made for a city and the tier that names its zones.

    `section`: where the report shows it, among what could be done (`lists`) or with the quality of the data (`quality`).
    """

    file: str
    columns: tuple[str, ...]
    layers: tuple[str, ...]
    rows: Callable[[Inputs, str], list[dict[str, Any]]]
    section: str = "lists"

    def can(self, inputs: Inputs) -> bool:
        """Has the city what the list needs?"""
        return all(inputs.twin.has(layer) for layer in self.layers)


_WALK = ("cells", "people", "streets", "places", "attachments")

LISTS: tuple[ListOf, ...] = (
    ListOf("standing.csv", composite.COLUMNS, ("cells", "people"), composite.standing_rows),
    ListOf("clusters.csv", clusters.COLUMNS, ("cells", "people"), clusters.cluster_rows),
    ListOf("additions.csv", additions.COLUMNS, _WALK, additions.addition_rows),
    ListOf("openings.csv", openings.COLUMNS, ("cells", "people", "streets", "attachments"), openings.opening_rows),
    ListOf("stations.csv", stations.COLUMNS, _WALK, stations.station_rows),
    ListOf("cut_edges.csv", failures.COLUMNS, ("cells", "people", "streets"), failures.cut_edge_rows),
    ListOf("corridors.csv", corridors.COLUMNS, ("cells", "places"), corridors.corridor_rows),
    ListOf("failure_curve.csv", failures.CURVE_COLUMNS, ("cells", "people", "streets"), failures.curve_rows),
    ListOf("kinds.csv", data_check.KIND_COLUMNS, ("cells", "people", "places"), data_check.kind_rows, "quality"),
    ListOf("islands.csv", data_check.ISLAND_COLUMNS, ("cells", "people", "streets", "attachments"), data_check.island_rows, "quality"),
    ListOf("unattached.csv", data_check.UNATTACHED_COLUMNS, ("cells", "people", "attachments"), data_check.unattached_rows, "quality"),
    ListOf("matches.csv", data_check.MATCH_COLUMNS, ("places",), data_check.match_rows, "quality"),
)
