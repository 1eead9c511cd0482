"""Extracts, timetables, streets drawn as lines, and lists of places."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from parkcity.base.geo import WGS84, normalise_datum
from parkcity.sense.look.columns import kind_of_word, named, unique
from parkcity.sense.look.rows import coordinates
from parkcity.serve.draft.draft import Draft, Remark
from parkcity.serve.draft.zones import OSM_NAME

if TYPE_CHECKING:
    from parkcity.sense.look.finding import Box, Look
    from parkcity.serve.draft.seen import Seen

# The study area must take this share of an extract's box before the whole extract is read.
_WHOLE = 0.2
_BUFFER_M = 5000.0
_FEW_KINDS = 40
OSM_LAYER = "openstreetmap"
OVERTURE = "overture_places"


def extracts(draft: Draft, seen: Seen, area: Box) -> None:
    """The extracts: the first gives the streets. A large one is cut to the study area and a margin while it is read."""
    for entry in seen.of("osm"):
        assert entry.box is not None
        source = draft.add(entry, "osm", "openstreetmap", "osm_pbf")
        source.licence, source.attribution = "ODbL 1.0", OSM_NAME
        source.coverage = "beyond" if _inside(area, entry.box) else "area"
        if _size(area) < _WHOLE * _size(entry.box):
            source.options = {"bbox": [round(edge, 5) for edge in area], "buffer_m": _BUFFER_M}
            source.found.append(Remark("found.cut", {"km": f"{_BUFFER_M / 1000:g}"}))
        west, south, east, north = entry.box
        source.found.insert(
            0, Remark("found.extract", {"west": f"{west:.3f}", "south": f"{south:.3f}", "east": f"{east:.3f}", "north": f"{north:.3f}"})
        )
        if source.coverage == "area" and not _inside(entry.box, area):
            draft.doubt("doubt.edge", file=entry.path.name)
    if len(seen.of("osm")) > 1:
        draft.doubt("doubt.extracts", count=len(seen.of("osm")))


def _inside(inner: Box, outer: Box) -> bool:
    return outer[0] < inner[0] and outer[1] < inner[1] and outer[2] > inner[2] and outer[3] > inner[3]


def _size(box: Box) -> float:
    return max(box[2] - box[0], 0.0) * max(box[3] - box[1], 0.0)


def feeds(draft: Draft, seen: Seen) -> None:
    """Timetables; a feed that ends long before the other data is told."""
    for entry in seen.of("gtfs"):
        source = draft.add(entry, "gtfs", "timetable", "gtfs")
        source.coverage = "beyond"
        slots = {name: entry.facts[name] for name in ("routes", "trips", "first", "last")}
        source.found.append(Remark("found.feed", {**slots, "stops": f"{entry.rows:,}"}))
        if entry.facts["odd"]:
            draft.doubt("doubt.feed", file=entry.path.name, count=entry.facts["odd"])


def streets(draft: Draft, seen: Seen) -> None:
    """Streets drawn as lines, of the first layer that has any."""
    looks = seen.of("streets", geometry="lines")
    for entry in looks[:1]:
        assert entry.table is not None
        options: dict[str, Any] = {}
        for option, role in (("from", "from"), ("to", "to"), ("class", "class"), ("length_m", "length"), ("oneway", "direction")):
            found = named(entry.columns, role)
            if found:
                options[option] = found[0]
        if ("from" in options) != ("to" in options):
            options.pop("from", None), options.pop("to", None)
        source = draft.add(entry, "streets", "streets", "vector_streets", **options)
        source.found.append(
            Remark("found.streets", {"rows": f"{entry.rows:,}", "columns": ", ".join(f"{key} = {value}" for key, value in options.items())})
        )
    if len(looks) > 1:
        draft.doubt("doubt.streets", file=looks[0].path.name, layer=looks[0].layer)


def places(draft: Draft, seen: Seen) -> None:
    """Lists of places: their categories mapped to kinds as far as the words are known, the others told.

    Where there are several, they are matched: lists of one's own stand above the extract, and that above Overture's.
    """
    for entry in seen.of("places"):
        if entry.form == "overture":
            _overture(draft, entry)
        elif entry.form == "table":
            _place_table(draft, entry)
        else:
            _place_shapes(draft, entry)
    found = {layer: [entry for entry in draft.entries if entry.layer == layer] for layer in ("places", OSM_LAYER)}
    own = [entry.id for entry in found["places"] if entry.reader != OVERTURE]
    others = [entry.id for entry in found["places"] if entry.reader == OVERTURE]
    ranked = [*own, *(entry.id for entry in found[OSM_LAYER]), *others]
    if found["places"] and len(ranked) > 1:
        draft.precedence = ranked
        draft.doubt("doubt.precedence", sources=", ".join(ranked))


def _overture(draft: Draft, entry: Look) -> None:
    source = draft.add(entry, "places", "places", OVERTURE)
    source.licence, source.attribution = "CDLA-Permissive-2.0", "Overture Maps Foundation, overturemaps.org"
    slots = {"rows": f"{entry.rows:,}", "mapped": f"{entry.facts['kept']:,}", "kinds": entry.facts["kinds"]}
    source.found.append(Remark("found.places", slots))


def _place_table(draft: Draft, entry: Look) -> None:
    assert entry.table is not None
    names, table = coordinates(entry.table), entry.table
    if names is None:
        draft.doubt("doubt.no_coordinates", file=entry.path.name, columns=", ".join(entry.columns[:12]))
        return
    key = next((name for name in [*named(entry.columns, "id"), *entry.columns] if unique(table[name])), "")
    category, known, unknown = _categories(entry)
    if not known:
        if unknown:
            draft.doubt("doubt.no_kinds", file=entry.path.name, words=", ".join(unknown[:12]))
        else:
            draft.doubt("doubt.no_category", file=entry.path.name, columns=", ".join(entry.columns[:12]))
        return
    options: dict[str, Any] = {"id": key, "lon": names[0], "lat": names[1], "category": category, "kinds": known}
    for option in ("name", "address", *(() if entry.facts.get("sheet") else ("area_m2",))):
        found = named(entry.columns, option)
        if found:
            options[option] = found[0]
    source = draft.add(entry, "places", "places", "sheet_places" if entry.facts.get("sheet") else "csv_places", **options)
    mapped = int(table[category].isin(list(known)).sum())
    source.found.append(Remark("found.places", {"rows": f"{entry.rows:,}", "mapped": f"{mapped:,}", "kinds": len(set(known.values()))}))
    if unknown:
        rows = entry.rows - mapped
        draft.doubt("doubt.kinds", file=entry.path.name, rows=f"{rows:,}", words=", ".join(unknown[:_FEW_KINDS]))
    draft.doubt("doubt.datum", file=entry.path.name)


def _categories(entry: Look) -> tuple[str, dict[str, str], list[str]]:
    """The column of categories whose words are known for most rows, its known words with their kinds, and the unknown ones."""
    assert entry.table is not None
    best: tuple[int, str, dict[str, str], list[str]] = (-1, "", {}, [])
    for name in named(entry.columns, "category") or entry.columns:
        counts = entry.table[name].astype(str).value_counts()
        if len(counts) > max(entry.rows / 2, 10):
            continue
        known = {str(word): kind_of_word(str(word)) for word in counts.index if kind_of_word(str(word))}
        rows = int(sum(counts[word] for word in known))
        if (rows, len(set(known.values()))) > (best[0], len(set(best[2].values()))):
            best = (rows, name, known, [str(word) for word in counts.index if str(word) not in known])
    return best[1:]


def _place_shapes(draft: Draft, entry: Look) -> None:
    """Shapes of one kind, known by the file's name, or of several, known by an attribute: then a source for each of its words."""
    assert entry.table is not None
    kind = next((found for word in _words_of(entry) if (found := kind_of_word(word))), "")
    key = next((name for name in named(entry.columns, "id") if unique(entry.table[name])), "")
    names = named(entry.columns, "name")
    options = ({"id": key} if key else {}) | ({"name": names[0]} if names else {})
    category, known, unknown = ("", {}, []) if kind else _categories(entry)
    if not kind and not known:
        draft.doubt("doubt.no_kind", file=entry.path.name, columns=", ".join(entry.columns))
        return
    for word, meant in known.items() if known else [("", kind)]:
        source = draft.add(
            entry, "places", "places", "vector_places", kind=meant, **options, **({"only": {category: word}} if word else {})
        )
        rows = int((entry.table[category].astype(str) == word).sum()) if word else entry.rows
        slots = {"rows": f"{rows:,}", "kind": meant, "column": category, "word": word}
        source.found.append(Remark("found.kind_of_word" if word else "found.kind", slots))
    if unknown:
        rows = int(entry.table[category].astype(str).isin(unknown).sum())
        draft.doubt("doubt.kinds", file=entry.path.name, rows=f"{rows:,}", words=", ".join(unknown[:_FEW_KINDS]))
    if normalise_datum(entry.datum or "WGS84") == WGS84:
        draft.doubt("doubt.datum", file=entry.path.name)


def _words_of(entry: Look) -> list[str]:
    """The name of a file or layer in words, the whole first, then shorter runs of it."""
    words = [word for word in (entry.layer or entry.path.name.split(".")[0]).replace("-", "_").split("_") if not word.isdecimal()]
    return [" ".join(words[start : start + size]) for size in range(len(words), 0, -1) for start in range(len(words) - size + 1)]
