/** The whole screen: choices above, the map, and one panel beside it. */

import { useCallback, useEffect, useRef, useState } from "preact/hooks";

import type { CellView, City, Found, Values, ZoneRow } from "./api";
import { base, begin, binary, get, name } from "./api";
import type { Tool } from "./change";
import { Try } from "./change";
import { Export } from "./export";
import type { Click, CityMap } from "./map";
import { amount } from "./numbers";
import { Legend, Overview, title } from "./overview";
import { Pick, useAsked } from "./parts";
import type { Chosen } from "./place";
import { Place, language } from "./place";
import { Plan } from "./plan";
import { Search } from "./search";
import { Sites } from "./sites";
import { Swipe } from "./swipe";
import type { Panel, Side, View } from "./view";
import { readView, writeView } from "./view";
import { word } from "./words";

const PANELS: Panel[] = ["overview", "place", "change", "sites", "plan", "export"];

export function App() {
  const { value: city, fault } = useAsked<City>(() => begin(), []);
  if (fault) return <main><p role="alert" class="fault">{fault}</p></main>;
  return city ? <Screen city={city} /> : <main aria-busy="true"><p class="quiet">…</p></main>;
}

function Screen({ city }: { city: City }) {
  const [view, setView] = useState<View>(() => readView(city));
  const [map, setMap] = useState<CityMap | null>(null);
  const [shown, setShown] = useState<{ values: Values; scale: Values } | null>(null);
  const [titles, setTitles] = useState<Record<string, string>>({});
  const [hatched, setHatched] = useState(false);
  const [painted, setPainted] = useState<Side | null>(null);
  const [chosen, setChosen] = useState<Chosen | null>(null);
  const [cell, setCell] = useState<CellView | null>(null);
  const [click, setClick] = useState<Click | null>(null);
  const [tool, setTool] = useState<Tool>(null);
  const [said, setSaid] = useState("");
  const [hover, setHover] = useState<number | null>(null);
  const [trouble, setTrouble] = useState<string | null>(null);
  const place = useRef<HTMLDivElement>(null);
  const tooling = useRef<Tool>(null);
  tooling.current = tool;
  const { lang } = view;
  const values = shown?.values ?? null;
  const measure = view.indicator?.id ?? "minutes.worst";
  const group = view.indicator && !view.indicator.groups.includes(view.group) ? "all" : view.group;
  const under = view.side === "after" ? view.scenario : view.side === "compare" ? view.other : null;
  const change = useCallback((part: Partial<View>) => setView((now) => ({ ...now, ...part })), []);

  useEffect(() => {
    writeView(city, view);
    document.documentElement.lang = language(view.lang);
    document.documentElement.dataset["theme"] = view.dark ? "dark" : "light";
    document.documentElement.style.fontSize = `${view.size}%`;
    document.title = `${name(city, view.lang)} · parkcity`;
  }, [city, view]);

  const onClick = useCallback((at: Click): void => {
    setClick(at);
    if (tooling.current) return;
    void get<{ id: string }>(`${base(city)}/cells/at?lon=${at.lon}&lat=${at.lat}`).then((found) => { setChosen({ type: "cell", id: found.id }); change({ panel: "place" }); }, () => undefined);
  }, [city.id]);
  useEffect(() => {
    let gone = false;
    import("./map").then(({ CityMap: Opener }) => Opener.open(place.current!, city, view.dark, onClick, setHover)).then((opened) => { if (!gone) setMap(opened); }, (error: Error) => setTrouble(error.message));
    return () => { gone = true; };
  }, [city.id]);

  // Whatever is shown, it is coloured on the scale of the city as it is: two maps side by side have one legend.
  useEffect(() => {
    const stop = new AbortController();
    const path = `${base(city)}/values/${measure}?group=${group}&v=${city.hash}`;
    const now = binary(path, stop.signal);
    Promise.all([under ? binary(`${path}&scenario=${under}`, stop.signal) : now, now]).then(([got, scale]) => { setShown({ values: got, scale }); setTrouble(null); }, (error: Error) => { if (!stop.signal.aborted) setTrouble(error.message); });
    return () => stop.abort();
  }, [city.id, measure, group, under]);

  useEffect(() => {
    if (!map || !shown) return undefined;
    if (view.side === "difference" && view.scenario) {
      const indicator = view.indicator?.id ?? "life_circle.index";
      const stop = new AbortController();
      binary(`${base(city)}/scenarios/${view.scenario}/difference/${indicator}?group=${view.group}`, stop.signal)
        .then((got) => { if (!stop.signal.aborted) { map.differ(got.side!); setPainted("difference"); } })
        .catch((error: Error) => { if (!stop.signal.aborted) setTrouble(error.message); });
      return () => stop.abort();
    }
    map.colour(shown.values, shown.scale);
    setHatched(map.hatched.length > 0);
    setPainted(view.side);
    place.current?.setAttribute("data-ready", "true");
    return undefined;
  }, [map, shown, view.side, view.scenario]);

  useEffect(() => {
    if (!map) return;
    map.dress(view.dark);
  }, [map, view.dark]);
  useEffect(() => {
    if (!map) return;
    void get<{ rows: ZoneRow[] }>(`${base(city)}/zones/${view.tier}?limit=1000`).then((zones) => map.zones(view.tier, zones.rows, lang));
  }, [map, view.tier, lang]);
  useEffect(() => { map?.chosen(chosen?.type === "cell" && cell?.id === chosen.id ? cell.row : null); }, [map, chosen, cell]);

  const found = (hit: Found): void => {
    if (hit.bounds) map?.fit(hit.bounds); else map?.fly(hit.lon, hit.lat);
    if (hit.type === "zone" && hit.tier) setChosen({ type: "zone", tier: hit.tier, id: hit.id });
    else if (hit.type === "cell") setChosen({ type: "cell", id: hit.id });
    else void get<{ id: string }>(`${base(city)}/cells/at?lon=${hit.lon}&lat=${hit.lat}`).then((at) => setChosen({ type: "cell", id: at.id }), () => undefined);
    change({ panel: "place" });
  };
  const scenario = useCallback((hash: string | null) => setView((now) => ({ ...now, scenario: hash, side: hash ? (now.side === "baseline" ? "after" : now.side) : "baseline" })), []);
  const edits = useCallback((shape: GeoJSON.GeoJSON | null) => map?.draw("edits", shape), [map]);
  const none = word("no_value", lang);
  const hovered = hover !== null && values && values.state[hover] !== undefined ? (values.state[hover] === 0 ? amount(values.value[hover], values.header.unit, lang, none) : values.state[hover] === 6 ? word("nobody", lang) : word("no_answer", lang)) : null;
  const panels = city.has_plan ? PANELS : PANELS.filter((panel) => panel !== "plan");

  return (
    <>
      <a class="skip" href="#panel">{word("skip", lang)}</a>
      <header>
        <h1>{name(city, lang)} <span class="quiet">{word("title", lang)}</span></h1>
        <Search city={city} lang={lang} onFound={found} />
        <Choices city={city} view={view} change={change} />
        <div class="tools end">
          <button onClick={() => change({ lang: lang === "zh" ? "en" : "zh" })} lang={lang === "zh" ? "en" : "zh-CN"}>{word("language", lang)}</button>
          <button onClick={() => change({ dark: !view.dark })}>{word(view.dark ? "light" : "dark", lang)}</button>
          <button onClick={() => change({ size: Math.max(80, view.size - 10) })} aria-label={`A− ${word("smaller", lang)}`}>A−</button>
          <button onClick={() => change({ size: Math.min(160, view.size + 10) })} aria-label={`A+ ${word("larger", lang)}`}>A+</button>
        </div>
      </header>
      <main>
        <section class="mapside" aria-label={word("map", lang)}>
          <div ref={place} class={tool ? "map drawing" : "map"} data-shown={painted} role="application" aria-label={`${word("map", lang)}: ${title(view)}`} />
          {map && shown && view.side === "compare" && view.scenario && <Swipe city={city} view={view} under={map} scale={shown.scale} measure={measure} group={group} left={view.other ? titles[view.other] ?? word("scenario", lang) : word("baseline", lang)} right={titles[view.scenario] ?? word("after", lang)} onClick={onClick} onHover={setHover} onFault={setTrouble} />}
          <Legend view={view} values={shown?.scale ?? null} hatched={hatched} waiting={painted !== view.side} />
          {hovered && <output class="hover" aria-live="off">{hovered}</output>}
          {trouble && <p role="alert" class="fault float">{trouble}</p>}
        </section>
        <section id="panel" class="panel" tabIndex={-1} aria-label={word(view.panel, lang)}>
          <div class="tabs" role="tablist">{panels.map((panel) => <button key={panel} role="tab" id={`tab-${panel}`} aria-selected={view.panel === panel} aria-controls="body" onClick={() => change({ panel })}>{word(panel, lang)}</button>)}</div>
          <div id="body" class="body" role="tabpanel" tabIndex={0} aria-labelledby={`tab-${view.panel}`}>
            {view.panel === "overview" && <Overview city={city} view={view} values={values} onBounds={(bounds) => map?.fit(bounds)} onPoint={(lon, lat) => map?.fly(lon, lat)}
              onZone={(tier, zone) => { setChosen({ type: "zone", tier, id: zone }); change({ panel: "place" }); }} onScenario={(hash) => { scenario(hash); change({ panel: "change" }); }} />}
            {view.panel === "place" && <Place city={city} view={view} chosen={chosen} onCell={(got) => { setCell(got); map?.draw("way", null); map?.draw("reach", null); }} onWay={(shape) => map?.draw("way", shape)} onReach={(shape) => map?.draw("reach", shape)} />}
            {view.panel === "change" && <Try city={city} view={view} click={click} cell={cell} tool={tool} onTool={(next) => { setClick(null); setTool(next); }} onScenario={scenario} onSide={(side) => change({ side })} onOther={(other) => change({ other })} onTitles={setTitles} onEdits={edits} say={setSaid} />}
            {view.panel === "sites" && <Sites city={city} view={view} onSites={(shape) => map?.draw("sites", shape)} onPoint={(lon, lat) => map?.fly(lon, lat)} onScenario={(hash) => { scenario(hash); change({ panel: "change" }); }} />}
            {view.panel === "plan" && <Plan city={city} view={view} onIndicator={(indicator) => change({ indicator, theme: indicator.theme })} />}
            {view.panel === "export" && <Export city={city} view={view} />}
          </div>
        </section>
      </main>
      <div class="hidden" role="status" aria-live="polite">{said}</div>
    </>
  );
}

