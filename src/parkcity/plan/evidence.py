"""Evidence: files with their hash, who claims, who checked, and what it is worth on a day."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from parkcity.base.errors import Fault
from parkcity.plan.dates import day

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date

    from parkcity.plan.ledger import Ledger, View


def sha256_of(path: Path) -> str:
    """SHA-256 of a file as hexadecimal digits, read in pieces."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def file_faults(ledger: Ledger, folder: Path) -> Iterator[Fault]:
    """Evidence whose file is gone, lies outside the plan's folder, or changed since it was claimed."""
    table = ledger["evidence"]
    for position, row in enumerate(table):
        if not row["file"]:
            continue
        path = folder / row["file"]
        at = table.rows[position]
        if ".." in Path(row["file"]).parts or Path(row["file"]).is_absolute():
            yield Fault(
                table.where,
                f"{row['id']}: '{row['file']}' leaves the plan's folder.",
                "a path below it.",
                "copy the file below the folder",
                at,
            )
        elif not path.is_file():
            yield Fault(
                table.where, f"{row['id']}: the file '{row['file']}' is not there.", "", "add the file, or withdraw the evidence", at
            )
        elif row["sha256"] and sha256_of(path) != row["sha256"]:
            what = f"{row['id']}: the file '{row['file']}' changed after it was claimed."
            todo = "restore the file, or amend the evidence so that it is checked again"
            yield Fault(table.where, what, f"SHA-256 {row['sha256'][:12]}….", todo, at)


def state_on(row: Mapping[str, str], at: date) -> str:
    """What a piece of evidence is worth on a day: claimed, checked, rejected or expired."""
    if row["expires_on"] and day(row["expires_on"]) < at:
        return "expired"
    return row["state"]


def best_state(view: View, column: str, row_id: str) -> str:
    """The best evidence for a target, task or milestone (`column`): checked, claimed, expired, rejected, or none."""
    states = {state_on(row, view.at) for row in view["evidence"] if row[column] == row_id}
    return next((state for state in ("checked", "claimed", "expired", "rejected") if state in states), "none")
