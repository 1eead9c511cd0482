/** The server's routes, as docs/api.md tells them. */

import type { Lang } from "./words";

export interface Named { id: string; name_zh: string; name_en: string }
export interface Indicator extends Named {
  theme: string; unit: string; unit_zh?: string; unit_en?: string; polarity: string; form: string; groups: string[]; headline: boolean;
  status: string; needs: string[]; formula: string; clause: string | null; confidence: string;
}
export interface City extends Named {
  hash: string; as_of: string; grade: string | null; bounds: [number, number, number, number]; residents: number; cells: number;
  area_tier: string; has_plan: boolean; writable: boolean;
  tiers: (Named & { zones: number })[]; groups: (Named & { residents: number })[]; needs: (Named & { kind: string })[];
  kinds: (Named & { count: number })[]; themes: Named[]; indicators: Indicator[];
  sources: { id: string; layer: string; date: string; licence: string; attribution: string }[];
  minutes_breaks: number[]; layers: string[];
}
export interface Card { text: string; share?: number; residents?: number; grade?: string; bounds?: number[]; lon?: number; lat?: number; scenario?: string; indicator?: string; gained?: number }
export interface FirstView { classes: { from: number | null; to: number | null; state: string; residents: number; share: number }[]; cards: { within: Card | null; gap: Card | null; site: Card | null } }
export interface Row { indicator: string; tier: string; zone: string; group: string; value: number | null; unit: string; grade: string; name_zh?: string; name_en?: string }
export interface Need extends Named { minutes: number | null; metres: number | null; within: boolean; state: string; place: { id: string; name: string; lon: number; lat: number } | null }
export interface Lack extends Named { indicator: string; need?: string; limit_m: number | null; metres: number | null; clause: string | null }
export interface CellView { row: number; id: string; lon: number; lat: number; residents: number; zones: (Named & { tier: string })[]; needs: Need[]; worst: Need | null; lacks: Lack[]; grade: string | null; text: string | string[]; sources?: { id: string; date: string }[] }
export interface ZoneView extends Named { tier: string; residents: number; area_km2: number; bounds: number[]; headlines: Row[]; gaps: (Named & { indicator: string; residents_lacking: number; share_lacking: number; clause: string | null })[]; text: string | string[] }
export interface ZoneRow extends Named { number: number; residents: number; inside: boolean; bounds: number[]; centre: [number, number] }
export interface Found { type: string; id: string; tier: string | null; kind: string | null; name_zh: string; name_en: string; detail_zh: string; detail_en: string; lon: number; lat: number; bounds: number[] | null }
export interface Change { change: string; [field: string]: unknown }
export interface Scenario { id: string; name_zh: string; name_en: string; note: string; changes: Change[] }
export interface Answer {
  hash: string; scenario: Scenario; effects: { zh: string; en: string }[]; milliseconds: number; left_out: string[];
  summary: { winners: number; losers: number }; groups: { group: string; name_zh: string; name_en: string; winners: number; losers: number }[];
  zones: { zone: string; name_zh: string; name_en: string; winners: number; losers: number }[];
  indicators: (Named & { indicator: string; group: string; unit: string; baseline: number | null; value: number | null; verdict: string; winners: number; losers: number })[];
  targets: (Named & { target: string; unit: string; goal: number; baseline: number; value: number; verdict: string })[];
}
export interface Draft { id: string; title: string; hash: string | null; locked: boolean; undo: number; redo: number; version: number }
export interface Job { jobID: string; status: string; progress: number; message: string }
export interface Target {
  target: string; article: string; name_zh: string; name_en: string; goal: string; unit: string; deadline: string; status: string; light: string;
  status_zh?: string; status_en?: string; unit_zh?: string; unit_en?: string; value: number | null; probability: number | null; forecast: number | null; forecast_low: number | null;
  forecast_high: number | null; goal_value: number | null; indicator: string; owner: string; source: string; note: string;
  series: { on: string; value: number }[]; path_points: { on: string; value: number }[];
}
export interface Values { header: { unit: string; polarity: string; breaks?: number[]; quantiles: number[]; minimum: number; maximum: number }; value: Float32Array; state: Int8Array; side?: Int8Array; gain?: Float32Array }

export class Refused extends Error {}

let csrf: string | null = null;

async function call(path: string, options: RequestInit = {}): Promise<Response> {
  const headers = new Headers(options.headers);
  if (csrf) headers.set("X-CSRF-Token", csrf);
  const response = await fetch(path, { ...options, headers });
  if (!response.ok) {
    let text = response.statusText;
    try {
      const body = (await response.json()) as { error?: { message: string; faults: { where: string; what: string; allowed: string; todo: string }[] } };
      if (body.error) text = body.error.faults.map((fault) => [fault.where, fault.what, fault.allowed, fault.todo].filter(Boolean).join(" – ")).join("; ") || body.error.message;
    } catch { /* the answer was no document: its status must do */ }
    throw new Refused(text);
  }
  return response;
}

export async function get<T>(path: string, signal?: AbortSignal): Promise<T> {
  return (await (await call(path, { signal })).json()) as T;
}

export async function send<T>(method: string, path: string, body?: unknown): Promise<T> {
  const response = await call(path, { method, headers: { "Content-Type": "application/json" }, body: body === undefined ? undefined : JSON.stringify(body) });
  return (response.status === 204 ? undefined : await response.json()) as T;
}

export async function binary(path: string, signal?: AbortSignal): Promise<Values> {
  const buffer = await (await call(path, { signal })).arrayBuffer();
  const length = new DataView(buffer).getUint32(4, true);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 8, length)));
  const kinds = { float32: Float32Array, int32: Int32Array, int8: Int8Array } as const;
  const arrays: Record<string, unknown> = {};
  for (const part of header.arrays as { name: string; dtype: keyof typeof kinds; offset: number; length: number }[]) {
    arrays[part.name] = new kinds[part.dtype](buffer, 8 + length + part.offset, part.length);
  }
  return { header, ...arrays } as unknown as Values;
}

export async function begin(): Promise<City> {
  csrf = (await get<{ csrf: string | null }>("/api/v1/session")).csrf;
  const cities = await get<{ rows: Named[] }>("/api/v1/cities");
  const wanted = new URLSearchParams(location.hash.slice(1)).get("city");
  const chosen = cities.rows.find((city) => city.id === wanted) ?? cities.rows[0];
  if (!chosen) throw new Refused("no city");
  return get<City>(`/api/v1/cities/${chosen.id}`);
}

export const base = (city: City): string => `/api/v1/cities/${encodeURIComponent(city.id)}`;
export const name = (thing: { name_zh?: string; name_en?: string }, lang: Lang): string => (lang === "zh" ? thing.name_zh : thing.name_en) || thing.name_en || thing.name_zh || "";
