/** The plan: targets with path, actuals, forecast and warning lights; documents by one click. */

import { useState } from "preact/hooks";

import type { City, Indicator, Target } from "./api";
import { base, get, name } from "./api";
import { Chart } from "./chart";
import { LIGHTS, MARKS } from "./colours";
import { amount } from "./numbers";
import { Pick, Waiting, useAsked } from "./parts";
import type { View } from "./view";
import type { Key } from "./words";
import { word } from "./words";

interface Warned { level: number; rule: string; subject: string; name: string; why: string; owner: string; since: string; remedy: string }
interface PlanView { at: string; owners: { id: string; name_zh: string; name_en: string }[]; dimensions: { id: string; name_zh: string; name_en: string }[]; tasks: number; targets: number; lights: Record<string, number>; chapters: { id: string; name_zh: string; name_en: string }[]; document: { name_zh: string; name_en: string; starts: string; ends: string } }

export function Plan({ city, view, onIndicator }: { city: City; view: View; onIndicator: (indicator: Indicator) => void }) {
  const { lang } = view;
  const [chapter, setChapter] = useState("");
  const [light, setLight] = useState("");
  const [owner, setOwner] = useState("");
  const [dimension, setDimension] = useState("");
  const [words, setWords] = useState("");
  const plan = useAsked<PlanView | null>((signal) => (city.has_plan ? get(`${base(city)}/plan`, signal) : Promise.resolve(null)), [city.id]);
  const query = new URLSearchParams({ limit: "500", ...(chapter && { chapter }), ...(light && { light }), ...(owner && { owner }), ...(dimension && { dimension }), ...(words && { q: words }) });
  const targets = useAsked<{ rows: Target[] } | null>((signal) => (city.has_plan ? get(`${base(city)}/plan/targets?${query}`, signal) : Promise.resolve(null)), [city.id, String(query)]);
  if (!city.has_plan) return <p>{word("no_plan", lang)}</p>;
  if (!plan.value) return <Waiting fault={plan.fault} lang={lang} />;
  const year = Math.min(Number(plan.value.document.ends.slice(0, 4)), Number(plan.value.at.slice(0, 4)));
  const files = `${base(city)}/plan`;
  return (
    <>
      <h2>{name(plan.value.document, lang)}</h2>
      <p class="lights">{Object.entries(plan.value.lights).map(([id, count]) => <Light key={id} id={id} text={`${count} ${word(`light_${id}` as Key, lang)}`} />)}</p>
      <details><summary>{word("documents", lang)}</summary><ul class="plain">
        {(["html", "docx", "pdf"] as const).map((form) => <li key={form}><a href={`${files}/documents/annual/${year}?lang=${lang}&format=${form}`} target="_blank" rel="noreferrer">{word("annual", lang)} {year} ({form})</a> · <a href={`${files}/documents/evaluation?lang=${lang}&format=${form}`} target="_blank" rel="noreferrer">{word("evaluation", lang)} ({form})</a></li>)}
        <li><a href={`${files}/files/gantt.svg?lang=${lang}`} target="_blank" rel="noreferrer">{word("gantt", lang)} (svg)</a> · <a href={`${files}/files/plan.xlsx?lang=${lang}`}>xlsx</a> · <a href={`${files}/files/calendar.ics?lang=${lang}`}>ics</a> · <a href={`${files}/files/project.xml?lang=${lang}`}>MS Project</a></li>
      </ul></details>
      <Warnings city={city} view={view} />
      {plan.value.tasks > 0 && <details><summary>{word("gantt", lang)}</summary><a href={`${files}/files/gantt.svg?lang=${lang}`} target="_blank" rel="noreferrer"><img class="gantt" src={`${files}/files/gantt.svg?lang=${lang}`} alt={`${word("gantt", lang)} (${plan.value.tasks})`} loading="lazy" /></a></details>}
      <div class="tools">
        <Pick label={word("chapter", lang)} value={chapter} onChange={setChapter}><option value="">{word("every", lang)}</option>{plan.value.chapters.map((one) => <option key={one.id} value={one.id}>{one.id} {name(one, lang)}</option>)}</Pick>
        {plan.value.dimensions.length > 0 && <Pick label={word("theme", lang)} value={dimension} onChange={setDimension}><option value="">{word("every", lang)}</option>{plan.value.dimensions.map((one) => <option key={one.id} value={one.id}>{name(one, lang)}</option>)}</Pick>}
        {plan.value.owners.length > 0 && <Pick label={word("owner", lang)} value={owner} onChange={setOwner}><option value="">{word("every", lang)}</option>{plan.value.owners.map((one) => <option key={one.id} value={one.id}>{name(one, lang)}</option>)}</Pick>}
        <Pick label={word("lights", lang)} value={light} onChange={setLight}><option value="">{word("every", lang)}</option>{Object.keys(plan.value.lights).map((id) => <option key={id} value={id}>{word(`light_${id}` as Key, lang)}</option>)}</Pick>
        <label class="pick"><span>{word("find_target", lang)}</span><input type="search" value={words} onInput={(event) => setWords(event.currentTarget.value)} /></label>
      </div>
      {!targets.value ? <Waiting fault={targets.fault} lang={lang} /> : <ul class="targets">{targets.value.rows.map((target) => <One key={target.target} target={target} city={city} view={view} onIndicator={onIndicator} />)}</ul>}
    </>
  );
}

