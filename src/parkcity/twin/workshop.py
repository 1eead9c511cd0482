"""What the making of layers shares: the declaration, the sources as read so far, finished layers, and who watches."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from parkcity.sense.read import read_source

if TYPE_CHECKING:
    from parkcity.base.geo import Projection
    from parkcity.base.spec import CitySpec, SourceSpec
    from parkcity.sense.raw import Raw
    from parkcity.twin.store import Layer, LayerStore

Progress = Callable[[str, float], None]
"""Called with what is being done and the share of the work that is done (0 to 1)."""


def no_progress(_step: str, _share: float) -> None:
    """Progress that nobody watches."""


@dataclass
class Workshop:
    """What the making of layers shares: the declaration, the sources as read so far, finished layers."""

    spec: CitySpec
    store: LayerStore
    old: dict[str, Any]
    progress: Progress
    hashes: dict[str, str]
    projection: Projection | None
    raws: dict[str, Raw] = field(default_factory=dict)
    done: dict[str, Layer] = field(default_factory=dict)
    entries: dict[str, dict[str, Any]] = field(default_factory=dict)

    def raw(self, source: SourceSpec) -> Raw:
        """A source, read once."""
        if source.id not in self.raws:
            self.raws[source.id] = read_source(self.spec, source)
        return self.raws[source.id]
