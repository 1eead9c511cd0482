"""`city.toml`: the one declaration of a city, read strictly.

Unknown keys, missing keys and wrong types are all told at once, with the line where the key stands. The same JSON Schema
that checks the file is published for editors.
"""

from __future__ import annotations

import json
import re
import tomllib
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

from parkcity.base.errors import Fault, FaultList, InputError, UsageError
from parkcity.base.geo import normalise_datum
from parkcity.base.times import parse_date

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jsonschema.exceptions import ValidationError

FILENAME = "city.toml"
CELL = "cell"
"""The name by which a table says that its rows speak of cells rather than of a tier's zones."""


@dataclass(frozen=True)
class SourceSpec:
    """One source: which file, how to read it, and what it is."""

    id: str
    layer: str
    reader: str
    path: str
    date: str
    licence: str
    attribution: str
    datum: str
    options: Mapping[str, Any]
    datum_checked: bool = False
    coverage: str = "area"
    note: str = ""


@dataclass(frozen=True)
class TierSpec:
    """One division of the city: zones from a source, or a grouping of another tier's zones by a table."""

    id: str
    name_zh: str
    name_en: str
    source: str
    key: str = ""
    name: str = ""
    code: str = ""
    english_source: str = ""
    english_key: str = ""
    english_name: str = ""
    groups: str = ""
    group_key: str = ""
    group_zone: str = ""
    group_name_zh: str = ""
    group_name_en: str = ""


@dataclass(frozen=True)
class CellsSpec:
    """Cells that the city lays itself: squares or H3 hexagons. Without a grid the cells are those of the cells source."""

    grid: str = ""
    side_m: float = 0.0
    resolution: int = 0


@dataclass(frozen=True)
class MarginSpec:
    """How the residents of a tier's zones are made up: by age, by sex, or by both."""

    source: str
    key: str
    tier: str
    columns: Mapping[str, str]


@dataclass(frozen=True)
class TransitSpec:
    """What journeys by transit cost: tables of fares and of the zones of stops, relative to the city's folder."""

    fares: str = ""
    fare_zones: str = ""


@dataclass(frozen=True)
class PlacesSpec:
    """How several lists of places become one: the sources in the order in which they are believed; empty, they are not matched."""

    precedence: tuple[str, ...] = ()


@dataclass(frozen=True)
class IncomeSpec:
    """Where it is known how well off residents are: a column of the cells, or of a table by cell or by zone.

    `higher`: does a higher number mean `better` off (income) or `worse` (an index of deprivation)?
    """

    source: str
    column: str
    key: str = ""
    tier: str = ""
    higher: Literal["better", "worse"] = "better"


@dataclass(frozen=True)
class JobsSpec:
    """Where the jobs come from and how they get onto the cells."""

    source: str
    column: str
    key: str = ""
    tier: str = ""
    spread: str = "area"
    sectors: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class PeopleSpec:
    """Where the residents come from and how their ages are spread."""

    source: str
    night: str
    day: str = ""
    key: str = ""
    tier: str = ""
    spread: str = "area"
    margins: tuple[MarginSpec, ...] = ()
    age_source: str = ""
    age_key: str = ""
    age_tier: str = ""
    age_bands: Mapping[str, str] = field(default_factory=dict)
    control_source: str = ""
    control_key: str = ""
    control_column: str = ""
    compare_source: str = ""
    compare_key: str = ""
    compare_column: str = ""


@dataclass(frozen=True)
class CitySpec:
    """A city as declared. `folder` is where `city.toml` stands; all paths are relative to it."""

    folder: Path
    id: str
    name_zh: str
    name_en: str
    area_tier: str
    area_zones: tuple[str, ...]
    tiers: tuple[TierSpec, ...]
    sources: tuple[SourceSpec, ...]
    people: PeopleSpec
    crs: str = ""
    as_of: str = ""
    drives_on: Literal["right", "left"] = "right"
    attach: Mapping[str, float] = field(default_factory=dict)
    indicators: Mapping[str, Any] = field(default_factory=dict)
    commute: Mapping[str, Any] = field(default_factory=dict)
    transit: TransitSpec = field(default_factory=TransitSpec)
    cells: CellsSpec = field(default_factory=CellsSpec)
    jobs: JobsSpec | None = None
    income: IncomeSpec | None = None
    places: PlacesSpec = field(default_factory=PlacesSpec)

    def source(self, source_id: str) -> SourceSpec:
        """The source with this id."""
        for source in self.sources:
            if source.id == source_id:
                return source
        msg = f"{FILENAME} declares no source '{source_id}'; it has: {', '.join(source.id for source in self.sources)}"
        raise UsageError(msg)

    def of_layer(self, layer: str) -> tuple[SourceSpec, ...]:
        """The sources that feed one layer, in the order of the file."""
        return tuple(source for source in self.sources if source.layer == layer)

    def path(self, source: SourceSpec) -> Path:
        """Where a source's file lies."""
        return self.folder / source.path

    def date_of_record(self) -> str:
        """The date that ages are counted from: `as_of`, else the newest date of any source."""
        return self.as_of or max((source.date for source in self.sources), key=lambda text: parse_date(text)[0])


