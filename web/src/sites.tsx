/** Find sites: a job on the server with progress, which can be cancelled; each site is explained. */

import { useEffect, useRef, useState } from "preact/hooks";

import type { City, Job } from "./api";
import { get, name, send } from "./api";
import { people } from "./numbers";
import { Pick } from "./parts";
import type { View } from "./view";
import { word } from "./words";

interface Site { rank: number; lon: number; lat: number; zone_zh: string; zone_en: string; gained: number; text_zh: string[]; text_en: string[] }
interface Result { plan: { status: string; gap: number }; sites: Site[]; text_zh: string[]; text_en: string[]; scenario: string }
interface Given { city: City; view: View; onSites: (shape: GeoJSON.GeoJSON | null) => void; onScenario: (hash: string) => void; onPoint: (lon: number, lat: number) => void }

export function Sites({ city, view, onSites, onScenario, onPoint }: Given) {
  const { lang } = view;
  const [kind, setKind] = useState(city.kinds[0]?.id ?? "");
  const [count, setCount] = useState(3);
  const [minutes, setMinutes] = useState(15);
  const [goal, setGoal] = useState("coverage");
  const [job, setJob] = useState<Job | null>(null);
  const [result, setResult] = useState<Result | null>(null);
  const [fault, setFault] = useState<string | null>(null);
  const running = useRef<string | null>(null);
  const root = `/ogc/${encodeURIComponent(city.id)}`;
  useEffect(() => () => { running.current = null; }, []);

  const watch = async (id: string): Promise<void> => {
    while (running.current === id) {
      const now = await get<Job>(`${root}/jobs/${id}`);
      setJob(now);
      if (now.status === "successful") {
        const found = await get<Result>(`${root}/jobs/${id}/results`);
        setResult(found);
        onSites({ type: "FeatureCollection", features: found.sites.map((site) => ({ type: "Feature", geometry: { type: "Point", coordinates: [site.lon, site.lat] }, properties: { rank: site.rank } })) });
        return;
      }
      if (now.status === "failed" || now.status === "dismissed") { if (now.status === "failed") setFault(now.message); return; }
      await new Promise((wait) => setTimeout(wait, 300));
    }
  };
  const start = async (event: Event): Promise<void> => {
    event.preventDefault();
    setFault(null);
    setResult(null);
    try {
      const made = await send<Job>("POST", `${root}/processes/site/execution`, { inputs: { kind, count, goal, group: view.group, ...(goal === "coverage" ? { minutes } : {}) } });
      running.current = made.jobID;
      setJob(made);
      await watch(made.jobID);
    } catch (error) { setFault((error as Error).message); }
    running.current = null;
  };
  const active = job !== null && (job.status === "accepted" || job.status === "running");
  return (
    <>
      <form class="tools" onSubmit={(event) => void start(event)}>
        <Pick label={word("kind", lang)} value={kind} onChange={setKind}>{city.kinds.map((one) => <option key={one.id} value={one.id}>{name(one, lang)}</option>)}</Pick>
        <Pick label={word("goal", lang)} value={goal} onChange={setGoal}><option value="coverage">{word("goal_coverage", lang)}</option><option value="distance">{word("goal_distance", lang)}</option></Pick>
        <label class="pick"><span>{word("count", lang)}</span><input type="number" min={1} max={100} value={count} onInput={(event) => setCount(Number(event.currentTarget.value))} /></label>
        {goal === "coverage" && <label class="pick"><span>{word("minutes_walk", lang)}</span><input type="number" min={1} max={60} value={minutes} onInput={(event) => setMinutes(Number(event.currentTarget.value))} /></label>}
        <button class="strong" type="submit" disabled={active}>{word("find", lang)}</button>
        {active && <button type="button" onClick={() => void send("DELETE", `${root}/jobs/${job.jobID}`)}>{word("cancel", lang)}</button>}
      </form>
      {active && <p role="status">{word("working", lang)} … <progress max={100} value={job.progress} aria-label={word("working", lang)} /></p>}
      {fault && <p role="alert" class="fault">{fault}</p>}
      {result && (
        <section>
          <p>{result.plan.status === "optimal" ? word("proven", lang) : `${word("gap", lang)}: ${(result.plan.gap * 100).toFixed(1)}%`}</p>
          {whole(lang === "zh" ? result.text_zh : result.text_en, result.sites.flatMap((site) => (lang === "zh" ? site.text_zh : site.text_en))).map((line) => <p key={line}>{line}</p>)}
          <p><button class="strong" onClick={() => onScenario(result.scenario)}>{word("open_scenario", lang)}</button></p>
          <ol class="sites">{result.sites.map((site) => (
            <li key={site.rank}><button class="link" onClick={() => onPoint(site.lon, site.lat)}>{lang === "zh" ? site.zone_zh : site.zone_en}: +{people(site.gained, lang)} {word("residents", lang)}</button>
              {(lang === "zh" ? site.text_zh : site.text_en).map((line) => <p key={line} class="quiet">{line}</p>)}</li>))}</ol>
        </section>
      )}
    </>
  );
}

/** The sentences about the whole answer, without those that stand beside their site. */
const whole = (lines: string[], told: string[]): string[] => lines.filter((line) => !told.includes(line));