/** Early warnings, the gravest first: why, who, since when, and what would bring the target back. */
function Warnings({ city, view }: { city: City; view: View }) {
  const { lang } = view;
  const [open, setOpen] = useState(false);
  const asked = useAsked<{ meta: { total: number }; rows: Warned[] } | null>((signal) => (open ? get(`${base(city)}/plan/warnings?lang=${lang}&limit=200`, signal) : Promise.resolve(null)), [city.id, lang, open]);
  return (
    <details onToggle={(event) => setOpen((event.currentTarget as HTMLDetailsElement).open)}><summary>{word("warnings", lang)}</summary>
      {!asked.value ? <Waiting fault={asked.fault} lang={lang} /> : (
        <ul class="targets">{asked.value.rows.map((row) => <li key={`${row.rule}/${row.subject}`}><strong>{row.subject} {row.name}</strong> <span class="quiet">{row.since}{row.owner && ` · ${row.owner}`}</span><p>{row.why}</p><p class="quiet">{row.remedy}</p></li>)}</ul>)}
    </details>
  );
}

function Light({ id, text }: { id: string; text: string }) {
  return <span class="light"><span aria-hidden="true" style={{ color: LIGHTS[id] }}>{MARKS[id] ?? "○"}</span> {text}</span>;
}

function One({ target, city, view, onIndicator }: { target: Target; city: City; view: View; onIndicator: (indicator: Indicator) => void }) {
  const { lang } = view;
  const [open, setOpen] = useState(false);
  const unit = (lang === "zh" ? target.unit_zh : target.unit_en) ?? target.unit;
  const indicator = city.indicators.find((one) => one.id === target.indicator && one.status === "computed");
  const status = (lang === "zh" ? target.status_zh : target.status_en) ?? target.status;
  return (
    <li><details onToggle={(event) => setOpen((event.currentTarget as HTMLDetailsElement).open)}>
      <summary><Light id={target.light} text="" /> <strong>{name(target, lang)}</strong> <span class="quiet">{target.goal} {unit} · {target.deadline.slice(0, 4)}</span></summary>
      <p>{word(`light_${target.light}` as Key, lang)} · {status} · {amount(target.value, unit, lang, word("no_value", lang))}{target.probability === null ? "" : ` · ${word("probability", lang)} ${amount(target.probability, "share", lang, "")}`}</p>
      {open && <Chart target={target} lang={lang} dark={view.dark} />}
      {target.source && <p class="quiet">{target.source}</p>}
      {indicator && <button onClick={() => onIndicator(indicator)}>{word("on_map", lang)}</button>}
    </details></li>
  );
}
