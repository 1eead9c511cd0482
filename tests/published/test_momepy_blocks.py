"""Blocks against an independent program: momepy's enclosures of the same streets.

source: momepy 0.11.0 (BSD 3-Clause), its answer stored in data/momepy with the call that made it.
"""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import pytest
import shapely

from parkcity.insight.blocks import faces_of

CASE = Path(__file__).parent / "data" / "momepy" / "las_palmas_blocks.json.gz"


def test_blocks_equal_those_of_momepy() -> None:
    case = json.loads(gzip.decompress(CASE.read_bytes()))
    lines = shapely.from_wkb([bytes.fromhex(text) for text in case["lines"]])
    # momepy keeps every face; narrow ones are left out by us only where a least width is asked for.
    area = np.sort(shapely.area(faces_of(np.asarray(lines), 0.0)))
    assert len(area) == len(case["area_m2"]) == 152
    # Stored areas are rounded to a thousandth of a square metre.
    assert area == pytest.approx(np.array(case["area_m2"]), abs=6e-4)
    wide = faces_of(np.asarray(lines), 10.0)
    assert 0 < len(wide) < len(area)
