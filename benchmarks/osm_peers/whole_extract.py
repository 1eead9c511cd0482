"""This program: all layers of an extract, in a process of its own. Prints seconds, peak memory and what was read as JSON."""

import json
import resource
import sys
import time
from pathlib import Path

from parkcity.sense.osm.extract import ExtractOptions, read_extract


def main() -> None:
    start = time.perf_counter()
    raw = read_extract(Path(sys.argv[1]), ExtractOptions())
    seconds = time.perf_counter() - start
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024**2 if sys.platform == "darwin" else 1024)
    print(json.dumps({"seconds": seconds, "peak_mb": peak_mb, "edges": len(raw.arrays["edge_u"])}))


main()
