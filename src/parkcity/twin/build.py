"""Build the twin: read every source, make every layer, write what has changed.

A layer is made again only when the sources, the options or the code that it depends on have changed. All faults of all
sources are told at once, and nothing is written unless everything could be read.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from parkcity.base.cache import code_version, hash_json
from parkcity.base.errors import Fault, FaultList, InputError
from parkcity.base.geo import Projection, normalise_datum
from parkcity.base.spec import load
from parkcity.sense.read import source_hash
from parkcity.twin import layers
from parkcity.twin.estimate import cost_of, refuse_beyond
from parkcity.twin.lock import check_built, check_locked, write_lock
from parkcity.twin.store import LayerStore
from parkcity.twin.twin import Twin
from parkcity.twin.workshop import Progress, Workshop, no_progress

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from parkcity.base.spec import CitySpec, SourceSpec


_ROOMS = ("base", "standards", "sense", "twin")
"""The rooms on whose code the layers depend."""


def twin_folder(folder: Path) -> Path:
    """Where a city's twin lies."""
    return folder / "twin"


def build(folder: Path, progress: Progress = no_progress, *, memory_gb: float | None = None, locked: bool = False) -> Twin:
    """Build or bring up to date the twin of the city in `folder`, write its lock, and open it.

    `locked`: use only what the lock says, and prove that the layers have the bytes that it promises. Raises `InputError` with every
    fault of every source, and `LimitError` before it begins where it would need more memory than `memory_gb`. An interrupted build
    leaves the old twin as it was.
    """
    spec = load(folder)
    if locked:
        check_locked(spec)
    twin = _built(spec, progress, memory_gb)
    if locked:
        check_built(spec, twin.manifest)
    else:
        write_lock(spec, twin.manifest)
    return twin


def build_declared(spec: CitySpec) -> Twin:
    """Build or bring up to date the twin of a declaration that stands in no file, in the folder that it names; no lock is written.

    Raises `InputError` with every fault of every source.
    """
    return _built(spec, no_progress, None)


def _built(spec: CitySpec, progress: Progress, memory_gb: float | None) -> Twin:
    folder = spec.folder
    store = LayerStore(twin_folder(folder))
    old = store.manifest() or {"layers": {}, "sources": []}
    hashes = {source.id: source_hash(spec, source) for source in spec.sources}
    projection = Projection.declared(spec.crs) if spec.crs else None
    keys = layers.input_keys(spec, hashes, code_version(*_ROOMS))
    if _up_to_date(store, old, keys):
        return Twin(spec, store.folder, _told_anew(store, spec, old))
    progress(f"needs up to {refuse_beyond(spec, memory_gb):.1f} GB", 0.0)
    shop = Workshop(spec, store, old, progress, hashes, projection)
    with _collected() as faults:
        _read_all(shop, faults)
    made = layers.make_all(shop, keys)
    manifest = _manifest(shop, keys, made)
    store.commit(manifest)
    progress("build", 1.0)
    return Twin(spec, store.folder, {"format": 1, **manifest})


def stale_layers(spec: CitySpec) -> list[str]:
    """Layers that the next build would make: not on disk, damaged, or made from other inputs or by other code."""
    store = LayerStore(twin_folder(spec.folder))
    entries = (store.manifest() or {"layers": {}})["layers"]
    hashes = {source.id: source_hash(spec, source) for source in spec.sources}
    keys = layers.input_keys(spec, hashes, code_version(*_ROOMS))
    sound = {name for name, entry in entries.items() if entry["input_key"] == keys.get(name) and store.complete(entry)}
    return [name for name in keys if name not in sound]


def _up_to_date(store: LayerStore, old: dict[str, Any], keys: dict[str, str]) -> bool:
    entries = old["layers"]
    return set(entries) == set(keys) and all(
        entries[name]["input_key"] == key and store.complete(entries[name]) for name, key in keys.items()
    )


def _told_anew(store: LayerStore, spec: CitySpec, old: dict[str, Any]) -> dict[str, Any]:
    """The manifest with licences, attributions and notes as they are declared now: no layer depends on them, reports do."""
    declared = {source.id: {name: getattr(source, name) for name in ("licence", "attribution", "note")} for source in spec.sources}
    sources = [{**row, **declared[row["id"]]} for row in old["sources"] if row["id"] in declared]
    if sources == old["sources"]:
        return old
    fresh = {**old, "sources": sources}
    store.commit({name: value for name, value in fresh.items() if name != "format"})
    return fresh


@contextmanager
def _collected() -> Iterator[FaultList]:
    faults = FaultList()
    yield faults
    faults.check()


def _read_all(shop: Workshop, faults: FaultList) -> None:
    """Read every source, gathering the faults of all of them before any is raised."""
    for number, source in enumerate(shop.spec.sources):
        shop.progress(f"read {source.id}{cost_of(shop.spec, source)}", 0.4 * number / len(shop.spec.sources))
        try:
            shop.raw(source)
        except InputError as error:
            faults.extend(error.faults)


def _manifest(shop: Workshop, keys: dict[str, str], entries: dict[str, dict[str, Any]]) -> dict[str, Any]:
    assert shop.projection is not None
    ordered = {name: entries[name] for name in keys}
    return {
        "city": shop.spec.id,
        "crs": shop.projection.name,
        "as_of": shop.spec.date_of_record(),
        "layers": ordered,
        "sources": [_source_row(shop, source) for source in shop.spec.sources],
        "hash": hash_json({name: entry["hash"] for name, entry in ordered.items()}),
    }


def _source_row(shop: Workshop, source: SourceSpec) -> dict[str, Any]:
    tally = shop.raws[source.id].tally
    return {
        "id": source.id,
        "layer": source.layer,
        "path": source.path,
        "date": source.date,
        "licence": source.licence,
        "attribution": source.attribution,
        "datum": normalise_datum(source.datum),
        "coverage": source.coverage,
        "note": source.note,
        "least_area_m2": source.options.get("least_area_m2", 0.0),
        "hash": shop.hashes[source.id],
        "rows_in": tally.rows_in,
        "rows_kept": tally.rows_kept,
        "refused": [[str(row), reason] for row, reason in tally.refused],
        "remarks": tally.remarks,
        "encoding": tally.encoding,
    }


def notices_of(manifest: dict[str, Any]) -> list[Fault]:
    """Everything that the build found worth telling, layer by layer."""
    return [Fault(**notice) for entry in manifest["layers"].values() for notice in entry["notices"]]
