/** The search box: places, districts, cells, in either language. */

import { useEffect, useState } from "preact/hooks";

import type { City, Found } from "./api";
import { base, get, name } from "./api";
import type { Lang } from "./words";
import { word } from "./words";

export function Search({ city, lang, onFound }: { city: City; lang: Lang; onFound: (found: Found) => void }) {
  const [text, setText] = useState("");
  const [rows, setRows] = useState<Found[] | null>(null);
  useEffect(() => {
    if (!text.trim()) { setRows(null); return; }
    const stop = new AbortController();
    const later = setTimeout(() => {
      get<{ rows: Found[] }>(`${base(city)}/search?q=${encodeURIComponent(text.trim())}&limit=8`, stop.signal).then((found) => setRows(found.rows), () => undefined);
    }, 120);
    return () => { clearTimeout(later); stop.abort(); };
  }, [text, city.id]);
  const pick = (found: Found): void => { setText(""); setRows(null); onFound(found); };
  return (
    <form class="search" role="search" onSubmit={(event) => { event.preventDefault(); if (rows?.[0]) pick(rows[0]); }} onKeyDown={(event) => { if (event.key === "Escape") setText(""); }}>
      <input type="search" placeholder={word("search", lang)} aria-label={word("search", lang)} value={text} onInput={(event) => setText(event.currentTarget.value)} />
      {rows && (
        <ul class="found" aria-label={word("search", lang)}>
          {rows.length === 0 && <li class="quiet">{word("nothing_found", lang)}</li>}
          {rows.map((found) => <li key={`${found.type}/${found.tier}/${found.id}`}><button type="button" onClick={() => pick(found)}>{name(found, lang) || found.id} <span class="quiet">{lang === "zh" ? found.detail_zh : found.detail_en}</span></button></li>)}
        </ul>
      )}
    </form>
  );
}
