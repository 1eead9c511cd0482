"""Reports of decisions as one self-contained page: sections of texts, drawings and tables; no script, no request, prints well."""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib import resources
from importlib.metadata import version
from typing import TYPE_CHECKING

from parkcity.base.words import Lang, Words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markupsafe import Markup


@dataclass(frozen=True)
class Cell:
    """One cell of a table: its text, and whether it stands to the right like a number."""

    text: str
    number: bool = False


@dataclass(frozen=True)
class Sheet:
    """A table: caption, heads and rows of cells."""

    head: tuple[Cell, ...]
    rows: tuple[tuple[Cell, ...], ...]
    caption: str = ""

    @classmethod
    def of(cls, head: Sequence[str], rows: Sequence[Sequence[str]], numbers: Sequence[bool], caption: str = "") -> Sheet:
        """A table from texts; `numbers` says which columns hold numbers."""
        cells = tuple(tuple(Cell(text, flag) for text, flag in zip(row, numbers, strict=True)) for row in rows)
        return cls(tuple(Cell(text, flag) for text, flag in zip(head, numbers, strict=True)), cells, caption)


@dataclass(frozen=True)
class Drawing:
    """A drawing with its caption and a note below it."""

    caption: str
    drawing: Markup
    note: str = ""


@dataclass(frozen=True)
class Section:
    """A section: title, sentences, list items, drawings, tables."""

    title: str
    texts: tuple[str, ...] = ()
    items: tuple[str, ...] = ()
    figures: tuple[Drawing, ...] = ()
    tables: tuple[Sheet, ...] = field(default=())


def render_page(
    title: str, subtitle: str, facts: Sequence[str], sections: Sequence[Section], lang: Lang, patterns: Markup | str = ""
) -> str:
    """The whole page as text; `patterns` are fills that its drawings share."""
    from jinja2 import Environment, StrictUndefined

    folder = resources.files("parkcity.serve.report")
    words = Words.load("parkcity.serve.report", "page_words.csv")
    template = Environment(autoescape=True, undefined=StrictUndefined).from_string(folder.joinpath("page.html").read_text(encoding="utf-8"))
    return template.render(
        lang=lang,
        title=title,
        subtitle=subtitle,
        facts=list(facts),
        sections=list(sections),
        patterns=patterns,
        skip=words.get("skip", lang),
        footer=words.get("footer", lang, version=version("parkcity")),
        style=folder.joinpath("style.css").read_text(encoding="utf-8"),
    )