@cache
def schema() -> dict[str, Any]:
    """The JSON Schema of `city.toml`."""
    text = resources.files("parkcity.base").joinpath("city.schema.json").read_text(encoding="utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


def load(folder: Path | str) -> CitySpec:
    """Read a city's declaration.

    Raises `InputError` with every fault: not TOML, unknown or missing keys, wrong types, files that are not there, dates
    and datums that cannot be read, references to sources or tiers that are not declared.
    """
    folder = Path(folder)
    path = folder / FILENAME
    if not path.is_file():
        todo = "name a city's folder, such as examples/chengdu"
        raise InputError(Fault(str(path), "there is no such file.", todo=todo))
    text = path.read_text(encoding="utf-8-sig", errors="replace")
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(Fault(str(path), f"this is not TOML: {error}.")) from None
    faults = FaultList()
    _check_schema(document, text, str(path), faults)
    faults.check()
    spec = _assemble(folder, document)
    _check_references(spec, text, faults)
    faults.check()
    return spec


def _check_schema(document: dict[str, Any], text: str, where: str, faults: FaultList) -> None:
    from jsonschema import Draft202012Validator

    for error in sorted(Draft202012Validator(schema()).iter_errors(document), key=lambda item: list(map(str, item.absolute_path))):
        faults.extend(_schema_faults(error, text, where))


def _schema_faults(error: ValidationError, text: str, where: str) -> list[Fault]:
    section = _section_name(error)
    part: Any = error.schema
    instance: Any = error.instance
    if error.validator == "additionalProperties":
        known = sorted(part["properties"])
        unknown = [key for key in instance if key not in known]
        allowed = f"{', '.join(known)}."
        return [Fault(where, f"unknown key '{key}' in {section}.", allowed, row=_line_of(text, key)) for key in unknown]
    if error.validator == "required":
        # One error of this kind stands for each missing key; its message begins with the key in quotes.
        key = error.message.split("'")[1]
        return [Fault(where, f"{section} lacks the key '{key}'.", _describe(part, key))]
    key = str(error.absolute_path[-1]) if error.absolute_path else ""
    allowed = part.get("description") or f"{error.validator}: {error.validator_value}"
    return [Fault(where, f"'{key}' in {section} is {instance!r}.", f"{allowed}.", row=_line_of(text, key))]


def _section_name(error: ValidationError) -> str:
    path = list(error.absolute_path)
    if error.validator not in {"additionalProperties", "required"} and path:
        path = path[:-1]
    if not path:
        return "the file"
    words = [f"[{path[0]}]" if not isinstance(path[0], int) else str(path[0])]
    words += [f"number {part + 1}" if isinstance(part, int) else f"'{part}'" for part in path[1:]]
    return " ".join(words)


def _describe(schema_part: Any, key: str) -> str:
    description = schema_part.get("properties", {}).get(key, {}).get("description", "")
    return f"{description}." if description else ""


def _line_of(text: str, key: str) -> int | None:
    pattern = re.compile(rf'^\s*(?:\[+\s*)?"?{re.escape(key)}"?\s*(?:=|\])')
    for number, line in enumerate(text.splitlines(), start=1):
        if pattern.search(line):
            return number
    return None


def _assemble(folder: Path, document: dict[str, Any]) -> CitySpec:
    city = document["city"]
    sources = tuple(
        SourceSpec(
            **{key: entry[key] for key in entry if key != "options"},
            options=MappingProxyType(dict(entry.get("options", {}))),
        )
        for entry in document["sources"]
    )
    people = dict(document["people"])
    people["age_bands"] = MappingProxyType(dict(people.get("age_bands", {})))
    people["margins"] = tuple(
        MarginSpec(**{**entry, "columns": MappingProxyType(dict(entry["columns"]))}) for entry in people.get("margins", ())
    )
    jobs = dict(document["jobs"]) if "jobs" in document else None
    return CitySpec(
        folder=folder,
        id=city["id"],
        name_zh=city["name_zh"],
        name_en=city["name_en"],
        crs=city.get("crs", ""),
        as_of=city.get("as_of", ""),
        drives_on=city.get("drives_on", "right"),
        area_tier=document["area"]["tier"],
        area_zones=tuple(document["area"].get("zones", ())),
        tiers=tuple(TierSpec(**entry) for entry in document["tiers"]),
        sources=sources,
        people=PeopleSpec(**people),
        places=PlacesSpec(tuple(document.get("places", {}).get("precedence", ()))),
        cells=CellsSpec(**document.get("cells", {})),
        jobs=None if jobs is None else JobsSpec(**{**jobs, "sectors": MappingProxyType(dict(jobs.get("sectors", {})))}),
        income=IncomeSpec(**document["income"]) if "income" in document else None,
        attach=MappingProxyType(dict(document.get("attach", {}))),
        indicators=MappingProxyType(dict(document.get("indicators", {}))),
        commute=MappingProxyType(dict(document.get("commute", {}))),
        transit=TransitSpec(**document.get("transit", {})),
    )


def _check_references(spec: CitySpec, text: str, faults: FaultList) -> None:
    where = str(spec.folder / FILENAME)
    for noun, ids in (("source", [item.id for item in spec.sources]), ("tier", [item.id for item in spec.tiers])):
        for item_id in sorted({item for item in ids if ids.count(item) > 1}):
            faults.add(where, f"{noun} '{item_id}' is declared twice.", todo="give each its own id")
    _check_sources(spec, text, faults)
    for key, name in (("fares", spec.transit.fares), ("fare_zones", spec.transit.fare_zones)):
        if name and (Path(name).is_absolute() or ".." in Path(name).parts or not (spec.folder / name).is_file()):
            todo = f"correct `{key}`, or add the file below the city's folder"
            faults.add(spec.folder / name, f"[transit] {key}: there is no such file in the city's folder.", todo=todo)
    known = {source.id for source in spec.sources}
    people = spec.people
    wanted = [(f"tier '{tier.id}'", name) for tier in spec.tiers for name in (tier.source, tier.groups, tier.english_source) if name]
    wanted += [("[people]", name) for name in (people.source, people.age_source, people.control_source, people.compare_source) if name]
    wanted += [("[[people.margins]]", margin.source) for margin in people.margins]
    wanted += [("[places] precedence", name) for name in spec.places.precedence]
    wanted += [("[jobs]", spec.jobs.source)] if spec.jobs else []
    wanted += [("[income]", spec.income.source)] if spec.income else []
    for owner, name in wanted:
        if name not in known and name not in {tier.id for tier in spec.tiers}:
            row = _line_of(text, "source")
            faults.add(where, f"{owner} names the source '{name}', which is not declared.", allowed=f"{', '.join(sorted(known))}.", row=row)
    tiers = [tier.id for tier in spec.tiers]
    named = [("[area]", spec.area_tier), ("[people] age_tier", people.age_tier)]
    named += [("[[people.margins]]", margin.tier) for margin in people.margins]
    asked = [("[people] tier", people.tier), *([("[jobs] tier", spec.jobs.tier)] if spec.jobs else [])]
    asked += [("[income] tier", spec.income.tier)] if spec.income else []
    named += [(owner, tier) for owner, tier in asked if tier != CELL]
    for owner, name in named:
        if name and name not in tiers:
            faults.add(where, f"{owner} names the tier '{name}', which is not declared.", allowed=f"{', '.join(tiers)}.")
    for option in ("crs", "as_of"):
        _check_value(option, getattr(spec, option), where, text, faults)


def _check_sources(spec: CitySpec, text: str, faults: FaultList) -> None:
    where = str(spec.folder / FILENAME)
    for source in spec.sources:
        path = spec.path(source)
        if Path(source.path).is_absolute() or ".." in Path(source.path).parts:
            faults.add(
                where, f"source '{source.id}': the path '{source.path}' leaves the city's folder.", todo="put the file below the folder"
            )
        elif not path.exists():
            faults.add(path, f"source '{source.id}': there is no such file.", todo="correct `path` in city.toml, or add the file")
        _check_value("datum", source.datum, f"{where}, source '{source.id}'", text, faults)
        _check_value("date", source.date, f"{where}, source '{source.id}'", text, faults)


def _check_value(option: str, value: str, where: str, text: str, faults: FaultList) -> None:
    if not value:
        return
    try:
        if option in {"date", "as_of"}:
            parse_date(value)
        else:
            normalise_datum(value)
    except (ValueError, UsageError) as error:
        faults.add(where, f"{option}: {error}.", row=_line_of(text, option))
