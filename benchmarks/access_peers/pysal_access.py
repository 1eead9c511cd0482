"""Catchments by the PySAL package `access` on the cells of Belo Horizonte: a folder in, a CSV out, seconds of each method printed."""

import importlib
import json
import sys
import time
import warnings
from typing import Any

import pandas as pd

peer = importlib.import_module("access")

warnings.filterwarnings("ignore")
folder, target = sys.argv[1:]
cells = pd.read_csv(f"{folder}/hexagons.csv.gz").set_index("id")
wide = pd.read_csv(f"{folder}/minutes.csv.gz").set_index("from_id")
cost = wide.reset_index(names="origin").melt("origin", var_name="dest", value_name="cost").dropna().reset_index(drop=True)
made = peer.Access(
    demand_df=cells[cells.population > 0].reset_index()[["id", "population"]],
    demand_index="id",
    demand_value="population",
    supply_df=cells[cells.schools > 0].reset_index()[["id", "schools"]],
    supply_index="id",
    supply_value=["schools"],
    cost_df=cost,
    cost_origin="origin",
    cost_dest="dest",
    cost_name="cost",
)
seconds: dict[str, float] = {}


def timed(name: str, method: Any, **settings: object) -> None:
    """Add one method's column."""
    start = time.perf_counter()
    method(name=name, max_cost=30, **settings)
    seconds[name] = time.perf_counter() - start


timed("two_stage", made.two_stage_fca)
timed("enhanced", made.enhanced_two_stage_fca, weight_fn=peer.weights.step_fn({10: 1, 20: 0.68, 30: 0.22}))
timed("gaussian", made.enhanced_two_stage_fca, weight_fn=peer.weights.gaussian(10))
timed("three_stage", made.three_stage_fca, weight_fn=peer.weights.step_fn({10: 0.962, 20: 0.704, 30: 0.377}))
made.access_df.drop(columns="population").to_csv(target, float_format="%.12g")
print(json.dumps({"seconds": seconds}))
