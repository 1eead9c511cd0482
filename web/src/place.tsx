/** What is true of one cell, or of one zone: what is missing, how far, by which clause, from which data. */

import { useState } from "preact/hooks";

import type { CellView, City, Need, ZoneView } from "./api";
import { base, get, name } from "./api";
import { amount, people } from "./numbers";
import { Lines, Pick as Choice, Waiting, useAsked } from "./parts";
import type { View } from "./view";
import type { Key, Lang } from "./words";
import { word } from "./words";

export type Chosen = { type: "cell"; id: string } | { type: "zone"; tier: string; id: string };
interface Given { city: City; view: View; chosen: Chosen | null; onWay: (shape: GeoJSON.GeoJSON | null) => void; onReach: (shape: GeoJSON.GeoJSON | null) => void; onCell: (cell: CellView) => void }

export function Place(given: Given) {
  const { chosen, view } = given;
  if (!chosen) return <p>{word("click_map", view.lang)}</p>;
  return chosen.type === "cell" ? <Cell {...given} id={chosen.id} /> : <Zone {...given} tier={chosen.tier} id={chosen.id} />;
}

const MODES = ["walk", "bicycle", "car"] as const;
const LONGEST = [15, 30, 45];
const scenarioQuery = (view: View): string => (view.scenario && view.side !== "baseline" ? `&scenario=${view.scenario}` : "");

function Cell({ city, view, id, onWay, onReach, onCell }: Given & { id: string }) {
  const { lang } = view;
  const path = `${base(city)}/cells/${encodeURIComponent(id)}`;
  const asked = useAsked<CellView>(async (signal) => {
    const cell = await get<CellView>(`${path}?group=${view.group}&lang=${lang}${scenarioQuery(view)}`, signal);
    onCell(cell);
    return cell;
  }, [id, view.group, lang, view.scenario, view.side]);
  const cell = asked.value;
  if (!cell) return <Waiting fault={asked.fault} lang={lang} />;
  const route = async (need: Need): Promise<void> => onWay(await get(`${path}/route?need=${need.id}&group=${view.group}${scenarioQuery(view)}`));
  return (
    <>
      <h2>{cell.zones.filter((zone) => zone.tier !== "city").map((zone) => name(zone, lang)).join(" · ")} <span class="quiet">{cell.id}</span></h2>
      <p>{people(cell.residents, lang)} {word("residents", lang)} · {word("grade", lang)} {cell.grade ?? "–"}</p>
      <Lines text={cell.text} />
      <h3>{word("lacks", lang)}</h3>
      {cell.lacks.length === 0 ? <p>{word("lacks_none", lang)}</p> : (
        <ul class="lacks">{cell.lacks.map((lack) => (
          <li key={lack.indicator}><strong>{name(lack, lang)}</strong>
            <span class="quiet">{lack.metres === null ? word("no_answer", lang) : `${Math.round(lack.metres)} ${word("metres", lang)}`}{lack.limit_m ? ` > ${lack.limit_m} ${word("metres", lang)}` : ""}{lack.clause ? ` · ${lack.clause}` : ""}</span></li>))}</ul>
      )}
      <table class="values"><caption>{word("nearest", lang)}</caption>
        <thead><tr><th scope="col">{word("kind", lang)}</th><th scope="col" class="number">{word("minutes", lang)}</th><th scope="col" class="number">{word("metres", lang)}</th><th scope="col">{word("route", lang)}</th></tr></thead>
        <tbody>{cell.needs.map((need) => (
          <tr key={need.id} class={need.within ? "" : "lacking"}>
            <th scope="row">{name(need, lang)}<span class="quiet block">{need.place?.name}</span></th>
            <td class="number">{need.minutes === null ? "–" : need.minutes.toFixed(1)}</td><td class="number">{need.metres === null ? "–" : Math.round(need.metres)}</td>
            <td>{need.place && <button onClick={() => void route(need)} aria-label={`${word("route", lang)}: ${name(need, lang)}`}>↝</button>}</td></tr>))}</tbody></table>
      <Reach city={city} view={view} cell={cell} onReach={onReach} />
      {cell.sources && <p class="quiet">{word("data", lang)}: {cell.sources.map((source) => `${source.id} ${source.date}`).join("; ")}</p>}
    </>
  );
}

/** What can be reached from here by each mode within three times, drawn on the map with the longest below. */
function Reach({ city, view, cell, onReach }: Pick<Given, "city" | "view" | "onReach"> & { cell: CellView }) {
  const { lang } = view;
  const [mode, setMode] = useState<string>("walk");
  const [longest, setLongest] = useState(15);
  const [fault, setFault] = useState<string | null>(null);
  const times = [longest / 3, (2 * longest) / 3, longest];
  const draw = (): void => {
    setFault(null);
    get<GeoJSON.GeoJSON>(`${base(city)}/reach?lon=${cell.lon}&lat=${cell.lat}&minutes=${times.join(",")}&mode=${mode}&group=${view.group}${scenarioQuery(view)}`).then(onReach, (error: Error) => setFault(error.message));
  };
  return (
    <section class="tools" aria-label={word("reach", lang)}>
      <Choice label={word("mode", lang)} value={mode} onChange={setMode}>{MODES.map((one) => <option key={one} value={one}>{word(`mode_${one}` as Key, lang)}</option>)}</Choice>
      <Choice label={word("within_minutes", lang)} value={String(longest)} onChange={(next) => setLongest(Number(next))}>{LONGEST.map((one) => <option key={one} value={one}>{one / 3} · {(2 * one) / 3} · {one}</option>)}</Choice>
      <button onClick={draw}>{word("reach", lang)}</button>
      {fault && <p role="alert" class="fault">{fault}</p>}
    </section>
  );
}

function Zone({ city, view, tier, id }: Given & { tier: string; id: string }) {
  const { lang } = view;
  const asked = useAsked<ZoneView>((signal) => get(`${base(city)}/zones/${tier}/${encodeURIComponent(id)}?group=${view.group}&lang=${lang}`, signal), [tier, id, view.group, lang]);
  const zone = asked.value;
  if (!zone) return <Waiting fault={asked.fault} lang={lang} />;
  return (
    <>
      <h2>{name(zone, lang)}</h2>
      <p>{people(zone.residents, lang)} {word("residents", lang)} · {amount(zone.area_km2, "km²", lang, "")}</p>
      <Lines text={zone.text} />
      <table class="values"><caption>{word("gaps", lang)}</caption>
        <tbody>{zone.gaps.map((gap) => (
          <tr key={gap.indicator}><th scope="row">{name(gap, lang)}<span class="quiet block">{gap.clause}</span></th><td class="number">{people(gap.residents_lacking, lang)}</td><td class="number">{amount(gap.share_lacking, "share", lang, "")}</td></tr>))}</tbody></table>
      <table class="values"><caption>{word("headlines", lang)}</caption>
        <tbody>{zone.headlines.map((row) => (
          <tr key={row.indicator}><th scope="row">{name(row, lang)}</th><td class="number">{amount(row.value, row.unit, lang, word("no_value", lang))}</td><td>{row.grade}</td></tr>))}</tbody></table>
    </>
  );
}

export const language = (lang: Lang): string => (lang === "zh" ? "zh-CN" : "en");
