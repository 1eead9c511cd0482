"""spopt: maximum coverage from a matrix of ways, solved by HiGHS. Arguments: given.npz, given.json, answer.npz (benchmarks/registry.py)."""

import json
import sys
import time
import warnings
from pathlib import Path

import numpy as np

warnings.filterwarnings("ignore")

import pulp  # type: ignore[import-not-found,unused-ignore]  # noqa: E402
from spopt.locate import MCLP  # type: ignore[import-not-found,unused-ignore]  # noqa: E402


def main() -> None:
    given = np.load(sys.argv[1])
    asked = json.loads(Path(sys.argv[2]).read_text(encoding="utf-8"))
    start = time.perf_counter()
    model = MCLP.from_cost_matrix(given["cost"], given["weight"], service_radius=asked["radius"], p_facilities=asked["count"])
    built = time.perf_counter() - start
    model.solve(pulp.HiGHS(msg=False))
    seconds = time.perf_counter() - start
    chosen = np.flatnonzero([bool(clients) for clients in model.fac2cli])
    np.savez(sys.argv[3], chosen=chosen)
    print(json.dumps({"seconds": seconds, "built": built, "objective": float(pulp.value(model.problem.objective))}))


main()
