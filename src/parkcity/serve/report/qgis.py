"""Styles in the form that QGIS reads (QML)."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.sax.saxutils import quoteattr

from parkcity.standards import parameter

if TYPE_CHECKING:
    import geopandas as gpd

_BAND_COLOURS = ("#08519c", "#4292c6", "#9ecae1", "#fdd49e", "#fff5e8")


def _symbol(name: str, kind: str, colour: str, outline: str = "no") -> str:
    layer = {"fill": "SimpleFill", "marker": "SimpleMarker", "line": "SimpleLine"}[kind]
    options = "".join(
        f'<Option name={quoteattr(key)} type="QString" value={quoteattr(value)}/>'
        for key, value in (
            ("color", colour),
            ("line_color", colour),
            ("line_width", "0.3"),
            ("outline_color", "#2b3440"),
            ("outline_style", outline),
            ("outline_width", "0.3"),
            ("style", "no" if colour == "none" else "solid"),
            ("size", "1.8"),
            ("name", "circle"),
        )
    )
    body = f'<layer class="{layer}" enabled="1" pass="0" locked="0"><Option type="Map">{options}</Option></layer>'
    return f'<symbol name="{name}" type="{kind}" alpha="1" clip_to_extent="1" force_rhr="0">{body}</symbol>'


def _document(renderer: str) -> str:
    return (
        f"<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'><qgis version=\"3.28\" styleCategories=\"Symbology\">{renderer}</qgis>"
    )


def band_style(column: str, breaks: list[float]) -> str:
    """Cells by minutes: the breaks, and what lies over the last."""
    edges = [0.0, *breaks, 1e6]
    ranges, symbols = [], []
    for number, colour in enumerate(_BAND_COLOURS):
        low, high = edges[number], edges[number + 1]
        label = f"{low:g} - {high:g} min" if number < len(breaks) else f"> {low:g} min"
        ranges.append(f'<range symbol="{number}" lower="{low}" upper="{high}" label={quoteattr(label)} render="true"/>')
        symbols.append(_symbol(str(number), "fill", colour))
    body = f"<ranges>{''.join(ranges)}</ranges><symbols>{''.join(symbols)}</symbols>"
    return _document(f'<renderer-v2 type="graduatedSymbol" attr="{column}" graduatedMethod="GraduatedColor">{body}</renderer-v2>')


def outline_style() -> str:
    """Zones: the boundary only."""
    return _document(f'<renderer-v2 type="singleSymbol"><symbols>{_symbol("0", "fill", "none", "solid")}</symbols></renderer-v2>')


def place_style(colour: str = "#b3006b") -> str:
    """Places: dots."""
    return _document(f'<renderer-v2 type="singleSymbol"><symbols>{_symbol("0", "marker", colour, "solid")}</symbols></renderer-v2>')


def flat_style(kind: str, colour: str, outline: str = "no") -> str:
    """One colour for every shape of a layer; `kind` is fill, line or marker."""
    return _document(f'<renderer-v2 type="singleSymbol"><symbols>{_symbol("0", kind, colour, outline)}</symbols></renderer-v2>')


_COLOURS = {
    "water": "#a6cbe3",
    "green": "#b7d7a8",
    "land_use": "#e8e0d8",
    "landuse": "#e8e0d8",
    "buildings": "#c9c2ba",
    "streets": "#6b7280",
    "roads": "#8a8f98",
    "failures": "#7a2d7a",
    "unattached": "#7a2d7a",
    "islands": "#d97706",
}
_PLACE_COLOUR = "#b3006b"
_WORST_SERVED = "minutes_primary_school"


def style_of(name: str, table: gpd.GeoDataFrame) -> str:
    """The style in which a layer opens: cells by minutes where they have them, zones as outlines, the rest in one colour."""
    minutes = [str(column) for column in table.columns if str(column).startswith("minutes_")]
    if name == "cells" and minutes:
        breaks = [parameter("check_limits", f"minutes.{number}").number for number in (5, 10, 15, 30)]
        return band_style(_WORST_SERVED if _WORST_SERVED in minutes else minutes[0], breaks)
    kinds = set(table.geometry.geom_type.str.removeprefix("Multi"))
    if kinds <= {"Point"}:
        return place_style(_COLOURS.get(name, _PLACE_COLOUR))
    if kinds <= {"LineString"}:
        return flat_style("line", _COLOURS.get(name, "#6b7280"))
    if name in {"zones", "cells"} or "Polygon" not in kinds:
        return outline_style()
    return flat_style("fill", _COLOURS[name]) if name in _COLOURS else place_style()
