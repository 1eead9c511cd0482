"""The tiny town with two places of every kind, where nearly everything can be measured."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from parkcity.sense.kinds import kinds
from parkcity.twin.build import build
from parkcity.twin.twin import Twin
from tests.scenes.town import Town, write_town

SIDE = 1_000.0


def full_town(folder: Path, more: list[tuple[str, float, float]]) -> Twin:
    """A town with two places of every kind at places that differ, and some more; it knows all kinds."""
    spots = np.random.default_rng(7).uniform(0.0, SIDE, (2 * len(kinds()), 2))
    drawn = [(f"{kind}-{turn}", kind, *spots[2 * row + turn], 9_000.0) for row, kind in enumerate(kinds()) for turn in (0, 1)]
    drawn += [(f"more-{row}", kind, x, y, 9_000.0) for row, (kind, x, y) in enumerate(more)]
    # Places at random do not lie as places beside streets do.
    city = write_town(folder / "town", Town(places=drawn, toml_extra="datum_checked = true\n"))
    text = (city / "city.toml").read_text(encoding="utf-8")
    mapping = ", ".join(f'{kind} = "{kind}"' for kind in kinds())
    (city / "city.toml").write_text(text.replace('primary = "primary_school", park = "park"', mapping), encoding="utf-8")
    return build(city)
