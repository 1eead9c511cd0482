"""OpenStreetMap extracts: streets with everything that decides a cost, places, buildings, water, green, routes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from parkcity.sense.raw import READERS, Option, Raw, Reader, Request

if TYPE_CHECKING:
    from pathlib import Path

_SUFFIXES = (".pbf", ".osm", ".osm.gz", ".osm.bz2", ".osm.xml", ".o5m")


def can_read(path: Path) -> bool:
    """Is this an OpenStreetMap file by its name?"""
    return path.is_file() and path.name.lower().endswith(_SUFFIXES)


def read(request: Request) -> Raw:
    """All layers of an extract, see `parkcity.sense.osm.extract.read_extract`; a reading of the same bytes and options is not repeated."""
    from parkcity.sense.osm.extract import ExtractOptions, read_extract
    from parkcity.sense.osm.store import cached_extract

    given: dict[str, Any] = dict(request.options)
    options = ExtractOptions.checked(given, f"{request.path}, options of the source")
    return read_extract(request.path, options) if request.kept is None else cached_extract(request.path, options, request.kept)


READERS.add(
    Reader(
        "osm_pbf",
        ("openstreetmap",),
        "an OpenStreetMap extract (.osm.pbf, .osm, .osm.bz2, .o5m).",
        {
            "bbox": Option(list, [], "west, south, east, north in degrees; left out, the whole file"),
            "buffer_m": Option(float, 0.0, "margin around `bbox` in metres: the longest trip that a resident makes"),
            "kinds": Option(list, [], "kinds of places to read; left out, all"),
            "modes": Option(list, ["walk"], "modes whose streets are read: walk, bike, car"),
            "joins": Option(bool, default=True, doc="false: streets as drawn, nothing joined, crossed or cut at barriers"),
            "memory_gb": Option(float, 0.0, "refuse a file that would need more memory than this; 0: no limit"),
        },
        can_read,
        read,
    )
)
