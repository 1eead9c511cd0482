/** Try a change: scenarios as tabs, each gesture answered at once, with undo; the city itself is never touched. */

import { useCallback, useEffect, useState } from "preact/hooks";

import type { Answer, CellView, Change, City, Draft, Scenario } from "./api";
import { base, get, name, send } from "./api";
import { amount, people } from "./numbers";
import { Count, Pick, Waiting } from "./parts";
import type { Click } from "./map";
import type { Side, View } from "./view";
import type { Key } from "./words";
import { word } from "./words";

/** Where the speed of a drawn line begins, km/h with its stops; the planner changes it. */
const SPEEDS: Record<string, number> = { bus: 16, tram: 22, metro: 36 };

export type Tool = "add" | "close" | "link" | "line" | null;
interface Given {
  city: City; view: View; click: Click | null; cell: CellView | null; tool: Tool; onTool: (tool: Tool) => void;
  onScenario: (hash: string | null) => void; onSide: (side: Side) => void; onOther: (hash: string | null) => void; onTitles: (titles: Record<string, string>) => void; onEdits: (shape: GeoJSON.GeoJSON | null) => void; say: (text: string) => void;
}

export function Try(given: Given) {
  const { city, view, click, tool, onTool, onScenario, onEdits, say } = given;
  const { lang } = view;
  const [drafts, setDrafts] = useState<Draft[] | null>(null);
  const [chosen, setChosen] = useState<string | null>(null);
  const [answer, setAnswer] = useState<Answer | null>(null);
  const [kind, setKind] = useState(city.kinds[0]?.id ?? "");
  const [line, setLine] = useState<[number, number][]>([]);
  const [mode, setMode] = useState("bus");
  const [headway, setHeadway] = useState(8);
  const [speed, setSpeed] = useState(SPEEDS["bus"]!);
  const [fault, setFault] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const draft = drafts?.find((one) => one.id === chosen) ?? null;
  const path = `${base(city)}/drafts`;
  const drawing = tool === "link" || tool === "line";

  const refresh = useCallback(async (pick?: string) => {
    const rows = (await get<{ rows: Draft[] }>(path)).rows;
    setDrafts(rows);
    given.onTitles(Object.fromEntries(rows.filter((row) => row.hash).map((row) => [row.hash!, row.title])));
    setChosen((now) => pick ?? (rows.some((row) => row.id === now) ? now : (rows.find((row) => row.hash === view.scenario) ?? rows[rows.length - 1])?.id ?? null));
    return rows;
  }, [path, view.scenario]);

  const guarded = useCallback((work: () => Promise<void>) => {
    setBusy(true);
    setFault(null);
    work().catch((error: Error) => setFault(error.message)).finally(() => setBusy(false));
  }, []);

  useEffect(() => {
    guarded(async () => {
      const rows = await refresh();
      if (view.scenario && !rows.some((row) => row.hash === view.scenario)) {
        const made = await send<Draft>("POST", path, { title: `${word("scenario", lang)} ${rows.length + 1}`, hash: view.scenario });
        await refresh(made.id);
      }
    });
  }, [city.id, view.scenario]);

  useEffect(() => {
    if (!draft?.hash) { setAnswer(null); onEdits(null); return; }
    onScenario(draft.hash);
    guarded(async () => {
      const hash = draft.hash!;
      const [told, map] = await Promise.all([get<Answer>(`${base(city)}/scenarios/${hash}/answer?tier=${view.tier}&group=${view.group}&quick=true`), get<GeoJSON.GeoJSON>(`${base(city)}/scenarios/${hash}/map`)]);
      setAnswer(told);
      onEdits(map);
    });
  }, [draft?.hash, view.tier, view.group]);

  const apply = useCallback((change: Change) => guarded(async () => {
    let target = draft;
    if (target?.locked) throw new Error(word("locked", lang));
    const now: Scenario = target?.hash ? (await get<{ scenario: Scenario }>(`${base(city)}/scenarios/${target.hash}`)).scenario : { id: "scenario", name_zh: "", name_en: "", note: "", changes: [] };
    const told = await send<Answer>("POST", `${base(city)}/scenarios/try?tier=${view.tier}&group=${view.group}`, { ...now, changes: [...now.changes, change] });
    setAnswer(told);
    if (!target) target = await send<Draft>("POST", path, { title: `${word("scenario", lang)} ${(drafts?.length ?? 0) + 1}`, hash: null });
    await send("PUT", `${path}/${target.id}`, { hash: told.hash, version: target.version });
    await refresh(target.id);
    onScenario(told.hash);
    say(`${people(told.summary.winners, lang)} ${word("gained", lang)}, ${people(told.summary.losers, lang)} ${word("lost", lang)}`);
  }), [draft, drafts, city, view.tier, view.group, lang, path]);

  useEffect(() => {
    if (!click || !tool) return;
    if (tool === "add") { onTool(null); apply({ change: "add_place", kind, lon: round(click.lon), lat: round(click.lat) }); }
    if (tool === "close" && click.place) { onTool(null); apply({ change: "close_place", place: click.place }); }
    if (tool === "link" || tool === "line") setLine((points) => [...points, [round(click.lon), round(click.lat)]]);
  }, [click]);

  const finish = (): void => {
    onTool(null);
    apply(tool === "line" ? { change: "add_line", mode, stops: line, headway_min: headway, speed_km_h: speed } : { change: "add_link", line });
    setLine([]);
  };

  const measureAll = (): void => guarded(async () => setAnswer(await get<Answer>(`${base(city)}/scenarios/${draft!.hash}/answer?tier=${view.tier}&group=${view.group}`)));

  // What is being drawn is seen while it is drawn.
  useEffect(() => {
    if (!drawing || !line.length) return;
    const points = line.map((coordinates): GeoJSON.Feature => ({ type: "Feature", geometry: { type: "Point", coordinates }, properties: {} }));
    const way: GeoJSON.Feature = { type: "Feature", geometry: { type: "LineString", coordinates: line }, properties: {} };
    onEdits({ type: "FeatureCollection", features: line.length > 1 ? [way, ...points] : points });
  }, [line]);

  const step = (way: "undo" | "redo"): void => guarded(async () => {
    const moved = await send<Draft>("POST", `${path}/${draft!.id}/${way}`);
    await refresh(draft!.id);
    if (!moved.hash) { onScenario(null); setAnswer(null); }
  });

  return (
    <>
      <div class="tabs small" role="group" aria-label={word("scenario", lang)}>
        {(drafts ?? []).map((one) => <button key={one.id} aria-pressed={one.id === chosen} onClick={() => setChosen(one.id)}>{one.locked ? "🔒 " : ""}{one.title}</button>)}
        <button onClick={() => guarded(async () => { const made = await send<Draft>("POST", path, { title: `${word("scenario", lang)} ${(drafts?.length ?? 0) + 1}`, hash: null }); await refresh(made.id); onScenario(null); })}>+ {word("new_scenario", lang)}</button>
      </div>
      <div class="tools">
        <Pick label={word("kind", lang)} value={kind} onChange={setKind}>{city.kinds.map((one) => <option key={one.id} value={one.id}>{name(one, lang)}</option>)}</Pick>
        <button aria-pressed={tool === "add"} onClick={() => onTool(tool === "add" ? null : "add")}>{word("add_place", lang)}</button>
        <button aria-pressed={tool === "close"} onClick={() => onTool(tool === "close" ? null : "close")}>{word("close_place", lang)}</button>
        <button aria-pressed={tool === "link"} onClick={() => { setLine([]); onTool(tool === "link" ? null : "link"); }}>{word("draw_link", lang)}</button>
        {city.layers.includes("lines") && <button aria-pressed={tool === "line"} onClick={() => { setLine([]); onTool(tool === "line" ? null : "line"); }}>{word("draw_line", lang)}</button>}
        {given.cell && <button onClick={() => apply({ change: "add_place", kind, lon: round(given.cell!.lon), lat: round(given.cell!.lat) })}>{word("at_cell", lang)} {given.cell.id}</button>}
      </div>
      {tool === "line" && (
        <div class="tools">
          <Pick label={word("mode", lang)} value={mode} onChange={(next) => { setMode(next); setSpeed(SPEEDS[next]!); }}>{Object.keys(SPEEDS).map((one) => <option key={one} value={one}>{word(`mode_${one}` as Key, lang)}</option>)}</Pick>
          <Count label={word("headway", lang)} value={headway} least={1} most={120} onChange={setHeadway} />
          <Count label={word("speed", lang)} value={speed} least={5} most={160} onChange={setSpeed} />
        </div>
      )}
      {tool && <p role="status">{word(tool === "add" ? "click_to_place" : tool === "close" ? "click_to_close" : "click_to_draw", lang)}
        {drawing && <> ({line.length}) {given.cell && <button onClick={() => setLine((points) => [...points, [round(given.cell!.lon), round(given.cell!.lat)]])}>{word("at_cell", lang)} {given.cell.id}</button>} <button disabled={line.length < 2} onClick={finish}>{word("finish", lang)}</button></>}{" "}
        <button onClick={() => onTool(null)}>{word("cancel", lang)}</button></p>}
      {fault && <p role="alert" class="fault">{fault}</p>}
      {draft && (
        <div class="tools">
          <button disabled={!draft.undo || draft.locked} onClick={() => step("undo")}>↶ {word("undo", lang)}</button>
          <button disabled={!draft.redo || draft.locked} onClick={() => step("redo")}>↷ {word("redo", lang)}</button>
          <button onClick={() => guarded(async () => { await send("PUT", `${path}/${draft.id}`, { locked: !draft.locked, version: draft.version }); await refresh(draft.id); })}>{word(draft.locked ? "unlock" : "lock", lang)}</button>
          {draft.hash && <a class="button" href={`${base(city)}/scenarios/${draft.hash}/toml`} download>{word("toml", lang)}</a>}
          <button onClick={() => { void navigator.clipboard?.writeText(location.href); say(word("copied", lang)); }}>{word("link", lang)}</button>
          <button disabled={draft.locked} onClick={() => guarded(async () => { await send("DELETE", `${path}/${draft.id}`); onScenario(null); setChosen(null); await refresh(); })}>{word("remove", lang)}</button>
        </div>
      )}
      {busy && !answer && <Waiting fault={null} lang={lang} />}
      {draft?.hash ? answer && <Told answer={answer} onAll={measureAll} others={(drafts ?? []).filter((one) => one.hash && one.hash !== draft.hash)} {...given} /> : !busy && <p>{word("empty_scenario", lang)}</p>}
    </>
  );
}

