"""Edits of the ledger: add, amend, withdraw. Each is checked before it is written and leaves a row in the table of changes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from parkcity.base.errors import FaultList, UsageError
from parkcity.plan.ledger import Ledger
from parkcity.plan.relations import relation_faults
from parkcity.plan.schema import schema
from parkcity.plan.store import extended
from parkcity.plan.tables import check_values

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from parkcity.plan.store import Store


@dataclass(frozen=True)
class Author:
    """Who edits, why, and when by the clock of the caller; `known_on` defaults to that day."""

    by: str
    reason: str
    at: datetime
    known_on: str = ""

    def __post_init__(self) -> None:
        if not self.by.strip() or not self.reason.strip():
            msg = "an edit needs who makes it and why (--by, --reason)"
            raise UsageError(msg)

    @property
    def known(self) -> str:
        """The day on which the edit becomes known."""
        return self.known_on or self.at.date().isoformat()


def add(store: Store, table: str, values: Mapping[str, str], author: Author) -> dict[str, str]:
    """Add a row. An id that stands already raises `UsageError`; a row with faults raises `InputError` and nothing is written."""
    with store.exclusive():
        ledger = store.load()
        if values.get("id") in ledger[table].index:
            msg = f"table '{table}' has a row '{values['id']}' already; use amend for a new version of it"
            raise UsageError(msg)
        return _write(store, ledger, table, {}, dict(values), author, "add")


def amend(store: Store, table: str, row_id: str, values: Mapping[str, str], author: Author) -> dict[str, str]:
    """Add a new version of a row with some columns changed. What changes nothing raises `UsageError`."""
    with store.exclusive():
        ledger = store.load()
        before = ledger.versions(table, row_id)[-1]
        for name in values:
            schema(table).field(name)
        if all(before[name] == text for name, text in values.items()):
            msg = f"this changes nothing in '{row_id}' of table '{table}'"
            raise UsageError(msg)
        return _write(store, ledger, table, before, {**before, "withdrawn": "", **values}, author, "amend")


def withdraw(store: Store, table: str, row_id: str, author: Author) -> dict[str, str]:
    """End a row: from now on it is known to be withdrawn; reports of earlier days still show it."""
    with store.exclusive():
        ledger = store.load()
        before = ledger.versions(table, row_id)[-1]
        return _write(store, ledger, table, before, {**before, "withdrawn": "yes"}, author, "withdraw")


def _write(
    store: Store, ledger: Ledger, table: str, before: Mapping[str, str], after: dict[str, str], author: Author, action: str
) -> dict[str, str]:
    for name in after:
        schema(table).field(name)
    if table == "changes":
        msg = "the table of changes is written by the edits themselves"
        raise UsageError(msg)
    after["known_on"] = author.known
    after.setdefault("true_on", author.known)
    change = change_row(ledger, table, after.get("id", ""), _as_text(before), _as_text(after), author, action)
    tables = dict(ledger.tables)
    tables[table], tables["changes"] = extended(tables[table], [after]), extended(tables["changes"], [change])
    faults = FaultList()
    check_values(tables[table].take([len(tables[table]) - 1]), faults)
    new = relation_faults(Ledger(tables, ledger.where))
    old = {(fault.where, fault.what, fault.row) for fault in relation_faults(ledger)}
    faults.extend(fault for fault in new if (fault.where, fault.what, fault.row) not in old)
    faults.check()
    store.append({table: [after], "changes": [change]})
    return after


def change_row(
    ledger: Ledger, table: str, row: str, before: str, after: str, author: Author, action: str, later: int = 0
) -> dict[str, str]:
    """A row for the table of changes; `later` counts the changes written together with it."""
    number = 1 + later + max((int(row_id[1:]) for row_id in ledger["changes"]["id"] if row_id[1:].isdecimal()), default=0)
    day = author.at.date().isoformat()
    return {
        "id": f"C{number}",
        "at": author.at.isoformat(timespec="seconds"),
        "by": author.by,
        "table": table,
        "row": row,
        "action": action,
        "reason": author.reason,
        "before": before,
        "after": after,
        "true_on": day,
        "known_on": day,
    }


def _as_text(row: Mapping[str, str]) -> str:
    return json.dumps(dict(row), ensure_ascii=False, sort_keys=True) if row else ""
