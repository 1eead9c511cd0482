/** The course of a target: path, actual values, and the band of the forecast; drawn by uPlot, which is fetched when the first chart is opened. */

import { useEffect, useRef } from "preact/hooks";
import type uPlot from "uplot";

import type { Target } from "./api";
import { name } from "./api";
import { amount } from "./numbers";
import type { Lang } from "./words";
import { word } from "./words";

const HEIGHT = 190;
const seconds = (date: string): number => Date.parse(`${date.slice(0, 10)}T00:00:00Z`) / 1000;

interface Course { days: string[]; columns: (number | null)[][]; band: boolean }

/** All days of any series in order, and a column for each series: actual, path, forecast low and high. */
export function course(target: Target): Course {
  const last = target.series[target.series.length - 1];
  const band = target.forecast_low !== null && target.forecast_high !== null && last !== undefined && target.deadline > last.on;
  const days = [...new Set([...target.series.map((point) => point.on), ...target.path_points.map((point) => point.on), ...(band ? [target.deadline] : [])])].sort();
  const column = (points: { on: string; value: number }[]): (number | null)[] => days.map((day) => points.find((point) => point.on === day)?.value ?? null);
  const fan = (end: number | null): (number | null)[] => (band ? column([{ on: last!.on, value: last!.value }, { on: target.deadline, value: end! }]) : days.map(() => null));
  return { days, columns: [column(target.series), column(target.path_points), fan(target.forecast_low), fan(target.forecast_high)], band };
}

export function Chart({ target, lang, dark }: { target: Target; lang: Lang; dark: boolean }) {
  const place = useRef<HTMLDivElement>(null);
  const shown = course(target);
  useEffect(() => {
    if (!target.series.length) return undefined;
    let plot: uPlot | null = null;
    let gone = false;
    const draw = async (): Promise<void> => {
      const [{ default: Plot }] = await Promise.all([import("uplot"), import("uplot/dist/uPlot.min.css")]);
      if (gone || !place.current) return;
      plot = new Plot(options(target, lang, place.current.clientWidth), [shown.days.map(seconds), ...shown.columns] as uPlot.AlignedData, place.current);
      place.current.setAttribute("data-ready", "true");
    };
    void draw();
    const width = new ResizeObserver(() => { if (plot && place.current) plot.setSize({ width: place.current.clientWidth, height: HEIGHT }); });
    width.observe(place.current!);
    return () => { gone = true; width.disconnect(); plot?.destroy(); };
  }, [target, lang, dark]);
  if (!target.series.length) return <p class="quiet">{word("no_chart", lang)}</p>;
  const [actual, path, low, high] = shown.columns as [(number | null)[], (number | null)[], (number | null)[], (number | null)[]];
  const cell = (value: number | null | undefined): string => amount(value, "", lang, "–");
  return (
    <figure class="chart">
      <div ref={place} role="img" aria-label={`${name(target, lang)}: ${target.series.map((point) => `${point.on.slice(0, 4)}: ${point.value}`).join(", ")}`} />
      <details><summary>{word("table", lang)}</summary><table class="values">
        <thead><tr><th scope="col">{word("day", lang)}</th><th scope="col" class="number">{word("actual", lang)}</th><th scope="col" class="number">{word("path", lang)}</th>{shown.band && <th scope="col" class="number">{word("forecast", lang)}</th>}</tr></thead>
        <tbody>{shown.days.map((day, k) => <tr key={day}><th scope="row">{day}</th><td class="number">{cell(actual[k])}</td><td class="number">{cell(path[k])}</td>{shown.band && <td class="number">{day === target.deadline ? `${cell(low[k])} – ${cell(high[k])}` : "–"}</td>}</tr>)}</tbody></table></details>
    </figure>
  );
}

function options(target: Target, lang: Lang, width: number): uPlot.Options {
  const style = getComputedStyle(document.documentElement);
  const ink = (property: string): string => style.getPropertyValue(property).trim();
  const axis = { stroke: ink("--quiet"), grid: { stroke: ink("--rule"), width: 1 }, ticks: { show: false }, font: "11px system-ui, sans-serif" };
  const goal = target.goal_value;
  return {
    width, height: HEIGHT, cursor: { y: false }, legend: { live: true },
    // A year is written in full; the goal belongs on the scale even while nothing comes near it.
    scales: { x: { time: true }, y: { range: (_, low, high) => spread(goal === null ? [low, high] : [Math.min(low, goal), Math.max(high, goal)]) } },
    axes: [{ ...axis, values: (_, splits) => years(splits) }, { ...axis, size: 62, values: (_, splits) => splits.map((value) => amount(value, "", lang, "")) }],
    series: [
      { label: word("day", lang), value: (_, at) => (at === null ? "–" : new Date(at * 1000).toISOString().slice(0, 10)) },
      { label: word("actual", lang), stroke: ink("--accent"), width: 2, spanGaps: true, points: { show: true, size: 7, fill: ink("--accent") } },
      { label: word("path", lang), stroke: ink("--quiet"), width: 2, dash: [5, 4], spanGaps: true, points: { show: false } },
      { label: `${word("forecast", lang)} ↓`, stroke: ink("--accent"), width: 1, dash: [2, 3], spanGaps: true, points: { show: false } },
      { label: `${word("forecast", lang)} ↑`, stroke: ink("--accent"), width: 1, dash: [2, 3], spanGaps: true, points: { show: false } },
    ],
    bands: [{ series: [4, 3], fill: `color-mix(in srgb, ${ink("--accent")} 22%, transparent)` }],
  };
}

function spread([low, high]: [number, number]): [number, number] {
  const room = (high - low || Math.abs(high) || 1) * 0.08;
  return [low - room, high + room];
}

function years(splits: number[]): string[] {
  let before = "";
  return splits.map((at) => {
    const year = new Date(at * 1000).toISOString().slice(0, 4);
    const text = year === before ? "" : year;
    before = year;
    return text;
  });
}
