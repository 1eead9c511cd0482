"""Make a city's folder from files: look at them, draft the declaration, copy or link the data."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from parkcity.base.cache import write_text
from parkcity.base.errors import Fault, InputError
from parkcity.base.spec import FILENAME, load
from parkcity.sense.raw import READERS, Request, filled_options
from parkcity.serve.draft import ground, others
from parkcity.serve.draft.draft import UNSTATED, Draft, Given, slug
from parkcity.serve.draft.people import Cells, cells_of, join_tables
from parkcity.serve.draft.seen import Seen, see
from parkcity.serve.draft.write import toml_text
from parkcity.serve.draft.zones import MOST_ZONES, drawn_area, tiers_of_extract, tiers_of_zones

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import geopandas as gpd

    from parkcity.base.words import Lang
    from parkcity.sense.look.finding import Box

_SHAPEFILE = (".shp", ".shx", ".dbf", ".prj", ".cpg", ".sbn", ".sbx", ".qix")


@dataclass(frozen=True)
class Made:
    """A folder that was made: its draft and the files that came into it."""

    folder: Path
    draft: Draft
    files: list[str]


def make_city(
    folder: Path, given: Given, lang: Lang, *, name: str = "", link: bool = False, progress: Callable[[str, float], None] | None = None
) -> Made:
    """Make the folder of a city. Raises `InputError` with every fault of every file; nothing is written then."""
    told = progress or (lambda _step, _share: None)
    if (folder / FILENAME).exists() or (folder.is_dir() and any(folder.iterdir())):
        raise InputError(Fault(str(folder), "the folder is not empty.", "a new or an empty folder.", "choose another one"))
    if not any(given.files.values()):
        raise InputError(Fault(str(folder), "no file was given.", "--osm, --people, --zones and others.", "see parkcity new --help"))
    seen = see(given, told)
    draft = draft_of(folder.name, seen, name, told)
    told("write the folder", 0.9)
    files = _fill(folder, draft, link=link)
    write_text(folder / FILENAME, toml_text(draft, lang))
    # The declaration must hold by the rules for any declaration; a fault here would be one of ours.
    load(folder)
    told("done", 1.0)
    return Made(folder, draft, files)


def draft_of(folder_name: str, seen: Seen, name: str, progress: Callable[[str, float], None]) -> Draft:
    """The declaration that follows from what the files are."""
    draft = Draft(slug(folder_name).replace("_", "-") or "city", *_names(folder_name, seen, name))
    if not draft.id[:1].isalpha():
        draft.id = f"city-{draft.id}"
    cells = cells_of(draft, seen)
    progress("read the cells", 0.6)
    shapes, residents = _cells(draft, cells, seen)
    tiers_of_zones(draft, seen, cells.look)
    join_tables(draft, seen, cells)
    if not draft.people:
        faults = Fault("--people", "no table given counts the residents of the zones.", "a column such as population.", "give one")
        raise InputError(faults)
    window = _window(seen)
    if not draft.tiers and shapes is not None:
        spots = np.column_stack([shapes["centre_lon"], shapes["centre_lat"], residents])
        if not tiers_of_extract(draft, seen, spots):
            drawn_area(draft, shapes, residents, window, cells.entry.date)
    if not draft.tiers:
        raise InputError(Fault("--zones", "the study area is unknown.", "polygons of the city as --zones."))
    area = _area_box(draft, seen, shapes, window)
    others.extracts(draft, seen, area)
    others.feeds(draft, seen)
    ground.lines(draft, seen)
    ground.routes(draft, seen)
    others.streets(draft, seen)
    others.places(draft, seen)
    ground.buildings(draft, seen)
    ground.heights(draft, seen, area)
    ground.land_cover(draft, seen, area)
    ground.sensors(draft, seen)
    _say_what_lacks(draft, seen)
    return draft


def _names(folder_name: str, seen: Seen, name: str) -> tuple[str, str]:
    """The city's names in Chinese and English: the one given, else that of the only city in the extract, else the folder's."""
    if name:
        return name, name
    for extract in seen.of("osm"):
        cities = [tags for rank, _, tags in extract.facts["towns"] if rank == extract.facts["towns"][0][0]]
        # Of a region with several cities none gives its name to the whole.
        for tags in cities[:1] if len(cities) == 1 else ():
            english = tags.get("name:en") or tags.get("name", "")
            return tags.get("name:zh") or english, english
    title = folder_name.replace("-", " ").replace("_", " ").title()
    return title, title


def _cells(draft: Draft, cells: Cells, seen: Seen) -> tuple[gpd.GeoDataFrame | None, np.ndarray[Any, Any]]:
    """The cells as their reader gives them, and the residents of each; None for dwellings, which wait for the build."""
    import geopandas as gpd

    entry = cells.entry
    if entry.origin is None:
        return None, np.zeros(0)
    reader = READERS.get(entry.reader)
    raw = reader.read(Request(entry.origin, filled_options(reader, entry.options, str(entry.origin)), entry.datum, entry.id))
    frame = raw.frame
    assert isinstance(frame, gpd.GeoDataFrame)
    night = draft.people.get("night", "")
    residents = pd.to_numeric(frame[night], errors="coerce").to_numpy(float) if night in frame.columns else np.ones(len(frame))
    if len(frame) > MOST_ZONES and cells.look in seen.of("zones"):
        draft.doubt("doubt.blocks", rows=f"{len(frame):,}", file=entry.origin.name)
    return frame, np.nan_to_num(residents)


def _window(seen: Seen) -> Box | None:
    """The box of the streets: that of the first extract, else that of the streets drawn as lines."""
    looks = [*seen.of("osm"), *seen.of("streets", geometry="lines")]
    return looks[0].box if looks else None


def _area_box(draft: Draft, seen: Seen, cells: gpd.GeoDataFrame | None, window: Box | None) -> Box:
    """A box round the study area: of the coarsest zones given, else of the cells within the window."""
    origins = {entry.origin for entry in draft.entries if entry.layer == "zones" and entry.origin is not None}
    boxes = [entry.box for entry in seen.of("zones", geometry="polygons") if entry.path in origins and entry.box is not None]
    if boxes:
        return boxes[0]
    assert cells is not None
    west, south, east, north = (float(edge) for edge in cells.total_bounds)
    if window is None:
        return west, south, east, north
    return max(west, window[0]), max(south, window[1]), min(east, window[2]), min(north, window[3])


def _say_what_lacks(draft: Draft, seen: Seen) -> None:
    if not seen.of("osm") and not seen.of("streets", geometry="lines"):
        draft.doubt("doubt.no_streets")
    if not seen.of("osm") and not any(entry.layer == "places" for entry in draft.entries):
        draft.doubt("doubt.no_places")
    if not any(entry.layer == "timetable" for entry in draft.entries):
        draft.doubt("doubt.no_feed")
    unlicensed = [entry.id for entry in draft.entries if UNSTATED in {entry.licence, entry.attribution}]
    if unlicensed:
        draft.doubt("doubt.licence", sources=", ".join(unlicensed))


def _fill(folder: Path, draft: Draft, *, link: bool) -> list[str]:
    """Bring every file of the draft into the folder."""
    origins: dict[str, Path] = {}
    for entry in draft.entries:
        if entry.origin is not None:
            entry.path = next((path for path, origin in origins.items() if origin == entry.origin), entry.path)
            # Two files of one name from two folders must not become one.
            while origins.get(entry.path, entry.origin) != entry.origin:
                stem, _, tail = entry.path.partition(".")
                entry.path = f"{stem}_2.{tail}"
            origins[entry.path] = entry.origin
    for path, origin in (origins | draft.brought).items():
        for source in _with_companions(origin):
            target = (folder / path).with_name(source.name) if source != origin else folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            if link:
                target.symlink_to(source.resolve())
            elif source.is_dir():
                shutil.copytree(source, target)
            else:
                shutil.copyfile(source, target)
    for path, data in draft.made.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    return sorted({*origins, *draft.brought, *draft.made})


def _with_companions(origin: Path) -> list[Path]:
    if origin.suffix.lower() != ".shp":
        return [origin]
    return [path for path in sorted(origin.parent.glob(f"{origin.stem}.*")) if path.suffix.lower() in _SHAPEFILE]
