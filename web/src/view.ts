/** What the screen shows; kept in the address, so that a link shows the same. */

import type { City, Indicator } from "./api";
import type { Lang } from "./words";

export type Panel = "overview" | "place" | "change" | "sites" | "plan" | "export";
export type Side = "baseline" | "after" | "difference" | "compare";
export interface View {
  lang: Lang; dark: boolean; size: number; group: string; tier: string; theme: string; indicator: Indicator | null; panel: Panel;
  scenario: string | null; side: Side;
  /** What stands on the left of a comparison: another scenario, or null for the city as it is. */
  other: string | null;
}

const SIDES: Side[] = ["baseline", "after", "difference", "compare"];
const PANELS: Panel[] = ["overview", "place", "change", "sites", "plan", "export"];

export function readView(city: City): View {
  const given = new URLSearchParams(location.hash.slice(1));
  const indicator = city.indicators.find((one) => one.id === given.get("m") && one.status === "computed") ?? null;
  const wished = given.get("lang") ?? (navigator.language.startsWith("zh") ? "zh" : "en");
  const panel = PANELS.find((one) => one === given.get("panel")) ?? "overview";
  return {
    lang: wished === "zh" ? "zh" : "en",
    dark: given.has("dark") ? given.get("dark") === "1" : matchMedia("(prefers-color-scheme: dark)").matches,
    size: Number(given.get("size")) || 100,
    group: city.groups.some((group) => group.id === given.get("group")) ? given.get("group")! : "all",
    tier: city.tiers.some((tier) => tier.id === given.get("tier")) ? given.get("tier")! : city.area_tier,
    theme: indicator?.theme ?? "", indicator, panel, scenario: given.get("s"), other: given.get("o"),
    side: given.get("s") ? SIDES.find((one) => one === given.get("side")) ?? "after" : "baseline",
  };
}

export function writeView(city: City, view: View): void {
  const kept = new URLSearchParams({ city: city.id, lang: view.lang });
  if (view.group !== "all") kept.set("group", view.group);
  if (view.tier !== city.area_tier) kept.set("tier", view.tier);
  if (view.indicator) kept.set("m", view.indicator.id);
  if (view.panel !== "overview") kept.set("panel", view.panel);
  if (view.scenario) kept.set("s", view.scenario);
  if (view.scenario && view.side !== "after") kept.set("side", view.side);
  if (view.scenario && view.other) kept.set("o", view.other);
  if (view.dark) kept.set("dark", "1");
  if (view.size !== 100) kept.set("size", String(view.size));
  history.replaceState(null, "", `#${kept}`);
}
