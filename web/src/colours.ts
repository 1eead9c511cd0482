/** Colours that people with any colour vision can tell apart (after ColorBrewer's RdBu), good in blue, bad in red. */

export const RAMP = ["#2166ac", "#67a9cf", "#d1e5f0", "#f4a582", "#b2182b"];
export const BETTER = "#2166ac";
export const WORSE = "#b2182b";
export const LIGHTS: Record<string, string> = { red: "#b2182b", amber: "#b45309", blue: "#2166ac", green: "#1b7837", grey: "#6b7280" };
export const MARKS: Record<string, string> = { red: "▲", amber: "◆", blue: "●", green: "✓", grey: "○" };

/** Four cuts that part values into five classes: those of the measure, else fifths of the residents. */
export function cuts(header: { breaks?: number[]; quantiles: number[] }): number[] {
  return header.breaks && header.breaks.length === 4 ? header.breaks : header.quantiles;
}

/** The class of a value, 0 to 4, 0 the best for residents. */
export function classOf(value: number, limits: number[], polarity: string): number {
  let k = 0;
  while (k < limits.length && value > limits[k]!) k += 1;
  return polarity === "higher" ? limits.length - k : k;
}
