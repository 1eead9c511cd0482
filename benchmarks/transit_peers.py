"""Worker of the transit benchmark: runs ferrobus in its own environment and prints one JSON document.

Arguments: streets (pbf), points (csv with lon, lat), answer (npz), settings (JSON: feeds, date, departures, walk, change, stops,
transfers, repeats).
"""

from __future__ import annotations

import csv
import importlib
import json
import statistics
import sys
import time
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np


def main(streets: str, points: str, answer: str, text: str) -> dict[str, Any]:
    ferrobus = importlib.import_module("ferrobus")
    settings = json.loads(text)
    started = time.perf_counter()
    model = ferrobus.create_transit_model(streets, settings["feeds"], date.fromisoformat(settings["date"]), settings["change"])
    build_s = time.perf_counter() - started
    with Path(points).open(encoding="utf-8") as file:
        places = [(float(row["lat"]), float(row["lon"])) for row in csv.DictReader(file)]
    started = time.perf_counter()
    made, kept = [], []
    for row, (lat, lon) in enumerate(places):
        # A point that no street is near to cannot be made; it is left out and told by its absence.
        try:
            made.append(ferrobus.create_transit_point(lat, lon, model, settings["walk"], settings["stops"]))
        except ValueError:
            continue
        kept.append(row)
    points_s = time.perf_counter() - started
    times, found = [], []
    for departure in settings["departures"]:
        for _ in range(settings["repeats"]):
            started = time.perf_counter()
            matrix = ferrobus.travel_time_matrix(model, made, departure, settings["transfers"])
            times.append(time.perf_counter() - started)
        found.append([[-1 if value is None else value for value in row] for row in matrix])
    np.savez(answer, seconds=np.array(found, np.int32), rows=np.array(kept, np.int64))
    return {"points": len(kept), "build_s": build_s, "points_s": points_s, "matrix_s": statistics.median(times), "total_s": sum(times)}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(*sys.argv[1:])) + "\n")
