"""Actuals from a check-up: what the twin measured, with the hash of the twin that gave it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from parkcity.base.errors import Fault, FaultList, InputError
from parkcity.base.tables import read_csv
from parkcity.plan.dates import day

if TYPE_CHECKING:
    from parkcity.plan.ledger import View

_CONFIDENCE = {"A": "F"}
_WHOLE = "city"
"""The tier that has one zone, the whole city."""


def checkup_actuals(view: View, report: Path | str, known: str) -> list[dict[str, str]]:
    """Rows for `actuals` from the report folder of a check-up: what targets and commitments of the view name.

    Reads `indicators.csv` and `manifest.json`. A row serves a target when indicator, tier and zone agree, for all residents (the
    tier `city` is one zone and needs no name); its scope is the target's. Commitments are measured for the whole city that the
    twin knows. A row holds on the day of the city's data, or on the day `known` where the data are only said to be of a year or
    month that is not over. Raises `InputError` when a file is missing or holds no indicator that the plan names.
    """
    folder = Path(report)
    manifest = _manifest(folder)
    table, _ = read_csv(folder / "indicators.csv")
    wanted = {(row["indicator"], row["tier"], row["zone"]): row["scope"] for row in view["targets"] if "." in row["indicator"]}
    followed = {name for text in view["commitments"]["indicators"] for name in text.split()}
    rows: list[dict[str, str]] = []
    actuals = view["actuals"]
    true_on = min(str(manifest["as_of"]), known, key=day)
    for record in table.to_dict("records"):
        key = (record["indicator"], record["tier"], record["zone"])
        if record["tier"] == _WHOLE and key not in wanted:
            key = (record["indicator"], _WHOLE, "")
            if key not in wanted and record["indicator"] in followed:
                wanted[key] = record["zone"]
        if key not in wanted or record["group"] != "all" or not record["value"]:
            continue
        row_id = "-".join(["checkup", manifest["twin"][:8], *filter(None, key)]).replace(" ", "_")
        standing = actuals.index.get(row_id)
        rows.append(
            {
                "id": row_id,
                "indicator": key[0],
                "scope": wanted[key],
                "tier": key[1],
                "zone": key[2],
                "value": record["value"],
                "op": "eq",
                "unit": record["unit"],
                "origin": "computed",
                "twin": manifest["twin"],
                "source": f"check-up, completeness {record['grade'] or 'not graded'}",
                "confidence": _CONFIDENCE.get(record["grade"], "L"),
                # The same twin sent again says nothing new, on whatever day.
                "true_on": true_on if standing is None else actuals["true_on"][standing],
            }
        )
    if not rows:
        named = ", ".join(sorted({key[0] for key in wanted})) or "none of the targets names an indicator of the registry"
        raise InputError(
            Fault(
                str(folder),
                "the check-up holds nothing that a target asks for.",
                f"{named}.",
                "name indicator, tier and zone in targets.csv",
            )
        )
    return rows


def _manifest(folder: Path) -> dict[str, Any]:
    faults = FaultList()
    for name in ("manifest.json", "indicators.csv"):
        if not (folder / name).is_file():
            faults.add(folder / name, "there is no such file.", todo="run `parkcity check CITY` and name its report folder")
    faults.check()
    path = folder / "manifest.json"
    try:
        manifest: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except json.JSONDecodeError as error:
        raise InputError(Fault(str(path), f"this is not JSON: {error}.", todo="run the check-up again")) from None
    lacking = [key for key in ("twin", "as_of") if not manifest.get(key)]
    if lacking:
        raise InputError(Fault(str(path), f"the keys {', '.join(lacking)} are missing.", todo="run the check-up again"))
    return manifest
