"""Types for ids. Files hold outside ids (strings); arrays hold row numbers, and these types keep them apart."""

from __future__ import annotations

from typing import NewType

CellRow = NewType("CellRow", int)
PlaceRow = NewType("PlaceRow", int)
NodeRow = NewType("NodeRow", int)
EdgeRow = NewType("EdgeRow", int)

CellId = NewType("CellId", str)
PlaceId = NewType("PlaceId", str)
ZoneId = NewType("ZoneId", str)
TierId = NewType("TierId", str)
KindId = NewType("KindId", str)
GroupId = NewType("GroupId", str)
IndicatorId = NewType("IndicatorId", str)
