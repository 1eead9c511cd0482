"""What the report says, gathered from measured indicators as plain values for the template."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from parkcity.base.units import people, unit
from parkcity.base.words import Lang, Words
from parkcity.insight.classes import place_class
from parkcity.insight.gaps import cell_gaps, zone_gaps
from parkcity.insight.inputs import speed_of
from parkcity.insight.registry import INDICATORS
from parkcity.insight.run import status_of
from parkcity.sense.kinds import kind, kinds
from parkcity.sense.osm.islands import CAUSES
from parkcity.serve.report.citations import cited
from parkcity.standards import load

if TYPE_CHECKING:
    from parkcity.insight.registry import Indicator
    from parkcity.insight.run import Measured
    from parkcity.standards import Parameter
    from parkcity.twin.twin import Twin

THEMES = (
    "life_circle",
    "coverage",
    "distance",
    "services",
    "equity",
    "commute",
    "index",
    "green",
    "land",
    "tod",
    "transit",
    "streets",
    "safety",
    "culture",
    "all_age",
    "people",
)
_GROUPS = ("all", "children", "elders")
_FIRST = ("life_circle.index", "life_circle.all_needs")
_GAP_ZONES, _GAP_CELLS = 20, 25


_PEOPLE = frozenset({"residents", "residents_of", "workers"})


def _counts_people(indicator: Indicator) -> bool:
    """Is a part of the indicator a number of persons, and of nothing else?"""
    asked = {entry.provider for entry in indicator.inputs.values()}
    return bool(asked & _PEOPLE) and "jobs" not in asked and "area_km2" not in asked


def isolated(name: str) -> str:
    """A name that may stand in a sentence of another direction: one with letters read from the right is set apart (Unicode UAX 9).

    >>> isolated("Wuhou"), isolated("\u0623\u0646") == "\u2068\u0623\u0646\u2069"
    ('Wuhou', True)
    """
    from_the_right = any(unicodedata.bidirectional(letter) in {"R", "AL"} for letter in name)
    return f"\u2068{name}\u2069" if from_the_right else name


@dataclass(frozen=True)
class Teller:
    """Turns numbers of one check-up into what a person reads in one language."""

    twin: Twin
    rows: list[dict[str, Any]]
    measured: list[Measured]
    words: Words
    lang: Lang

    def text(self, key: str, **slots: object) -> str:
        """A text of the report."""
        return self.words.get(key, self.lang, **slots)

    def _by_key(self) -> dict[tuple[str, str, str, str], dict[str, Any]]:
        return {(row["indicator"], row["tier"], row["zone"], row["group"]): row for row in self.rows}

    def shown(self, row: dict[str, Any] | None) -> str:
        """A value with its unit, or a dash."""
        if row is None or row["value"] is None:
            return "–"
        return unit(row["unit"]).text(row["value"], self.lang)

    def zone_name(self, tier: str, zone: str) -> str:
        """The name of a zone in the report's language."""
        zones = self.twin.tier_zones(tier)
        return isolated(str(zones.loc[zones["id"] == zone, f"name_{self.lang}"].iloc[0]))

    def headlines(self) -> list[dict[str, Any]]:
        """The main results: city value, residents with and without, grade."""
        by_key = self._by_key()
        cards = []
        for indicator in sorted(INDICATORS, key=lambda entry: (THEMES.index(entry.theme), entry.id not in _FIRST)):
            row = by_key.get((indicator.id, "city", self.twin.spec.id, "all"))
            if indicator.headline and row is not None:
                share = row["unit"] == "share" and row["part"] is not None and _counts_people(indicator)
                count = people(row["part"], self.lang) if share else ""
                cards.append(
                    {
                        "id": indicator.id,
                        "name": indicator.name(self.lang),
                        "value": self.shown(row),
                        "people": count,
                        "grade": row["grade"],
                    }
                )
        return cards

    def findings(self) -> list[str]:
        """Plain sentences: who has what, where least, where the largest gap is, what could not be measured."""
        return [*self._index_finding(), *self._share_findings(), *self._gap_finding(), self._missing_finding()]

    def _index_finding(self) -> list[str]:
        by_key = self._by_key()
        city = self.twin.spec.id
        index = by_key.get(("life_circle.index", "city", city, "all"))
        every = by_key.get(("life_circle.all_needs", "city", city, "all"))
        if index is None or every is None:
            return []
        needs = len(self.measured[0].inputs.measurable_needs())
        return [self.text("finding_index", needs=needs, value=self.shown(index), all=self.shown(every))]

    def _share_findings(self) -> list[str]:
        sentences = []
        for class_id in ("primary_school", "park", "metro_station"):
            name = f"life_circle.{class_id}.within_15_min"
            zones = [
                row for row in self.rows if row["indicator"] == name and row["tier"] == self.twin.spec.area_tier and row["group"] == "all"
            ]
            city = self._by_key().get((name, "city", self.twin.spec.id, "all"))
            if city is None or not zones:
                continue
            low, high = min(zones, key=lambda row: row["value"]), max(zones, key=lambda row: row["value"])
            sentence = self.text(
                "finding_share",
                total=people(city["whole"], self.lang),
                part=people(city["part"], self.lang),
                share=self.shown(city),
                name=self._need_phrase(class_id),
                worst=self.zone_name(low["tier"], low["zone"]),
                worst_share=self.shown(low),
                best=self.zone_name(high["tier"], high["zone"]),
                best_share=self.shown(high),
            )
            groups = {group: self._by_key().get((name, "city", self.twin.spec.id, group)) for group in ("children", "elders")}
            if any(row is None or row["value"] is None for row in groups.values()):
                sentences.append(sentence)
                continue
            shown = {group: self.shown(row) for group, row in groups.items()}
            sentences.append(f"{sentence} {self.text('finding_groups', **shown)}")
        return sentences

    def _need_phrase(self, class_id: str) -> str:
        name = place_class(class_id).name(self.lang)
        return self.text("phrase_need", name=name)

    def _gap_finding(self) -> list[str]:
        gaps = zone_gaps(self.twin, self.measured, self.twin.spec.area_tier)
        if not gaps:
            return []
        worst = gaps[0]
        zone = self.zone_name(worst["tier"], worst["zone"])
        name = INDICATORS.get(worst["indicator"]).name(self.lang)
        return [self.text("finding_gap", zone=zone, count=people(worst["residents_lacking"], self.lang), name=name)]

    def _missing_finding(self) -> str:
        return self.text("finding_missing", count=len(self.missing()))

    def scorecard(self) -> list[dict[str, Any]]:
        """Every indicator by theme: the city for each group, the lowest and the highest zone, clause and grade."""
        by_key = self._by_key()
        tier = self.twin.spec.area_tier
        themes: list[dict[str, Any]] = []
        for theme in THEMES:
            entries = []
            for item in self.measured:
                indicator = item.indicator
                if indicator.theme != theme or item.group != "all":
                    continue
                zones = [row for row in self.rows if row["indicator"] == indicator.id and row["tier"] == tier and row["group"] == "all"]
                valued = sorted((row for row in zones if row["value"] is not None), key=lambda row: row["value"])
                city = by_key[indicator.id, "city", self.twin.spec.id, "all"]
                entries.append(
                    {
                        "id": indicator.id,
                        "name": indicator.name(self.lang),
                        "values": [self.shown(by_key.get((indicator.id, "city", self.twin.spec.id, group))) for group in _GROUPS],
                        "low": self._zone_value(valued[0]) if valued else "–",
                        "high": self._zone_value(valued[-1]) if valued else "–",
                        "clause": self._cited(indicator.clause),
                        "confidence": indicator.clause.confidence,
                        "grade": city["grade"],
                    }
                )
            if entries:
                themes.append({"id": theme, "name": self.text(f"theme_{theme}"), "entries": entries})
        return themes

    def _zone_value(self, row: dict[str, Any]) -> str:
        return f"{self.zone_name(row['tier'], row['zone'])} {self.shown(row)}"

    def tier_tables(self) -> list[dict[str, Any]]:
        """For every tier a table: zones down, main indicators across; zones outside the study area are named."""
        by_key = self._by_key()
        columns = [item.indicator for item in self.measured if item.indicator.headline and item.group == "all"]
        columns += [INDICATORS.get(name) for name in ("people.residents", "people.elders_share")]
        tables = []
        for tier in self.twin.tiers:
            zones = self.twin.tier_zones(tier)
            lines = []
            for _, zone in zones.iterrows():
                rows = [by_key.get((column.id, tier, zone["id"], "all")) for column in columns]
                if any(row is not None for row in rows):
                    cells = [
                        {"shown": self.shown(row), "grade": row["grade"] if row else "", "key": column.id}
                        for row, column in zip(rows, columns, strict=True)
                    ]
                    lines.append({"zone": zone["id"], "name": zone[f"name_{self.lang}"], "cells": cells})
            outside = [zone[f"name_{self.lang}"] for _, zone in zones.iterrows() if not zone["inside"]]
            name = self.text("city_tier") if tier == "city" else self._tier_name(tier)
            head = [column.name(self.lang) for column in columns]
            tables.append({"tier": tier, "name": name, "head": head, "lines": lines, "outside": outside})
        return tables

    def _tier_name(self, tier: str) -> str:
        spec = next(entry for entry in self.twin.spec.tiers if entry.id == tier)
        return spec.name_zh if self.lang == "zh" else spec.name_en

    def gap_zones(self) -> list[dict[str, Any]]:
        """The largest gaps by zone and norm."""
        return [
            {
                "rank": row["rank"],
                "zone": self.zone_name(row["tier"], row["zone"]),
                "name": INDICATORS.get(row["indicator"]).name(self.lang),
                "lacking": people(row["residents_lacking"], self.lang),
                "share": unit("share").text(row["share_lacking"], self.lang),
                "doubt": people(row["in_doubt"], self.lang),
            }
            for row in zone_gaps(self.twin, self.measured, self.twin.spec.area_tier)[:_GAP_ZONES]
        ]

    def gap_cells(self) -> list[dict[str, Any]]:
        """The cells where most residents lack most."""
        tier = self.twin.spec.area_tier
        member = self.twin.member(tier)
        names = self.twin.tier_zones(tier)[f"name_{self.lang}"].to_numpy()
        return [
            {
                "rank": number,
                "cell": self.twin.cells["id"].iloc[gap.row],
                "zone": names[member[gap.row]],
                "residents": people(gap.residents, self.lang),
                "lacks": [self._short_name(name) for name in gap.lacks],
                "lon": f"{self.twin.cells['lon'].iloc[gap.row]:.5f}",
                "lat": f"{self.twin.cells['lat'].iloc[gap.row]:.5f}",
            }
            for number, gap in enumerate(cell_gaps(self.twin, self.measured)[:_GAP_CELLS], start=1)
        ]

    def _short_name(self, indicator_id: str) -> str:
        """A norm in few words: what, and within which distance."""
        indicator = INDICATORS.get(indicator_id)
        class_id = str(indicator.inputs["distance_m"].args["class_id"])
        assert indicator.limit_m is not None
        return f"{place_class(class_id).name(self.lang)} {unit('m').text(indicator.limit_m, self.lang)}"

    def _cited(self, row: Parameter) -> str:
        return cited(row, self.lang) if row.official else self.text("not_official")

    def missing(self) -> list[dict[str, str]]:
        """What the norms ask for and the data lack: one line for each need, with where such data are usually found."""
        found = Words.load("parkcity.serve.report", "where_found.csv")
        lines: dict[str, dict[str, Any]] = {}
        for indicator in INDICATORS:
            status, needs = status_of(indicator, self.twin)
            if status != "missing":
                continue
            line = lines.setdefault("; ".join(needs), {"needs": needs, "indicators": [], "clause": cited(indicator.clause, self.lang)})
            line["indicators"].append(indicator.id)
        return [
            {
                "needs": "; ".join(self._need_text(need) for need in line["needs"]),
                "count": str(len(line["indicators"])),
                "first": INDICATORS.get(line["indicators"][0]).name(self.lang),
                "clause": line["clause"],
                "where": "; ".join(self._where(found, need) for need in line["needs"]),
            }
            for line in lines.values()
        ]

    def _need_text(self, need: str) -> str:
        if not need.startswith("places:"):
            known = Words.load("parkcity.serve.report", "needs_words.csv")
            return known.get(need, self.lang) if known.has(need) else need
        name, _, rest = need.removeprefix("places:").partition(" ")
        return f"{kind(name).name(self.lang)} {rest}".strip() if name in kinds() else need

    def _where(self, found: Words, need: str) -> str:
        name = need.removeprefix("places:").partition(" ")[0]
        if name not in kinds():
            known = Words.load("parkcity.serve.report", "needs_words.csv")
            return known.get(f"{need}.where", self.lang) if known.has(f"{need}.where") else "–"
        hints = [found.get(kind(name).theme, self.lang, osm=kind(name).osm)]
        windows = self.twin.layer("openstreetmap").meta["windows"] if self.twin.has("openstreetmap") else {}
        for source, window in windows.items():
            share = unit("share").text(window["share_of_area"], self.lang)
            hints += [self.text("window_note", source=source, share=share, count=count) for count in (window["kinds"].get(name),) if count]
        return "; ".join(hints)

    def sources(self) -> list[dict[str, Any]]:
        """Every source with date, licence, rows and remarks."""
        layers = self.twin.manifest["layers"]
        rows = []
        for row in self.twin.manifest["sources"]:
            remarks = list(row["remarks"])
            if row["note"]:
                remarks.insert(0, row["note"])
            if row["refused"]:
                remarks.append(self.text("refused", count=len(row["refused"])))
            rows.append({**row, "remarks": remarks, "rows": f"{row['rows_in']:,} / {row['rows_kept']:,}"})
        for name, entry in layers.items():
            remarks = entry["meta"].get("remarks", [])
            if remarks:
                rows.append(
                    {"id": name, "layer": name, "date": "", "licence": "", "attribution": "", "datum": "", "rows": "", "remarks": remarks}
                )
        return rows

    def method(self) -> list[dict[str, Any]]:
        """Formula, parameters, clause and confidence of every indicator that was measured."""
        seen: dict[str, dict[str, Any]] = {}
        for item in self.measured:
            indicator = item.indicator
            seen.setdefault(
                indicator.id,
                {
                    "id": indicator.id,
                    "name": indicator.name(self.lang),
                    "formula": indicator.formula,
                    "parameters": [
                        f"{name} = {row.value} {row.unit} ({self._cited(row)}, {row.confidence})"
                        for name, row in indicator.parameters.items()
                    ],
                    "clause": self._cited(indicator.clause),
                    "confidence": indicator.clause.confidence,
                },
            )
        return list(seen.values())

    def speeds(self) -> list[dict[str, str]]:
        """Walking speed of every group, with its source."""
        rows = []
        for row in load("groups"):
            speed = speed_of(row.id)
            rows.append(
                {
                    "group": row.extra[f"name_{self.lang}"],
                    "speed": f"{speed.number:g} m/s",
                    "source": self._cited(speed),
                    "confidence": speed.confidence,
                }
            )
        return rows

    def quality(self) -> list[str]:
        """Totals, attachment failures, pieces of the network, and the datum of every source, in sentences."""
        twin, lines = self.twin, []
        totals = twin.layer("people").meta["totals"]
        night = f"{totals['night']:,.0f}"
        lines += self._counted("people", "people_line", night=night)
        if twin.has("jobs"):
            lines += self._counted("jobs", "jobs_line", jobs=f"{twin.layer('jobs').meta['total']:,.0f}")
        if "day" in totals:
            lines.append(self.text("day_night", night=night, day=f"{totals['day']:,.0f}"))
        for row in twin.layer("people").meta.get("compared", []):
            zone = self.zone_name(twin.spec.people.age_tier, row["zone"])
            numbers = {name: f"{row[name]:,.0f}" for name in ("residents", "official")}
            lines.append(self.text("compared_line", zone=zone, ratio=f"{row['residents'] / row['official'] - 1:+.1%}", **numbers))
        return lines + (self._attached() if twin.has("attachments") else [self.text("no_streets_line")])

    def _counted(self, layer: str, key: str, **slots: str) -> list[str]:
        """How residents or jobs came onto the cells, and how many lie beyond the study area."""
        meta = self.twin.layer(layer).meta
        lines = [self.text(key if meta["method"] == "given" else f"{key}_{meta['method']}", **slots)]
        outside = meta["outside"]["night"] if layer == "people" else meta["outside"]
        return lines + ([self.text(f"{layer}_outside", count=f"{outside:,.0f}")] if outside >= 1 else [])

    def _attached(self) -> list[str]:
        """What meets the streets and what does not, the pieces of the network, and the datum of every source."""
        twin, lines = self.twin, []
        attachments = twin.layer("attachments")
        failures = attachments.table("failures")
        counts = {what: int((failures["what"] == what).sum()) for what in ("cell", "place")}
        limit = f"{attachments.meta['limit_m']:,.0f}"
        lines.append(self.text("failures_line", cells=counts["cell"], places=counts["place"], limit=limit))
        pieces = twin.layer("streets").table("pieces")
        causes = {cause: int((pieces["cause"] == cause).sum()) for cause in CAUSES}
        km = f"{pieces['length_km'].sum():,.1f}"
        lines.append(self.text("pieces_line", count=len(pieces), km=km, **causes))
        for source, strength in sorted(attachments.meta["datum_evidence"].items()):
            readings = ", ".join(f"{name} {value:.2f}" for name, value in strength.items())
            lines.append(self.text("datum_line", source=source, readings=readings))
        return lines

    def flags(self) -> list[str]:
        """The flags that lower grades, with the largest size found in the city, worst first."""
        largest: dict[str, float] = {}
        for item in self.measured:
            for flag in item.flags("city"):
                largest[flag.id] = max(largest.get(flag.id, 0.0), float(np.max(flag.size)))
        shown = []
        for rule in load("completeness_rules"):
            flag_id = rule.extra["flag"]
            size = largest.get(flag_id)
            value = "–" if size is None else (f"{size:.1%}" if rule.unit.startswith("share of") else f"{size:,.1f}")
            bound = f"{self.text('at_least')} {rule.value}" if rule.number else "> 0"
            shown.append(f"{self.text('flag_' + flag_id)}: {bound} → {rule.extra['grade']} ({value})")
        return shown

    def header(self) -> dict[str, str]:
        """City, date, area, residents."""
        twin = self.twin
        city = twin.tier_zones("city").iloc[0]
        return {
            "city": str(city[f"name_{self.lang}"]),
            "as_of": self.text("as_of", date=twin.manifest["as_of"]),
            "area": self.text("area", area=f"{city['area_km2']:,.1f}"),
            "residents": self.text("residents", count=people(float(twin.residents().sum()), self.lang)),
            "cells": self.text("cells", count=f"{len(twin.cells):,}"),
            "hash": self.text("twin_hash", hash=twin.hash[:12]),
        }
