/** The first panel: three cards, the legend, and the map's numbers as a table. */

import type { City, FirstView, Row, Values } from "./api";
import { base, get, name } from "./api";
import { BETTER, RAMP, WORSE, cuts } from "./colours";
import { amount, people } from "./numbers";
import { Waiting, useAsked } from "./parts";
import type { View } from "./view";
import { word } from "./words";

interface Given { city: City; view: View; values: Values | null; onBounds: (bounds: number[]) => void; onZone: (tier: string, zone: string) => void; onScenario: (hash: string) => void; onPoint: (lon: number, lat: number) => void }

export function Overview({ city, view, values, onBounds, onZone, onScenario, onPoint }: Given) {
  const { lang } = view;
  const first = useAsked<FirstView>((signal) => get(`${base(city)}/first-view?group=${view.group}&lang=${lang}`, signal), [city.id, view.group, lang]);
  const cards = first.value?.cards;
  return (
    <>
      {!cards ? <Waiting fault={first.fault} lang={lang} /> : (
        <div class="cards">
          {cards.within && <section class="card"><h3>{word("within_15", lang)}</h3><strong class="big">{amount(cards.within.share, "share", lang, "")}</strong><p>{cards.within.text}</p><p class="quiet">{word("grade", lang)} {cards.within.grade}</p></section>}
          {cards.gap && <section class="card"><h3>{word("biggest_gap", lang)}</h3><strong class="big">{people(cards.gap.residents ?? 0, lang)}</strong><p>{cards.gap.text}</p>
            <button onClick={() => cards.gap?.bounds && onBounds(cards.gap.bounds)}>{word("show_there", lang)}</button></section>}
          {cards.site && <section class="card"><h3>{word("next_site", lang)}</h3><strong class="big">+{people(cards.site.gained ?? 0, lang)}</strong><p>{cards.site.text}</p>
            <button onClick={() => onPoint(cards.site!.lon!, cards.site!.lat!)}>{word("show_there", lang)}</button>{" "}
            {cards.site.scenario && <button class="strong" onClick={() => onScenario(cards.site!.scenario!)}>{word("try_it", lang)}</button>}</section>}
        </div>
      )}
      <ValueTable city={city} view={view} onZone={onZone} />
      <details><summary>{word("sources", lang)} · {word("as_of", lang)} {city.as_of}</summary>
        <ul class="plain">{city.sources.map((source) => <li key={source.id}>{source.attribution} ({source.date}; {source.licence})</li>)}</ul></details>
      {values && <p class="quiet">{word("as_of", lang)} {city.as_of} · {word("grade", lang)} {city.grade}</p>}
    </>
  );
}

export function Legend({ view, values, hatched, waiting }: { view: View; values: Values | null; hatched: boolean; waiting: boolean }) {
  const { lang } = view;
  if (!values) return null;
  if (view.side === "difference" && view.scenario) {
    return (
      <section class="legend" aria-label={word("legend", lang)}>
        <h2>{word("difference", lang)}: {view.indicator ? name(view.indicator, lang) : word("difference_of", lang)}</h2>
        <ul>
          <li><span class="swatch" style={{ background: BETTER }} aria-hidden="true" />▲ {word("better", lang)}</li>
          <li><span class="swatch" style={{ background: WORSE }} aria-hidden="true" />▼ {word("worse", lang)}</li>
        </ul>
        {waiting && <p class="quiet" role="status">{word("loading", lang)} …</p>}
      </section>
    );
  }
  const { header } = values;
  const limits = cuts(header);
  const unit = header.unit === "min" ? word("minutes", lang) : header.unit;
  const write = (value: number): string => (header.unit === "min" ? `${Math.round(value)}` : amount(value, header.unit, lang, ""));
  const texts = limits.map((limit, k) => (k === 0 ? word("under", lang, { a: write(limit) }) : word("between", lang, { a: write(limits[k - 1]!), b: write(limit) })));
  texts.push(word("over", lang, { a: write(limits[limits.length - 1]!) }));
  const order = header.polarity === "higher" ? [...RAMP].reverse() : RAMP;
  return (
    <section class="legend" aria-label={word("legend", lang)}>
      <h2>{title(view)}{header.unit === "min" ? ` (${unit})` : ""}</h2>
      <ul>
        {texts.map((text, k) => <li key={text}><span class="swatch" style={{ background: order[k] }} aria-hidden="true" />{text}</li>)}
        {hatched && <li><span class="swatch hatch" aria-hidden="true" />{word("no_answer", lang)}</li>}
      </ul>
    </section>
  );
}

export function title(view: View): string {
  return view.indicator ? name(view.indicator, view.lang) : word("all_themes", view.lang);
}

function ValueTable({ city, view, onZone }: { city: City; view: View; onZone: (tier: string, zone: string) => void }) {
  const { lang, tier } = view;
  const indicator = view.indicator ?? city.indicators.find((one) => one.id === "life_circle.all_needs" && one.status === "computed") ?? null;
  const asked = useAsked<{ rows: Row[] } | null>(
    (signal) => (indicator ? get(`${base(city)}/rows?tier=${tier}&indicator=${indicator.id}&group=${view.group}&limit=1000`, signal) : Promise.resolve(null)),
    [city.id, tier, indicator?.id, view.group],
  );
  const names = useAsked<{ rows: { id: string; name_zh: string; name_en: string }[] }>((signal) => get(`${base(city)}/zones/${tier}?limit=1000`, signal), [city.id, tier]);
  if (!indicator) return null;
  if (!asked.value || !names.value) return <Waiting fault={asked.fault ?? names.fault} lang={lang} />;
  const titles = new Map(names.value.rows.map((zone) => [zone.id, name(zone, lang)]));
  const rows = [...asked.value.rows].sort((a, b) => (a.value === null ? 1 : b.value === null ? -1 : indicator.polarity === "lower" ? b.value - a.value : a.value - b.value));
  return (
    <section>
      <table class="values"><caption>{name(indicator, lang)}</caption>
        <thead><tr><th scope="col">{word("zone", lang)}</th><th scope="col" class="number">{word("value", lang)}</th><th scope="col">{word("grade", lang)}</th></tr></thead>
        <tbody>{rows.map((row) => (
          <tr key={row.zone}><th scope="row"><button class="link" onClick={() => onZone(row.tier, row.zone)}>{titles.get(row.zone) ?? row.zone}</button></th>
            <td class="number">{amount(row.value, row.unit, lang, word("no_value", lang))}</td><td>{row.grade}</td></tr>))}
        </tbody></table>
      <p class="quiet">{word("clause", lang)}: {indicator.clause ?? "–"}</p>
    </section>
  );
}
