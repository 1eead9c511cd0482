"""Styles in the form that QGIS reads (QML)."""

from __future__ import annotations

from xml.sax.saxutils import quoteattr

_BAND_COLOURS = ("#08519c", "#4292c6", "#9ecae1", "#fdd49e", "#fff5e8")


def _symbol(name: str, kind: str, colour: str, outline: str = "no") -> str:
    layer = {"fill": "SimpleFill", "marker": "SimpleMarker"}[kind]
    options = "".join(
        f'<Option name={quoteattr(key)} type="QString" value={quoteattr(value)}/>'
        for key, value in (
            ("color", colour),
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
