"""Many rows at once: an import is checked as a whole, versioned against what stands, and audited as one change a table."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from parkcity.base.errors import FaultList
from parkcity.plan.edit import change_row
from parkcity.plan.ledger import Ledger
from parkcity.plan.relations import relation_faults
from parkcity.plan.schema import TIMES
from parkcity.plan.store import extended
from parkcity.plan.tables import check_values

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from parkcity.plan.edit import Author
    from parkcity.plan.store import Store


def import_rows(store: Store, rows: Mapping[str, Sequence[Mapping[str, str]]], author: Author) -> dict[str, int]:
    """Add the rows that are new or differ from the version that stands, all or none; gives how many by table.

    Rows that carry their own `known_on` keep it; the others become known with the import. Sending the same import again adds
    nothing. Raises `InputError` with every fault.
    """
    with store.exclusive():
        ledger = store.load()
        tables = dict(ledger.tables)
        added: dict[str, list[dict[str, str]]] = {}
        faults = FaultList()
        for name, given in rows.items():
            fresh = [row for row in (_complete(row, author) for row in given) if not _stands(ledger, name, row)]
            if not fresh:
                continue
            added[name] = fresh
            before = len(tables[name])
            tables[name] = extended(tables[name], fresh)
            check_values(tables[name].take(range(before, len(tables[name]))), faults)
        old = {(fault.where, fault.what, fault.row) for fault in relation_faults(ledger)}
        faults.extend(fault for fault in relation_faults(Ledger(tables, ledger.where)) if (fault.where, fault.what, fault.row) not in old)
        faults.check()
        if added:
            changes = []
            for number, (name, fresh) in enumerate(added.items()):
                what = json.dumps([row["id"] for row in fresh], ensure_ascii=False)
                changes.append(change_row(ledger, name, f"{len(fresh)} rows", "", what, author, "import", number))
            store.append({**added, "changes": changes})
        return {name: len(fresh) for name, fresh in added.items()}


def _complete(row: Mapping[str, str], author: Author) -> dict[str, str]:
    return {"known_on": author.known, "true_on": author.known, "withdrawn": "", **{key: text for key, text in row.items() if text}}


def _stands(ledger: Ledger, table: str, row: Mapping[str, str]) -> bool:
    if row.get("id", "") not in ledger[table].index:
        return False
    keys = [key for key in ledger[table].schema.header if key not in TIMES or key == "withdrawn"]
    return any(all(version[key] == row.get(key, "") for key in keys) for version in ledger.versions(table, row["id"])[-1:])
