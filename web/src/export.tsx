/** Reports and files of what is on the screen. */

import type { City } from "./api";
import { base } from "./api";
import type { View } from "./view";
import { word } from "./words";

export function Export({ city, view }: { city: City; view: View }) {
  const { lang } = view;
  const root = base(city);
  const measure = view.indicator?.id ?? "minutes.worst";
  const links: [string, string][] = [
    [`${word("report", lang)} (HTML)`, `${root}/report?lang=${lang}`],
    [`${word("report", lang)} (PDF)`, `${root}/report?lang=${lang}&format=pdf`],
    [`${word("map_picture", lang)} (PNG)`, `${root}/export/map.png?measure=${measure}&group=${view.group}&lang=${lang}&width=1600`],
    [`${word("indicators_table", lang)} (XLSX)`, `${root}/export/indicators.xlsx`],
    [`${word("indicators_table", lang)} (CSV)`, `${root}/export/indicators.csv`],
    [`${word("gaps_table", lang)} (CSV)`, `${root}/export/gaps.csv`],
    [`${word("map_file", lang)} (GeoPackage)`, `${root}/export/cells.gpkg`],
    [`${word("map_file", lang)} (GeoParquet)`, `${root}/export/cells.parquet`],
    [`${word("basemap", lang)} (PMTiles)`, `${root}/export/city.pmtiles`],
  ];
  if (view.scenario) links.push([`${word("difference", lang)} (GeoPackage)`, `${root}/export/${view.scenario}.gpkg`]);
  return <ul class="plain exports">{links.map(([text, href]) => <li key={href}><a href={href} target="_blank" rel="noreferrer">{text}</a></li>)}</ul>;
}
