"""Many rows at once: an import is checked as a whole, versioned against what stands, and audited as one change a table."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from parkcity.base.errors import FaultList
from parkcity.plan.dates import day
from parkcity.plan.edit import change_row
from parkcity.plan.ledger import Ledger
from parkcity.plan.relations import relation_faults
from parkcity.plan.store import extended
from parkcity.plan.tables import check_values

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from parkcity.plan.edit import Author
    from parkcity.plan.store import Store
    from parkcity.plan.tables import Table


def import_rows(store: Store, rows: Mapping[str, Sequence[Mapping[str, str]]], author: Author) -> dict[str, int]:
    """Add the rows that are new or differ from the version that stands, all or none; gives how many by table.

    Rows that carry their own `known_on` keep it; the others become known with the import. Sending the same import again adds
    nothing. Raises `InputError` with every fault.
    """
    with store.exclusive():
        ledger = store.load()
        tables = dict(ledger.tables)
        added: dict[str, list[dict[str, str]]] = {}
        changes: list[dict[str, str]] = []
        faults = FaultList()
        for name, given in rows.items():
            fresh = _fresh(ledger[name], given, author)
            if not fresh:
                continue
            added[name] = fresh
            what = json.dumps([row.get("id", "") for row in fresh], ensure_ascii=False)
            changes.append(change_row(ledger, name, f"{len(fresh)} rows", "", what, author, "import", len(changes)))
            before = len(tables[name])
            tables[name] = extended(tables[name], fresh)
            check_values(tables[name].take(range(before, len(tables[name]))), faults)
            _check_repeats(name, fresh, faults)
        tables["changes"] = extended(tables["changes"], changes)
        old = {(fault.where, fault.what, fault.row) for fault in relation_faults(ledger)}
        faults.extend(fault for fault in relation_faults(Ledger(tables, ledger.where)) if (fault.where, fault.what, fault.row) not in old)
        faults.check()
        if added:
            store.append({**added, "changes": changes})
        return {name: len(fresh) for name, fresh in added.items()}


def _check_repeats(table: str, rows: Sequence[Mapping[str, str]], faults: FaultList) -> None:
    counts = Counter((row.get("id", ""), row["true_on"], row["known_on"]) for row in rows)
    for (row_id, _, _), count in counts.items():
        if count > 1:
            what = f"{row_id}: stands {count} times for the same days in what is imported."
            faults.add(table, what, allowed="one version for each pair of days.", todo="remove the others, or give each its own known_on")


def _fresh(table: Table, given: Sequence[Mapping[str, str]], author: Author) -> list[dict[str, str]]:
    """The rows that the table does not hold yet, with their times."""
    versions: dict[str, list[dict[str, str]]] = defaultdict(list)
    for record in table:
        versions[record["id"]].append(record)
    for records in versions.values():
        records.sort(key=lambda record: (day(record["known_on"]), day(record["true_on"])))
    fresh: list[dict[str, str]] = []
    for row in given:
        standing = versions.get(row.get("id", ""), [])
        if not _stands(table.schema.header, standing, row):
            since = standing[-1]["true_on"] if standing else author.known
            fresh.append({"known_on": author.known, "true_on": since, "withdrawn": "", **{key: text for key, text in row.items() if text}})
    return fresh


def _stands(header: Sequence[str], versions: Sequence[Mapping[str, str]], row: Mapping[str, str]) -> bool:
    """Is this row known already? One that tells when it was known may be any version, one that does not is meant as the last."""
    told = [name for name in header if name not in {"true_on", "known_on"} or row.get(name)]
    candidates = versions if row.get("known_on") else versions[-1:]
    return any(all(version[name] == row.get(name, "") for name in told) for version in candidates)
