"""What scenarios change, told in words, and as a difference map: who gains, who loses, by how much."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from parkcity.base.cache import atomic_path
from parkcity.base.geo import WGS84, frame
from parkcity.base.times import parse_date
from parkcity.base.words import Lang, Words

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from parkcity.decide.compare import Comparison, Pair
    from parkcity.decide.moved import Moved
    from parkcity.twin.scenario import TwinUnder

_WORDS = ("parkcity.serve.report", "whatif_words.csv")


def scenario_lines(comparison: Comparison, lang: Lang, only: TwinUnder | None = None) -> list[str]:
    """For every scenario, or only one: what it does, what it costs, who gains and who loses."""
    words = Words.load(*_WORDS)
    lines: list[str] = []
    for city, row in zip(comparison.scenarios, comparison.summary(), strict=True):
        if only is not None and city is not only:
            continue
        lines.append(words.get("scenario", lang, name=city.scenario.name(lang), id=city.scenario.id))
        if city.cost:
            lines.append("  " + words.get("cost", lang, cost=f"{city.cost:,.0f}"))
        if not city.effects:
            lines.append("  " + words.get("nothing", lang))
            continue
        lines.append("  " + words.get("did", lang))
        lines += [f"    {number}. {effect.text(lang)}" for number, effect in enumerate(city.effects, start=1)]
        counts = {name: f"{row[name]:,.0f}" for name in ("winners", "losers", "both", "unchanged")}
        lines.append("  " + words.get("sides", lang, **counts))
        lines.append("  " + _losing_side(comparison, city, words, lang))
    return lines


def _losing_side(comparison: Comparison, city: TwinUnder, words: Words, lang: Lang) -> str:
    """The losing side is always told, even where it is empty."""
    worst: tuple[float, Pair] | None = None
    for pair in comparison.pairs:
        if pair.scenario is city and pair.after.group == "all" and not pair.untouched:
            losers = float(pair.residents[pair.sides() < 0].sum())
            if losers > 0 and (worst is None or losers > worst[0]):
                worst = (losers, pair)
    if worst is None:
        return words.get("no_losers", lang)
    return words.get("worst", lang, name=worst[1].indicator.name(lang), losers=f"{worst[0]:,.0f}")


def target_lines(moved: Sequence[Moved], lang: Lang) -> list[str]:
    """Which targets of the plan move, as sentences."""
    words = Words.load(*_WORDS)
    lines = []
    for row in moved:
        closed = words.get("met", lang) if row.met else "\u2013" if row.gap_closed is None else f"{row.gap_closed:+.1%}"
        values = {"baseline": f"{row.baseline:.6g}", "value": f"{row.value:.6g}", "goal": f"{row.goal:.6g}"}
        lines.append(words.get("target", lang, id=row.target.id, name=row.name(lang), closed=closed, **values))
    return lines


def scenario_meta(comparison: Comparison) -> list[dict[str, Any]]:
    """Every scenario as plain values: names, cost, both sides, and what each change did in both languages."""
    rows = []
    for city, row in zip(comparison.scenarios, comparison.summary(), strict=True):
        names = {"name_zh": city.scenario.name("zh"), "name_en": city.scenario.name("en"), "note": city.scenario.note}
        did = [{"change": effect.change, "zh": effect.text("zh"), "en": effect.text("en"), "cost": effect.cost} for effect in city.effects]
        rows.append({**row, **names, "twin": city.hash, "effects": did})
    return rows


def write_difference_map(path: Path, comparison: Comparison) -> None:
    """A GeoPackage with one layer a scenario: for every cell and changed indicator the side and the improvement.

    `side_…` is 1 where residents gain, -1 where they lose, 0 elsewhere; `gain_…` is the change of the value, signed so that more is
    better, empty where there is no number before or after. The same twin gives the same bytes.
    """
    import pyogrio

    twin = comparison.base
    as_of = parse_date(str(twin.manifest["as_of"]))[0]
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": f"{as_of.isoformat()}T00:00:00.000Z"})
    with atomic_path(path) as temporary:
        temporary.unlink()
        for city in comparison.scenarios:
            columns: dict[str, Any] = {"id": twin.cells["id"].to_numpy(), "residents": twin.residents()}
            for pair in comparison.pairs:
                if pair.scenario is city and not pair.untouched and pair.cell_sign and pair.sides().any():
                    suffix = "" if pair.after.group == "all" else f"_{pair.after.group}"
                    name = pair.indicator.id.replace(".", "_") + suffix
                    columns[f"side_{name}"] = pair.sides().astype(np.int32)
                    columns[f"gain_{name}"] = pair.improvement()
            table = frame(columns, twin.cells.geometry.to_numpy(), WGS84)
            pyogrio.write_dataframe(table, temporary, layer=city.scenario.id, driver="GPKG", append=temporary.exists())
