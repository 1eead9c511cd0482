"""`./run bench NAME [--quick|--smoke] [--format table|json]`; without a name, the list."""

from __future__ import annotations

import argparse
import json
import platform
import sys
from typing import Any

from benchmarks.registry import COLUMNS, Size, load_all


def main() -> int:
    known = load_all()
    parser = argparse.ArgumentParser(prog="./run bench", description="Speed beside the field's other tools, measured in the same run.")
    parser.add_argument("name", nargs="?", choices=[*known, "all"])
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--quick", action="store_true", help="within 50 s")
    size.add_argument("--smoke", action="store_true", help="only see that it runs")
    parser.add_argument("--format", choices=["table", "json"], default="table")
    parser.add_argument(
        "--soak", type=float, metavar="MINUTES", help="with web: a mixed load while the server is restarted, 30 minutes for a proof"
    )
    arguments = parser.parse_args()
    if arguments.soak is not None:
        if arguments.name != "web" or arguments.soak <= 0 or arguments.quick or arguments.smoke:
            parser.error("--soak MINUTES belongs to web alone, and is above 0")
        from benchmarks.soak import soak

        show(soak(arguments.soak), arguments.format, "full")
        return 0
    if arguments.name is None:
        for entry in known.values():
            print(f"{entry.name:12} {entry.title}")
        return 0
    chosen: Size = "smoke" if arguments.smoke else "quick" if arguments.quick else "full"
    rows: list[dict[str, Any]] = []
    for entry in known.values():
        if arguments.name in {entry.name, "all"}:
            print(f"bench: {entry.name} ({chosen})", file=sys.stderr)
            rows += entry.run(chosen)
    show(rows, arguments.format, chosen)
    return 0


def show(rows: list[dict[str, Any]], form: str, size: str) -> None:
    peaks = {f"{entry['task']}, {entry['graph']}": round(entry.pop("peak_mb"), 1) for entry in rows if "peak_mb" in entry}
    if form == "json":
        meta = {
            "python": platform.python_version(),
            "machine": platform.machine(),
            "processors": len_cpus(),
            "size": size,
            "peak_mb": peaks,
        }
        print(json.dumps({"meta": meta, "rows": rows}, ensure_ascii=False, indent=1))
        return
    shown = [[text(entry[name]) for name in COLUMNS] for entry in rows]
    widths = [max(len(name), *(len(line[number]) for line in shown)) if shown else len(name) for number, name in enumerate(COLUMNS)]
    for line in [list(COLUMNS), *shown]:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())
    for name, megabytes in peaks.items():
        print(f"peak memory: {name}: {megabytes:,.0f} MB")


def text(value: object) -> str:
    if value is None:
        return "-"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def len_cpus() -> int:
    import os

    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


if __name__ == "__main__":
    sys.exit(main())
