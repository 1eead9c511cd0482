"""Small drawings for reports, as SVG texts: bars by year, bars of time, points of a frontier, maps of differences. No script."""

from __future__ import annotations

from typing import TYPE_CHECKING

from markupsafe import Markup

if TYPE_CHECKING:
    from collections.abc import Sequence

_WIDTH, _HEIGHT = 640, 260
_LEFT, _BOTTOM, _TOP = 110, 40, 16


def _axis(texts: Sequence[str]) -> Markup:
    """Three lines across with their labels."""
    parts = Markup()
    for share, text in zip((0.0, 0.5, 1.0), texts, strict=True):
        y = _HEIGHT - _BOTTOM - share * (_HEIGHT - _BOTTOM - _TOP)
        parts += Markup('<path d="M{} {}H{}" stroke="#d5dbe2"/><text x="{}" y="{}" text-anchor="end">{}</text>').format(
            _LEFT, y, _WIDTH - 8, _LEFT - 8, y + 4, text
        )
    return parts


def _svg(body: Markup, label: str, height: int = _HEIGHT) -> Markup:
    return Markup('<svg viewBox="0 0 {} {}" role="img" aria-label="{}" style="width:100%;max-width:760px;font-size:12px">{}</svg>').format(
        _WIDTH, height, label, body
    )


def year_bars(years: Sequence[int], spent: Sequence[float], budget: Sequence[float], label: str, unit: float, unit_text: str) -> Markup:
    """Money spent by year as bars, the budget as a line over each; amounts are shown in `unit` yuan."""
    high = max([*spent, *budget, 1.0])
    body = _axis([f"{share * high / unit:,.1f} {unit_text}" for share in (0.0, 0.5, 1.0)])
    room = (_WIDTH - _LEFT - 8) / len(years)
    tall = _HEIGHT - _BOTTOM - _TOP
    for number, (year, money, limit) in enumerate(zip(years, spent, budget, strict=True)):
        x, top, line = _LEFT + number * room, tall * money / high, _HEIGHT - _BOTTOM - tall * limit / high
        body += Markup('<rect x="{}" y="{}" width="{}" height="{}" fill="#2f7ebc"/>').format(
            round(x + room * 0.2, 1), round(_HEIGHT - _BOTTOM - top, 1), round(room * 0.6, 1), round(top, 1)
        )
        body += Markup('<path d="M{} {}h{}" stroke="#b35900" stroke-width="3"/><text x="{}" y="{}" text-anchor="middle">{}</text>').format(
            round(x + room * 0.1, 1), round(line, 1), round(room * 0.8, 1), round(x + room / 2, 1), _HEIGHT - 18, year
        )
    return _svg(body, label)


def time_bars(rows: Sequence[tuple[str, int, int]], years: Sequence[int], label: str) -> Markup:
    """One bar a row: its name, first and last year."""
    step, left = 24, 250
    room = (_WIDTH - left - 8) / len(years)
    height = step * (len(rows) + 1) + 8
    body = Markup()
    for number, year in enumerate(years):
        x = left + number * room
        body += Markup('<path d="M{} 20V{}" stroke="#d5dbe2"/><text x="{}" y="14" text-anchor="middle">{}</text>').format(
            round(x, 1), height, round(x + room / 2, 1), year
        )
    for number, (name, first, last) in enumerate(rows):
        y = 24 + number * step
        body += Markup('<text x="{}" y="{}" text-anchor="end">{}</text><rect x="{}" y="{}" width="{}" height="16" fill="#2f7ebc"/>').format(
            left - 8, y + 12, name, round(left + (first - years[0]) * room + 2, 1), y, round((last - first + 1) * room - 4, 1)
        )
    return _svg(body, label, height)


def points(
    rows: Sequence[tuple[float, float, float, bool]], label: str, x_texts: tuple[str, str], y_texts: Sequence[str], dots: tuple[str, str]
) -> Markup:
    """Points (x, y, size from 0 to 1, efficient), efficient ones filled; texts at the ends of x and along y; `dots` names the two kinds."""
    right = max([row[0] for row in rows] or [1.0]) or 1.0
    high = max([row[1] for row in rows] or [1.0]) or 1.0
    body = _axis(y_texts)
    for x, y, size, efficient in rows:
        fill, edge = ("#08519c", "#08519c") if efficient else ("none", "#8a94a0")
        body += Markup('<circle cx="{}" cy="{}" r="{}" fill="{}" fill-opacity=".75" stroke="{}" stroke-width="1.5"/>').format(
            round(_LEFT + 14 + (_WIDTH - _LEFT - 40) * x / right, 1),
            round(_HEIGHT - _BOTTOM - (_HEIGHT - _BOTTOM - _TOP) * y / high, 1),
            round(4 + 10 * size, 1),
            fill,
            edge,
        )
    body += Markup('<text x="{}" y="{}">{}</text><text x="{}" y="{}" text-anchor="end">{}</text>').format(
        _LEFT, _HEIGHT - 20, x_texts[0], _WIDTH - 8, _HEIGHT - 20, x_texts[1]
    )
    body += Markup('<circle cx="{}" cy="{}" r="5" fill="#08519c"/><text x="{}" y="{}">{}</text>').format(
        _LEFT, _HEIGHT - 7, _LEFT + 10, _HEIGHT - 3, dots[0]
    )
    body += Markup('<circle cx="{}" cy="{}" r="5" fill="none" stroke="#8a94a0"/><text x="{}" y="{}">{}</text>').format(
        _LEFT + 240, _HEIGHT - 7, _LEFT + 250, _HEIGHT - 3, dots[1]
    )
    return _svg(body, label)
