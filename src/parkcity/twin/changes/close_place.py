"""Close a place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from parkcity.twin.changes._fields import CHANGES, ChangeKind, Effect, Field, Report
from parkcity.twin.changes._places import named_place, spoken

if TYPE_CHECKING:
    from collections.abc import Mapping

    from parkcity.twin.changes._draft import Draft


def close_place(draft: Draft, values: Mapping[str, Any], report: Report) -> Effect | None:
    """The place and its doors are gone."""
    row = named_place(draft, values, report)
    if row is None:
        return None
    slots = spoken(draft, row)
    doors = len(draft.doors)
    draft.remove_place(row)
    return Effect("close_place", slots, {"places": 1, "doors": doors - len(draft.doors)})


CHANGES.add(ChangeKind("close_place", "关闭设施", "Close a place", (Field("place", required=True),), close_place))
