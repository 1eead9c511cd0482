"""`city.lock`: what a twin was built from, so that the same can be built again and every difference told.

For every source: its files' hash, date, licence, datum, filter (the reader's options) and the reader with its version; for every
layer: the hash of what went in and of what came out. Nothing in it depends on the clock or the machine.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

from parkcity.base.cache import write_text
from parkcity.base.errors import Fault, FaultList, InputError
from parkcity.base.spec import SourceSpec
from parkcity.sense.raw import READERS
from parkcity.sense.read import files_hash, source_hash
from parkcity.twin.layers import input_keys

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from parkcity.base.spec import CitySpec

LOCK = "city.lock"
FORMAT = 1
What = Literal["data", "reader", "filter", "datum", "date", "coverage", "licence", "added", "removed", "declaration"]
# What of a declaration is told under which word; where two differ the first is told.
_TOLD: tuple[tuple[What, tuple[str, ...]], ...] = (
    ("data", ("files", "path")),
    ("reader", ("reader", "reader_version", "layer")),
    ("filter", ("filter",)),
    ("datum", ("datum", "datum_checked")),
    ("date", ("date",)),
    ("coverage", ("coverage",)),
    ("licence", ("licence", "attribution", "note")),
)


@dataclass(frozen=True)
class Change:
    """One difference between the lock and the city as it is now: of which source (empty: the declaration), and which layers it changes."""

    source: str
    what: What
    was: str
    now: str
    layers: tuple[str, ...]


def lock_of(spec: CitySpec, manifest: Mapping[str, Any]) -> dict[str, Any]:
    """The lock of a city whose twin has this manifest."""
    return {
        "format": FORMAT,
        "city": spec.id,
        "crs": manifest["crs"],
        "as_of": manifest["as_of"],
        "twin": manifest["hash"],
        "sources": [_source(spec, source) for source in spec.sources],
        "layers": {name: {"inputs": key, "hash": manifest["layers"][name]["hash"]} for name, key in _keys(spec, _hashes(spec)).items()},
    }


def _source(spec: CitySpec, source: SourceSpec) -> dict[str, Any]:
    return {
        "id": source.id,
        "layer": source.layer,
        "reader": source.reader,
        "reader_version": READERS.get(source.reader).version,
        "path": source.path,
        "files": files_hash(spec.path(source)),
        "filter": json.loads(json.dumps(dict(source.options))),
        "datum": source.datum,
        "datum_checked": source.datum_checked,
        "coverage": source.coverage,
        "date": source.date,
        "licence": source.licence,
        "attribution": source.attribution,
        "note": source.note,
        "key": source_hash(spec, source),
    }


def _hashes(spec: CitySpec) -> dict[str, str]:
    return {source.id: source_hash(spec, source) for source in spec.sources}


def _keys(spec: CitySpec, hashes: Mapping[str, str]) -> dict[str, str]:
    """What each layer is made from, the code left out: it changes with every edition, the lock only with the data."""
    return input_keys(spec, dict(hashes), "")


def write_lock(spec: CitySpec, manifest: Mapping[str, Any]) -> None:
    """Write the lock, if it is not there as it must be."""
    path = spec.folder / LOCK
    text = json.dumps(lock_of(spec, manifest), ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    if not path.is_file() or path.read_text(encoding="utf-8") != text:
        write_text(path, text)


def read_lock(folder: Path) -> dict[str, Any]:
    """The lock of a city. Raises `InputError` where there is none, or none that can be read."""
    path = folder / LOCK
    if not path.is_file():
        raise InputError(Fault(str(path), "there is no lock yet.", todo=f"run parkcity build {folder}, which writes it"))
    try:
        document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        known = document["format"] == FORMAT and isinstance(document["sources"], list) and isinstance(document["layers"], dict)
    except (json.JSONDecodeError, UnicodeDecodeError, KeyError, TypeError):
        known = False
    if not known:
        raise InputError(Fault(str(path), "this is not a lock that can be read.", todo=f"run parkcity build {folder} to write it anew"))
    return document


def changes(spec: CitySpec) -> list[Change]:
    """Every difference between the lock and the city as it is now, sources in their order, the declaration last."""
    lock = read_lock(spec.folder)
    then = {str(row["id"]): row for row in lock["sources"]}
    now = {source.id: _source(spec, source) for source in spec.sources}
    hashes = {name: str(row["key"]) for name, row in now.items()}
    keys = _keys(spec, hashes)
    found: list[Change] = []
    for name, row in now.items():
        if name not in then:
            without = replace(spec, sources=tuple(source for source in spec.sources if source.id != name))
            found.append(Change(name, "added", "", str(row["path"]), _differ(keys, _keys(without, hashes))))
            continue
        layers = _differ(keys, _keys(spec, {**hashes, name: str(then[name]["key"])}))
        found += _source_changes(name, then[name], row, layers)
    for name in then.keys() - now.keys():
        with_it = replace(spec, sources=(*spec.sources, _spec_of(then[name])))
        layers = _differ(keys, _keys(with_it, {**hashes, name: str(then[name]["key"])}))
        found.append(Change(name, "removed", str(then[name]["path"]), "", layers))
    known = {layer for change in found for layer in change.layers}
    rest = tuple(sorted(set(_differ(keys, {name: str(row["inputs"]) for name, row in lock["layers"].items()})) - known))
    if rest:
        found.append(Change("", "declaration", "", "", rest))
    return found


def _spec_of(row: Mapping[str, Any]) -> SourceSpec:
    names = ("id", "layer", "reader", "path", "date", "licence", "attribution", "datum", "datum_checked", "coverage", "note")
    return SourceSpec(**{name: row[name] for name in names}, options=MappingProxyType(dict(row["filter"])))


def _differ(one: Mapping[str, str], other: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name)))


def _source_changes(name: str, then: Mapping[str, Any], now: Mapping[str, Any], layers: tuple[str, ...]) -> list[Change]:
    found = []
    for what, fields in _TOLD:
        if any(then.get(field) != now[field] for field in fields):
            was, is_now = (_told(row, fields) for row in (then, now))
            found.append(Change(name, what, was, is_now, () if what == "licence" else layers or (str(now["layer"]),)))
    return found


def _told(row: Mapping[str, Any], fields: tuple[str, ...]) -> str:
    texts = [json.dumps(row.get(field), ensure_ascii=False) if field == "filter" else str(row.get(field, "")) for field in fields]
    return " ".join(text[:12] if field == "files" else text for field, text in zip(fields, texts, strict=True) if text)


def check_locked(spec: CitySpec) -> None:
    """Raise `InputError` with every difference from the lock: a locked build uses nothing else."""
    where, faults = str(spec.folder / LOCK), FaultList()
    for change in changes(spec):
        subject = f"source '{change.source}'" if change.source else "city.toml"
        what = f"{subject}: {change.what} is not what the lock says ({change.was or 'nothing'}; now {change.now or 'nothing'})."
        faults.add(where, what, todo="bring back what was, or build without --locked")
    faults.check()


def check_built(spec: CitySpec, manifest: Mapping[str, Any]) -> None:
    """Raise `InputError` with every layer whose bytes are not those that the lock promises."""
    lock, faults = read_lock(spec.folder), FaultList()
    for name in sorted(lock["layers"].keys() | manifest["layers"].keys()):
        then, now = lock["layers"].get(name, {}).get("hash", ""), manifest["layers"].get(name, {}).get("hash", "")
        if then != now:
            what = f"the layer '{name}' has other bytes than the lock says."
            todo = "use the edition of parkcity and of its libraries that wrote the lock, or build without --locked"
            faults.add(spec.folder / LOCK, what, todo=todo)
    faults.check()
