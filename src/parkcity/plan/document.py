"""A report as data: sections with paragraphs and tables, in one language, rendered elsewhere as HTML or DOCX.

The same view and language give the same document, and the renderers add no clock, so that a report of an earlier day can be
made again byte for byte.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from parkcity.base.words import Lang, Words
from parkcity.plan.gantt import Gantt, gantt_svg

Row = Mapping[str, str]

COLOUR = "colour"
"""The key under which a row tells the colour of its status; it is no column."""


@dataclass(frozen=True)
class Section:
    """A heading, sentences, and a table with its column titles (`columns`: key and title)."""

    title: str
    paragraphs: tuple[str, ...] = ()
    columns: tuple[tuple[str, str], ...] = ()
    rows: tuple[Row, ...] = ()
    gantt: Gantt | None = None

    @property
    def figure(self) -> str:
        """The picture of the section (SVG), empty where it has none."""
        return gantt_svg(self.gantt) if self.gantt is not None else ""


@dataclass(frozen=True)
class Document:
    """A titled list of sections; `snapshot` names the view that it was made from."""

    title: str
    lang: Lang
    snapshot: str
    sections: tuple[Section, ...]


@cache
def words() -> Words:
    """The texts of the plan."""
    return Words.load("parkcity.plan")


def columns(lang: Lang, *keys: str) -> tuple[tuple[str, str], ...]:
    """Columns by key with their titles."""
    return tuple((key, words().get(f"col.{key}", lang)) for key in keys)


def number(value: object, digits: int = 4) -> str:
    """A number as a person reads it: `digits` significant ones, whole numbers in full, empty for None.

    >>> number(0.333218, 2), number(24763.6), number(None)
    ('0.33', '24,763.6', '')
    """
    if not isinstance(value, int | float):
        return ""
    if abs(value) >= 10 ** (digits - 1):
        text = f"{value:,.1f}"
        return text.removesuffix(".0")
    return f"{value:.{digits}g}"


def marked(text: str, lang: Lang, *, unverified: bool) -> str:
    """A text with the mark of what comes from memory."""
    return f"{text} [{words().get('unverified', lang)}]" if unverified and text else text


def section(title: str, lang: Lang, paragraphs: Sequence[str], keys: Sequence[str], rows: Sequence[Row]) -> Section:
    """A section whose title is a text of the plan."""
    return Section(words().get(title, lang), tuple(paragraphs), columns(lang, *keys), tuple(rows))
