"""A plan for the town: one target that the twin measures, one that projects state."""

from __future__ import annotations

from pathlib import Path


def write_plan(folder: Path) -> None:
    """A plan of two targets: one that the twin measures, one that projects state."""
    from parkcity.plan.schema import schema

    def table(name: str, *rows: dict[str, str]) -> None:
        header = schema(name).header
        lines = [",".join(header)]
        lines += [",".join({"true_on": "2025-01-01", "known_on": "2025-01-01", **row}.get(column, "") for column in header) for row in rows]
        (folder / "plan" / f"{name}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")

    (folder / "plan").mkdir()
    table("plan", {"id": "p", "name_zh": "规划", "name_en": "Plan", "adopted": "2025-01-01", "starts": "2026-01-01", "ends": "2030-12-31"})
    table(
        "articles",
        {"id": "1", "chapter": "1", "chapter_zh": "一", "chapter_en": "One", "title_zh": "条", "title_en": "Article", "kind": "target"},
    )
    table("owners", {"id": "edu", "name_zh": "教育局", "name_en": "Education"})
    common = {
        "article": "1",
        "kind": "reach",
        "op": "ge",
        "scope": "town",
        "direction": "up",
        "target_year": "2028",
        "binding": "expected",
        "source": "s",
        "confidence": "S",
    }
    served = {
        "id": "T1",
        "indicator": "life_circle.primary_school.within_5_min",
        "name_zh": "小学",
        "name_en": "Schools",
        "unit": "share",
        "target": "0.9",
    }
    ways = {
        "id": "T2",
        "indicator": "greenway_km",
        "name_zh": "绿道",
        "name_en": "Greenways",
        "unit": "km",
        "target": "10",
        "baseline_year": "2024",
        "baseline": "4",
        "baseline_confidence": "S",
    }
    table("targets", {**common, **served}, {**common, **ways})
    row = {
        "id": "A1",
        "indicator": "greenway_km",
        "scope": "town",
        "value": "4",
        "op": "eq",
        "unit": "km",
        "origin": "statistic",
        "source": "s",
        "confidence": "S",
        "true_on": "2024-12-31",
    }
    table("actuals", row)
