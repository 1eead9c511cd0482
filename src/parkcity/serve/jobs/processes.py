"""What can be asked for as long work: siting, the check-up, exports, reports as PDF. Each is a thin call of its room."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from parkcity.base.errors import Fault, FaultList, InputError
from parkcity.base.words import LANGS, Lang

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from parkcity.serve.accounts.database import Database
    from parkcity.serve.api.desk import Desk

Schema = dict[str, Any]


@dataclass(frozen=True)
class Task:
    """One job at work: the city, what was asked for, where its files go, and how to tell how far it is."""

    desk: Desk
    inputs: Mapping[str, Any]
    folder: Path
    tell: Callable[[str, float], None]
    database: Database

    @property
    def lang(self) -> Lang:
        """The language that was asked for."""
        return "zh" if self.inputs.get("lang") == "zh" else "en"


@dataclass(frozen=True)
class Process:
    """A kind of long work: titles, a JSON Schema of every input (with `required` beside it), and what does it."""

    id: str
    zh: str
    en: str
    inputs: Mapping[str, Schema]
    run: Callable[[Task], dict[str, Any]]
    required: tuple[str, ...] = field(default=())

    def check(self, given: Mapping[str, Any]) -> None:
        """Every fault of the inputs at once."""
        import jsonschema

        schema = {"type": "object", "properties": dict(self.inputs), "required": list(self.required), "additionalProperties": False}
        faults = FaultList()
        for error in sorted(jsonschema.Draft202012Validator(schema).iter_errors(dict(given)), key=lambda entry: list(map(str, entry.path))):
            where = f"inputs.{'.'.join(map(str, error.path))}".rstrip(".")
            allowed = f"{', '.join(self.inputs)}." if error.validator == "additionalProperties" else ""
            faults.add(where, error.message, allowed=allowed)
        faults.check()


def _site(task: Task) -> dict[str, Any]:
    from parkcity.decide.siting import site
    from parkcity.serve.accounts.documents import Documents
    from parkcity.serve.api.scenario_text import document_of
    from parkcity.serve.report.siting import site_lines, siting_lines
    from parkcity.standards import parameter

    given = dict(task.inputs)
    goal, group = given.pop("goal", "coverage"), given.pop("group", "all")
    kind = given.pop("kind")
    if goal == "coverage" and "minutes" not in given and "metres" not in given:
        given["minutes"] = parameter("check_limits", "minutes.15").number
    task.tell("choose sites", 0.2)
    found = site(task.desk.inputs(group), kind, goal=goal, **given)
    plan = found.plan
    sites = [
        {
            **one.row(),
            "zone_zh": one.zone[0],
            "zone_en": one.zone[1],
            "rival": {"id": one.rival, "lon": one.rival_lon, "lat": one.rival_lat, "less": one.rival_less} if one.rival else None,
            "text_zh": site_lines(found, one, "zh"),
            "text_en": site_lines(found, one, "en"),
        }
        for one in found.sites
    ]
    key = Documents(task.database).put(task.desk.id, document_of(found.scenario()))[0] if found.sites else None
    head = {"kind": found.kind, "goal": found.goal, "group": found.group, "limit": found.limit, "unit": {"m": "m", "s": "min"}[found.unit]}
    proof = {"objective": plan.objective, "bound": plan.bound, "gap": plan.gap, "status": plan.status, "how": plan.how}
    numbers = {"before": found.before, "after": found.after, "residents": found.residents, "beyond": found.beyond}
    texts = {f"text_{lang}": siting_lines(found, lang) for lang in LANGS}
    return {**head, "plan": proof, **numbers, "sites": sites, **texts, "scenario": key}


def _check(task: Task) -> dict[str, Any]:
    from parkcity.serve.report.check import run_check

    done = run_check(task.desk.folder, task.folder, task.lang, task.tell)
    return {"files": [*done.manifest["files"], "manifest.json"], "rows": len(done.rows), "twin": done.manifest["twin"]}


def _export(task: Task) -> dict[str, Any]:
    from parkcity.serve.api.exports import export

    task.tell("export", 0.1)
    made = export(task.desk, str(task.inputs["name"]), task.folder, task.tell)
    return {"files": [made.name], "bytes": made.stat().st_size}


def _report(task: Task) -> dict[str, Any]:
    from parkcity.serve.api.exports import report_html
    from parkcity.serve.api.print import pdf_of

    task.tell("draw report", 0.2)
    text = report_html(task.desk, task.lang)
    task.folder.mkdir(parents=True, exist_ok=True)
    page = task.folder / "report.html"
    page.write_text(text, encoding="utf-8")
    if task.inputs.get("format", "pdf") == "html":
        return {"files": ["report.html"]}
    task.tell("print", 0.7)
    (task.folder / "report.pdf").write_bytes(pdf_of(text))
    return {"files": ["report.html", "report.pdf"]}


_LANG: Schema = {"type": "string", "enum": list(LANGS), "default": "en"}
_SITE: dict[str, Schema] = {
    "kind": {"type": "string", "maxLength": 60, "description": "kind of place or sized class", "examples": ["primary_school"]},
    "count": {"type": "integer", "minimum": 1, "maximum": 500, "description": "how many new places; or `cover`"},
    "cover": {"type": "number", "exclusiveMinimum": 0, "maximum": 1, "description": "the fewest places that cover this share"},
    "minutes": {"type": "number", "exclusiveMinimum": 0, "maximum": 120, "description": "longest walk"},
    "metres": {"type": "number", "exclusiveMinimum": 0, "maximum": 20000, "description": "longest walk"},
    "goal": {"type": "string", "enum": ["coverage", "distance"], "default": "coverage"},
    "group": {"type": "string", "maxLength": 60, "default": "all"},
    "seconds": {"type": "number", "minimum": 0, "maximum": 3600, "default": 60, "description": "time for the proof"},
}
PROCESSES: dict[str, Process] = {
    entry.id: entry
    for entry in (
        Process("site", "选址", "Choose sites for new places", _SITE, _site, ("kind",)),
        Process("check", "城市体检", "The check-up with all its files", {"lang": _LANG}, _check),
        Process("export", "导出", "A file of the city", {"name": {"type": "string", "maxLength": 120}}, _export, ("name",)),
        Process(
            "report",
            "体检报告",
            "The report of the check-up as PDF",
            {"lang": _LANG, "format": {"type": "string", "enum": ["pdf", "html"]}},
            _report,
        ),
    )
}


def process(name: str) -> Process:
    """A process by its id; an unknown one raises `InputError`."""
    if name not in PROCESSES:
        raise InputError(Fault("process", f"there is no process '{name}'.", allowed=f"{', '.join(PROCESSES)}."))
    return PROCESSES[name]
