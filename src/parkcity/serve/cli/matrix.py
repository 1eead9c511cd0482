"""`parkcity matrix`: times between all cells, or from cells to places, streamed to a Parquet file under a memory cap."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from parkcity.base.errors import UsageError
from parkcity.base.words import language
from parkcity.serve.cli.output import city_argument, emit, format_option, lang_option, memory_option, quiet_option, threads_option
from parkcity.serve.cli.progress import progress_bar
from parkcity.serve.cli.transit import described, transit_options, words
from parkcity.serve.cli.travel import GROUP, asked_when, inputs_of, known_class

if TYPE_CHECKING:
    from collections.abc import Callable

    from parkcity.base.words import Lang
    from parkcity.insight.inputs import Inputs
    from parkcity.serve.cli.transit import When

COLUMNS = ("file", "rows", "megabytes", "seconds")
MEMORY_GB = 2.0


@click.command()
@city_argument()
@click.argument("kind", required=False)
@click.option("--out", type=click.Path(dir_okay=False), required=True, help="The Parquet file to write.")
@click.option("--minutes", type=click.FloatRange(0, 540, min_open=True), default=None, help="Over streets: longest way that is written.")
@click.option("--profile", default=None, help="Over streets: a travel profile instead of the group's: cyclist, car, wheelchair, ...")
@click.option("--cluster", default=None, metavar="ADDRESS", help="Over streets: a Dask scheduler that computes it; same rows.")
@GROUP
@memory_option()
@quiet_option()
@format_option()
@lang_option()
@threads_option()
@transit_options
def matrix(
    city: str,
    kind: str | None,
    out: str,
    minutes: float | None,
    profile: str | None,
    cluster: str | None,
    group: str,
    memory: float | None,
    form: str,
    lang: str | None,
    threads: int | None,
    *,
    quiet: bool,
    **when: Any,
) -> None:
    """Times from every cell of CITY to every place of KIND, or, without one, to every cell, written to a file.

    Rows: origin, place, seconds; by transit one column for each percentile of the window. A run that is stopped goes on where it ended.
    """
    asked, tongue = asked_when(when), language(lang)
    if asked.fare:
        raise UsageError("a matrix holds times; --fare is for times and route")
    if asked.mode == "transit" and (profile or cluster or minutes is not None):
        raise UsageError("--profile, --cluster and --minutes are of journeys over streets; leave out --mode transit")
    target = Path(out)
    if not target.parent.is_dir():
        msg = f"--out: there is no folder {target.parent}"
        raise UsageError(msg)
    inputs = inputs_of(city, group, threads)
    chosen = None if kind is None else known_class(kind, inputs)
    started = time.monotonic()
    with progress_bar(quiet=quiet) as show:

        def told(done: int, origins: int) -> None:
            show(words().get("matrix", tongue), done / max(origins, 1))

        if asked.mode == "transit":
            rows, meta = _by_transit(inputs, chosen, target, asked, memory or MEMORY_GB, told, tongue)
        else:
            rows, meta = _over_streets(inputs, chosen, target, (profile, cluster, minutes), memory or MEMORY_GB, told)
    named = {"city": inputs.twin.spec.id, "kind": chosen, "group": group, "twin": inputs.twin.hash}
    row = {
        "file": str(target),
        "rows": rows,
        "megabytes": round(target.stat().st_size / 1e6, 3),
        "seconds": round(time.monotonic() - started, 1),
    }
    emit([row], {**named, **meta}, COLUMNS, form, tongue)


def _by_transit(
    inputs: Inputs, kind: str | None, target: Path, asked: When, memory_gb: float, told: Callable[[int, int], None], lang: Lang
) -> tuple[int, dict[str, Any]]:
    from parkcity.insight.transit_trips import transit_trips

    transit = asked.city(inputs)
    trips = transit_trips(transit, asked.seconds(), asked.window_s())
    return trips.write_matrix(target, kind, memory_gb=memory_gb, progress=told), described(transit, asked, lang)


def _over_streets(
    inputs: Inputs,
    kind: str | None,
    target: Path,
    way: tuple[str | None, str | None, float | None],
    memory_gb: float,
    told: Callable[[int, int], None],
) -> tuple[int, dict[str, Any]]:
    from parkcity.insight.trips import Trips

    profile, cluster, minutes = way
    trips = Trips(inputs, profile, cluster=cluster)
    rows = trips.write_matrix(target, kind, minutes=minutes, memory_gb=memory_gb, named=True, progress=told)
    return rows, {"mode": "streets", "profile": trips.traveller, "minutes": minutes}