function Choices({ city, view, change }: { city: City; view: View; change: (part: Partial<View>) => void }) {
  const { lang } = view;
  const offered = city.indicators.filter((one) => one.theme === view.theme && one.status === "computed");
  const themes = city.themes.filter((theme) => city.indicators.some((one) => one.theme === theme.id && one.status === "computed"));
  const start = (theme: string): void => {
    const list = city.indicators.filter((one) => one.theme === theme && one.status === "computed");
    change({ theme, indicator: list.find((one) => one.headline) ?? list[0] ?? null });
  };
  return (
    <div class="choices">
      <Pick label={word("theme", lang)} value={view.theme} onChange={start}><option value="">{word("all_themes", lang)}</option>{themes.map((theme) => <option key={theme.id} value={theme.id}>{name(theme, lang)}</option>)}</Pick>
      {view.theme && <Pick label={word("indicator", lang)} value={view.indicator?.id ?? ""} onChange={(id) => change({ indicator: offered.find((one) => one.id === id) ?? null })}>{offered.map((one) => <option key={one.id} value={one.id}>{name(one, lang)}</option>)}</Pick>}
      <Pick label={word("group", lang)} value={view.group} onChange={(group) => change({ group })}>{city.groups.map((group) => <option key={group.id} value={group.id}>{name(group, lang)}</option>)}</Pick>
      <Pick label={word("tier", lang)} value={view.tier} onChange={(tier) => change({ tier })}>{city.tiers.map((tier) => <option key={tier.id} value={tier.id}>{name(tier, lang)}</option>)}</Pick>
    </div>
  );
}
