"""Types for rows of arrays, which keep the numbers of cells and of places apart. Files hold outside ids, which are texts."""

from __future__ import annotations

from typing import NewType

CellRow = NewType("CellRow", int)
PlaceRow = NewType("PlaceRow", int)
