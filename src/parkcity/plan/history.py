"""What changed: the versions of one row, and the difference between the ledger as known on two days."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from parkcity.plan.schema import TIMES, schemas

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from parkcity.plan.ledger import Ledger, View


def history(ledger: Ledger, row_id: str, table: str | None = None) -> list[dict[str, object]]:
    """The versions of a row, oldest first: when known, from when true, which columns changed, and who changed them."""
    rows: list[dict[str, object]] = []
    for name in [table] if table else ledger.find(row_id) or ["targets"]:
        before: dict[str, str] = {}
        changes = [change for change in ledger["changes"] if change["table"] == name]
        for record in ledger.versions(name, row_id):
            row: dict[str, object] = {
                "table": name,
                "id": row_id,
                **{key: record[key] for key in TIMES},
                "changed": _changed(before, record),
                "unverified": _unverified(before, record),
            }
            rows.append(row | _audit(record, changes))
            before = record
    return rows


def _audit(record: Mapping[str, str], changes: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """Who wrote a version, when and why: the edit whose row it is, or else the import of its day; nothing where none is known."""
    filled = {key: text for key, text in record.items() if text}
    imported: Mapping[str, str] | None = None
    for change in changes:
        after = _parsed(change["after"])
        if isinstance(after, dict) and change["row"] == record["id"] and {key: text for key, text in after.items() if text} == filled:
            return _who(change)
        if isinstance(after, list) and record["id"] in after and change["known_on"] == record["known_on"]:
            imported = change
    return _who(imported) if imported is not None else {}


def _who(change: Mapping[str, str]) -> dict[str, str]:
    return {key: change[key] for key in ("by", "at", "reason", "action")}


def _parsed(text: str) -> object:
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return None


def _unverified(*records: Mapping[str, str]) -> str:
    """Does a row that is shown hold a number from memory, before or after?"""
    return "yes" if any("M" in {record.get("confidence"), record.get("baseline_confidence")} for record in records) else ""


def _changed(before: dict[str, str], after: dict[str, str]) -> str:
    if not before:
        return ""
    return "; ".join(f"{key}: {before[key]} → {after[key]}" for key in after if key not in TIMES and before[key] != after[key])


def diff(ledger: Ledger, first: date, second: date) -> list[dict[str, object]]:
    """What was known on the second day and not on the first: rows added, amended and withdrawn, in all tables but changes."""
    return diff_views(ledger.view(first), ledger.view(second))


def diff_views(before: View, after: View) -> list[dict[str, object]]:
    """The difference between two views, one row for each row that differs."""
    rows: list[dict[str, object]] = []
    for name in schemas():
        if name == "changes":
            continue
        old, new = before[name], after[name]
        for row_id in sorted(set(old.index) | set(new.index)):
            if row_id not in old.index:
                rows.append({"table": name, "id": row_id, "action": "added", "changed": "", "unverified": ""})
            elif row_id not in new.index:
                rows.append({"table": name, "id": row_id, "action": "withdrawn", "changed": "", "unverified": ""})
            else:
                records = old.record(old.index[row_id]), new.record(new.index[row_id])
                changed = _changed(*records)
                if changed:
                    rows.append({"table": name, "id": row_id, "action": "amended", "changed": changed, "unverified": _unverified(*records)})
    return rows
