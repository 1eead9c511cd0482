/** The plan: targets with path, actuals, forecast and warning lights; documents by one click. */

import { useState } from "preact/hooks";

import type { City, Indicator, Target } from "./api";
import { base, get, name } from "./api";
import { LIGHTS, MARKS } from "./colours";
import { amount } from "./numbers";
import { Pick, Waiting, useAsked } from "./parts";
import type { View } from "./view";
import type { Key } from "./words";
import { word } from "./words";

interface PlanView { at: string; targets: number; lights: Record<string, number>; chapters: { id: string; name_zh: string; name_en: string }[]; document: { name_zh: string; name_en: string; starts: string; ends: string } }

export function Plan({ city, view, onIndicator }: { city: City; view: View; onIndicator: (indicator: Indicator) => void }) {
  const { lang } = view;
  const [chapter, setChapter] = useState("");
  const [light, setLight] = useState("");
  const [words, setWords] = useState("");
  const plan = useAsked<PlanView | null>((signal) => (city.has_plan ? get(`${base(city)}/plan`, signal) : Promise.resolve(null)), [city.id]);
  const query = new URLSearchParams({ limit: "500", ...(chapter && { chapter }), ...(light && { light }), ...(words && { q: words }) });
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
      <div class="tools">
        <Pick label={word("chapter", lang)} value={chapter} onChange={setChapter}><option value="">{word("every", lang)}</option>{plan.value.chapters.map((one) => <option key={one.id} value={one.id}>{one.id} {name(one, lang)}</option>)}</Pick>
        <Pick label={word("lights", lang)} value={light} onChange={setLight}><option value="">{word("every", lang)}</option>{Object.keys(plan.value.lights).map((id) => <option key={id} value={id}>{word(`light_${id}` as Key, lang)}</option>)}</Pick>
        <label class="pick"><span>{word("find_target", lang)}</span><input type="search" value={words} onInput={(event) => setWords(event.currentTarget.value)} /></label>
      </div>
      {!targets.value ? <Waiting fault={targets.fault} lang={lang} /> : <ul class="targets">{targets.value.rows.map((target) => <One key={target.target} target={target} city={city} view={view} onIndicator={onIndicator} />)}</ul>}
    </>
  );
}

function Light({ id, text }: { id: string; text: string }) {
  return <span class="light"><span aria-hidden="true" style={{ color: LIGHTS[id] }}>{MARKS[id] ?? "○"}</span> {text}</span>;
}

function One({ target, city, view, onIndicator }: { target: Target; city: City; view: View; onIndicator: (indicator: Indicator) => void }) {
  const { lang } = view;
  const indicator = city.indicators.find((one) => one.id === target.indicator && one.status === "computed");
  const status = (lang === "zh" ? target.status_zh : target.status_en) ?? target.status;
  return (
    <li><details>
      <summary><Light id={target.light} text="" /> <strong>{name(target, lang)}</strong> <span class="quiet">{target.goal} {target.unit} · {target.deadline.slice(0, 4)}</span></summary>
      <p>{word(`light_${target.light}` as Key, lang)} · {status} · {amount(target.value, target.unit, lang, word("no_value", lang))}{target.probability === null ? "" : ` · ${word("probability", lang)} ${amount(target.probability, "share", lang, "")}`}</p>
      <Chart target={target} view={view} />
      {target.source && <p class="quiet">{target.source}</p>}
      {indicator && <button onClick={() => onIndicator(indicator)}>{word("on_map", lang)}</button>}
    </details></li>
  );
}

const yearOf = (date: string): number => Number(date.slice(0, 4)) + (Number(date.slice(5, 7)) - 1) / 12 + Number(date.slice(8, 10)) / 365;

function Chart({ target, view }: { target: Target; view: View }) {
  const { lang } = view;
  const actual = target.series.map((point) => ({ x: yearOf(point.on), y: point.value }));
  if (!actual.length) return <p class="quiet">{word("no_chart", lang)}</p>;
  const path = target.path_points.map((point) => ({ x: yearOf(point.on), y: point.value }));
  const end = yearOf(target.deadline);
  const band = target.forecast_low !== null && target.forecast_high !== null && end > actual[actual.length - 1]!.x ? [target.forecast_low, target.forecast_high] : [];
  const xs = [...actual, ...path].map((point) => point.x).concat(end);
  const ys = [...actual, ...path].map((point) => point.y).concat(band, target.goal_value ?? []);
  const [x0, x1, y0, y1] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  const px = (x: number): number => 8 + ((x - x0) / (x1 - x0 || 1)) * 304;
  const py = (y: number): number => 104 - ((y - y0) / (y1 - y0 || 1)) * 92;
  const points = (list: { x: number; y: number }[]): string => list.map((point) => `${px(point.x).toFixed(1)},${py(point.y).toFixed(1)}`).join(" ");
  const last = actual[actual.length - 1]!;
  return (
    <figure class="chart">
      <svg viewBox="0 0 320 120" role="img" aria-label={`${name(target, lang)}: ${actual.map((point) => `${Math.floor(point.x)}: ${point.y}`).join(", ")}`}>
        {band.length === 2 && <polygon points={`${px(last.x)},${py(last.y)} ${px(end)},${py(band[0]!)} ${px(end)},${py(band[1]!)}`} class="band" />}
        {path.length > 1 && <polyline points={points(path)} class="path" />}
        <polyline points={points(actual)} class="actual" />
        {actual.map((point) => <circle key={point.x} cx={px(point.x)} cy={py(point.y)} r="3" class="dot" />)}
        <text x="8" y="118">{Math.floor(x0)}</text><text x="312" y="118" text-anchor="end">{Math.floor(x1)}</text>
      </svg>
      <figcaption class="quiet">● {word("actual", lang)} · ┄ {word("path", lang)}{band.length ? ` · ▒ ${word("forecast", lang)}` : ""}</figcaption>
    </figure>
  );
}
