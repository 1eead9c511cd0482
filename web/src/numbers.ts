/** How numbers are written. */

import type { Lang } from "./words";

export function people(count: number, lang: Lang): string {
  if (lang === "zh" && count >= 10_000) return `${(count / 10_000).toLocaleString("zh-CN", { maximumFractionDigits: 1 })} 万`;
  return Math.round(count).toLocaleString(lang === "zh" ? "zh-CN" : "en-GB");
}

export function amount(value: number | null | undefined, unit: string, lang: Lang, none: string): string {
  if (value === null || value === undefined || Number.isNaN(value)) return none;
  const locale = lang === "zh" ? "zh-CN" : "en-GB";
  if (unit === "share") return `${(value * 100).toLocaleString(locale, { maximumFractionDigits: 1 })}%`;
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 3;
  return `${value.toLocaleString(locale, { maximumFractionDigits: digits })}${unit && unit !== "ratio" && unit !== "index" ? ` ${unit}` : ""}`;
}
