"""`./run docs`: pages that are generated from the registries, so that they cannot drift from the code.

`./run docs --check` compares them with the files that are there, and names those that differ.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from parkcity.base.spec import schema
from parkcity.insight.registry import INDICATORS
from parkcity.sense.kinds import kinds
from parkcity.sense.raw import READERS
from parkcity.serve.docs_indicators import indicator_pages

if TYPE_CHECKING:
    from collections.abc import Sequence


def pages() -> dict[str, str]:
    """Every generated page by its name below `docs/`."""
    return {
        "indicators.md": _indicators(),
        **indicator_pages(),
        "readers.md": _readers(),
        "kinds.md": _kinds(),
        "city.schema.json": json.dumps(schema(), ensure_ascii=False, indent=2) + "\n",
    }


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in line) + " |" for line in lines)


def _indicators() -> str:
    rows = [
        (
            f"`{item.id}`",
            item.name_zh,
            item.name_en,
            item.unit,
            item.polarity,
            item.form,
            item.clause.citation if item.clause.official else "engine default",
            item.clause.confidence,
            ", ".join(item.groups),
        )
        for item in INDICATORS
    ]
    head = ("id", "名称", "name", "unit", "better", "form", "clause", "confidence", "groups")
    text = (
        "`parkcity indicators CITY` says which of these a city can measure and what the others need. A number of a tier is the sum of\n"
        "the parts of its cells over the sum of their wholes; forms are explained in `ARCHITECTURE.md`."
    )
    return f"# Indicators\n\n{len(rows)} indicators. {text}\n\n{_table(head, rows)}\n"


def _readers() -> str:
    parts = ["# Readers\n\nWhat `reader` may say in `city.toml`, with the options of each."]
    for reader in READERS:
        rows = [(f"`{name}`", option.type.__name__, _default(option.default), option.doc) for name, option in reader.options.items()]
        table = _table(("option", "type", "default", "meaning"), rows) if rows else "No options."
        parts.append(f"## `{reader.id}`\n\nReads {reader.doc} Gives: {', '.join(reader.layers)}.\n\n{table}")
    return "\n\n".join(parts) + "\n"


def _default(value: Any) -> str:
    if value is None:
        return "must be given"
    return "empty" if value in ("", [], {}) else f"`{value}`"


def _kinds() -> str:
    rows = [(f"`{item.id}`", item.zh, item.en, item.theme, f"`{item.osm}`") for item in kinds().values()]
    return f"# Kinds of places\n\n{_table(('id', '名称', 'name', 'theme', 'OpenStreetMap tags'), rows)}\n"


@click.command()
@click.option("--check", is_flag=True, help="Write nothing; fail if a page differs.")
@click.option("--out", type=click.Path(file_okay=False), default="docs", show_default=True, help="Where the pages stand.")
def main(out: str, *, check: bool) -> None:
    """Write the pages that are generated from the registries."""
    folder = Path(out)
    stale = [name for name, text in pages().items() if not (folder / name).is_file() or (folder / name).read_text(encoding="utf-8") != text]
    if check:
        if stale:
            click.echo(f"these pages are not what the code says: {', '.join(stale)}; run ./run docs", err=True)
            sys.exit(1)
        return
    folder.mkdir(parents=True, exist_ok=True)
    for name in stale:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(pages()[name], encoding="utf-8", newline="\n")
        click.echo(f"written: {folder / name}")


if __name__ == "__main__":
    main()