function Told({ answer, others, view, onSide, onOther, onAll }: Given & { answer: Answer; others: Draft[]; onAll: () => void }) {
  const { lang } = view;
  const sides: Side[] = ["baseline", "after", "difference", "compare"];
  const mine = answer.indicators.filter((row) => row.group === view.group);
  return (
    <section>
      <div class="tabs small" role="group" aria-label={word("map", lang)}>{sides.map((side) => <button key={side} aria-pressed={view.side === side} onClick={() => onSide(side)}>{word(side, lang)}</button>)}</div>
      {view.side === "compare" && <Pick label={word("left_side", lang)} value={view.other ?? ""} onChange={(hash) => onOther(hash || null)}><option value="">{word("baseline", lang)}</option>{others.map((one) => <option key={one.id} value={one.hash!}>{one.title}</option>)}</Pick>}
      {answer.left_out.length > 0 && <p class="quiet">{word("left_out", lang, { a: answer.left_out.length })} <button onClick={onAll}>{word("measure_all", lang)}</button></p>}
      <p class="verdict"><strong class="gain">▲ {people(answer.summary.winners, lang)}</strong> {word("gained", lang)} · <strong class="loss">▼ {people(answer.summary.losers, lang)}</strong> {word("lost", lang)} <span class="quiet">{word("answered_in", lang, { a: Math.round(answer.milliseconds) })}</span></p>
      <ul>{answer.effects.map((effect, k) => <li key={k}>{lang === "zh" ? effect.zh : effect.en}</li>)}</ul>
      <Sides caption={word("by_group", lang)} rows={answer.groups.map((row) => ({ ...row, key: row.group }))} view={view} />
      <Sides caption={word("by_zone", lang)} rows={answer.zones.map((row) => ({ ...row, key: row.zone }))} view={view} />
      <table class="values"><caption>{word("by_indicator", lang)}</caption>
        <thead><tr><th scope="col">{word("indicator", lang)}</th><th scope="col" class="number">{word("before", lang)}</th><th scope="col" class="number">{word("after", lang)}</th><th scope="col" /></tr></thead>
        <tbody>{mine.map((row) => <tr key={row.indicator}><th scope="row">{name(row, lang)}</th><td class="number">{amount(row.baseline, row.unit, lang, "–")}</td><td class="number">{amount(row.value, row.unit, lang, "–")}</td>
          <td class={row.verdict === "better" ? "gain" : row.verdict === "worse" ? "loss" : ""}>{row.verdict === "better" ? `▲ ${word("better", lang)}` : row.verdict === "worse" ? `▼ ${word("worse", lang)}` : row.verdict}</td></tr>)}</tbody></table>
      <h3>{word("targets_moved", lang)}</h3>
      {answer.targets.length ? <ul>{answer.targets.map((row) => <li key={row.target}>{row.target} {name(row, lang)}: {amount(row.baseline, row.unit, lang, "–")} → {amount(row.value, row.unit, lang, "–")}</li>)}</ul> : <p class="quiet">{word("targets_none", lang)}</p>}
    </section>
  );
}

function Sides({ caption, rows, view }: { caption: string; rows: { key: string; name_zh: string; name_en: string; winners: number; losers: number }[]; view: View }) {
  const { lang } = view;
  return (
    <table class="values"><caption>{caption}</caption>
      <thead><tr><th scope="col" /><th scope="col" class="number">▲ {word("gained", lang)}</th><th scope="col" class="number">▼ {word("lost", lang)}</th></tr></thead>
      <tbody>{rows.map((row) => <tr key={row.key}><th scope="row">{name(row, lang)}</th><td class="number">{people(row.winners, lang)}</td><td class="number">{people(row.losers, lang)}</td></tr>)}</tbody></table>
  );
}

const round = (degrees: number): number => Math.round(degrees * 1e6) / 1e6;
