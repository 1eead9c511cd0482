"""Actuals from a check-up: what the twin measured, with the hash of the twin that gave it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from parkcity.base.errors import Fault, FaultList, InputError
from parkcity.base.tables import read_csv
from parkcity.plan.dates import day
from parkcity.plan.ledger import Ledger
from parkcity.plan.store import extended

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from parkcity.plan.ledger import View

_CONFIDENCE = {"A": "F"}
_WHOLE = "city"
"""The tier that has one zone, the whole city."""


def checkup_actuals(view: View, report: Path | str, known: str) -> list[dict[str, str]]:
    """Rows for `actuals` from the report folder of a check-up: what targets and commitments of the view name.

    Reads `indicators.csv` and `manifest.json`. A row serves a target when indicator, tier and zone agree, for all residents (the
    tier `city` is one zone and needs no name); its scope is the target's, and so is the statistic that it is a value of where the
    target says `measured_as` exact. Commitments, and what stands in for a target as a proxy, are measured for the whole city that
    the twin knows, under the indicator's own name. A row holds on the day of the city's data, or on the day `known` where the data
    are only said to be of a year or month that is not over. Raises `InputError` when a file is missing or holds no indicator that
    the plan names.
    """
    folder = Path(report)
    manifest = _manifest(folder)
    table, _ = read_csv(folder / "indicators.csv")
    rows = measured_actuals(view, table.to_dict("records"), manifest, known)
    if not rows:
        wanted, followed = _wanted(view)
        named = ", ".join(sorted({key[0] for key in wanted} | followed)) or "none of the targets names an indicator of the registry"
        raise InputError(
            Fault(
                str(folder),
                "the check-up holds nothing that a target asks for.",
                f"{named}.",
                "name indicator, tier and zone in targets.csv",
            )
        )
    return rows


def measured_actuals(view: View, records: Iterable[Mapping[Any, Any]], manifest: Mapping[str, Any], known: str) -> list[dict[str, str]]:
    """Rows for `actuals` from the rows of a check-up; `manifest` names its `twin` and the day `as_of` of its data."""
    wanted, followed = _wanted(view)
    rows: list[dict[str, str]] = []
    actuals = view["actuals"]
    true_on = min(str(manifest["as_of"]), known, key=day)
    for record in records:
        if record["group"] != "all" or record["value"] in {"", None}:
            continue
        places = [(record["indicator"], record["tier"], record["zone"])]
        places += [(record["indicator"], _WHOLE, "")] if record["tier"] == _WHOLE else []
        asked = [ask for place in places for ask in wanted.get(place, ())]
        if record["tier"] == _WHOLE and record["indicator"] in followed:
            asked.append((record["indicator"], record["zone"], _WHOLE, ""))
        for indicator, scope, tier, zone in {(ask[0], *ask[2:]): ask for ask in asked}.values():
            row_id = "-".join(["checkup", manifest["twin"][:8], *filter(None, (indicator, tier, zone))]).replace(" ", "_")
            standing = actuals.index.get(row_id)
            rows.append(
                {
                    "id": row_id,
                    "indicator": indicator,
                    "scope": scope,
                    "tier": tier,
                    "zone": zone,
                    "value": str(record["value"]),
                    "op": "eq",
                    "unit": record["unit"],
                    "origin": "computed",
                    "twin": manifest["twin"],
                    "source": _source(record, indicator),
                    "confidence": _CONFIDENCE.get(record["grade"], "L"),
                    # The same twin sent again says nothing new, on whatever day.
                    "true_on": true_on if standing is None else actuals["true_on"][standing],
                }
            )
    return rows


def with_checkup(ledger: Ledger, records: Iterable[Mapping[Any, Any]], twin: str, as_of: str) -> Ledger:
    """The ledger as it would be with the rows of a check-up, known on its last day; nothing is written.

    So a report of today judges the plan by what was measured today, and the same ledger and twin give the same report.
    """
    known = ledger.latest.isoformat()
    rows = measured_actuals(ledger.view(), records, {"twin": twin, "as_of": as_of}, known)
    held = set(ledger["actuals"]["id"])
    fresh = [{"known_on": known, **row} for row in rows if row["id"] not in held]
    return Ledger({**ledger.tables, "actuals": extended(ledger["actuals"], fresh)}, ledger.where)


def _wanted(view: View) -> tuple[dict[tuple[str, str, str], list[tuple[str, str, str, str]]], set[str]]:
    """What targets ask of a check-up: by indicator of the registry, tier and zone, the indicator, scope, tier and zone of the value.

    Beside it what commitments and proxies follow for the whole city.
    """
    wanted: dict[tuple[str, str, str], list[tuple[str, str, str, str]]] = {}
    followed = {name for text in view["commitments"]["indicators"] for name in text.split()}
    for row in view["targets"]:
        mine = (row["indicator"], row["scope"], row["tier"], row["zone"])
        if row["measured_as"] == "proxy":
            followed.add(row["measured_by"])
        elif row["measured_by"]:
            wanted.setdefault((row["measured_by"], row["tier"] or _WHOLE, row["zone"]), []).append(mine)
        elif "." in row["indicator"]:
            wanted.setdefault((row["indicator"], row["tier"], row["zone"]), []).append(mine)
    own = {name for name in followed if any(ask[0] == name for ask in wanted.get((name, _WHOLE, ""), ()))}
    return wanted, followed - own


def _source(record: Mapping[Any, Any], indicator: str) -> str:
    """Where a value comes from; the indicator is named where the value stands under another name."""
    named = "" if record["indicator"] == indicator else f" {record['indicator']}"
    return f"check-up{named}, completeness {record['grade'] or 'not graded'}"


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
