/** Two maps as one: the city, or one scenario of it, on the left of a line that slides, and another on its right; one scale, one legend. */

import { useEffect, useRef, useState } from "preact/hooks";

import type { City, Values, ZoneRow } from "./api";
import { base, binary, get } from "./api";
import type { Click, CityMap } from "./map";
import type { View } from "./view";
import { word } from "./words";

const PER_PRESS = 5;

interface Given {
  city: City; view: View; under: CityMap; scale: Values; measure: string; group: string; left: string; right: string;
  onClick: (click: Click) => void; onHover: (row: number | null) => void; onFault: (text: string) => void;
}

/** The map above the other one, cut off at the line; what it shows is `view.scenario`. */
export function Swipe({ city, view, under, scale, measure, group, left, right, onClick, onHover, onFault }: Given) {
  const place = useRef<HTMLDivElement>(null);
  const [at, setAt] = useState(50);
  const [above, setAbove] = useState<CityMap | null>(null);
  const { lang } = view;

  useEffect(() => {
    let opened: CityMap | null = null;
    let part = (): void => undefined;
    let gone = false;
    import("./map").then(({ CityMap: Opener }) => Opener.open(place.current!, city, view.dark, onClick, onHover)).then((map) => {
      if (gone) { map.close(); return; }
      opened = map;
      part = map.follow(under);
      setAbove(map);
    }, (error: Error) => onFault(error.message));
    return () => { gone = true; part(); opened?.close(); };
  }, [city.id, under]);

  useEffect(() => {
    if (!above || !view.scenario) return undefined;
    const stop = new AbortController();
    binary(`${base(city)}/values/${measure}?group=${group}&scenario=${view.scenario}&v=${city.hash}`, stop.signal).then(
      (got) => { above.colour(got, scale); place.current?.setAttribute("data-ready", "true"); },
      (error: Error) => { if (!stop.signal.aborted) onFault(error.message); },
    );
    return () => stop.abort();
  }, [above, view.scenario, measure, group, scale]);
  useEffect(() => { above?.dress(view.dark); }, [above, view.dark]);
  useEffect(() => {
    if (above) void get<{ rows: ZoneRow[] }>(`${base(city)}/zones/${view.tier}?limit=1000`).then((zones) => above.zones(view.tier, zones.rows, lang));
  }, [above, view.tier, lang]);

  const move = (event: PointerEvent): void => {
    const box = place.current!.parentElement!.getBoundingClientRect();
    setAt(Math.min(100, Math.max(0, ((event.clientX - box.left) / box.width) * 100)));
  };
  const grasp = (event: PointerEvent): void => {
    const handle = event.currentTarget as HTMLElement;
    handle.setPointerCapture(event.pointerId);
    handle.onpointermove = move;
    handle.onpointerup = () => { handle.onpointermove = null; };
  };
  const press = (event: KeyboardEvent): void => {
    const by = { ArrowLeft: -PER_PRESS, ArrowRight: PER_PRESS, Home: -100, End: 100 }[event.key];
    if (by === undefined) return;
    event.preventDefault();
    setAt((now) => Math.min(100, Math.max(0, now + by)));
  };
  return (
    <div class="swipe">
      <div ref={place} class="map above" style={{ clipPath: `inset(0 0 0 ${at}%)` }} aria-hidden="true" />
      <span class="side left" aria-hidden="true">{left}</span><span class="side right" aria-hidden="true">{right}</span>
      <div class="divider" style={{ left: `${at}%` }} role="slider" tabIndex={0} aria-label={`${word("slide", lang)}: ${left} | ${right}`} aria-valuemin={0} aria-valuemax={100} aria-valuenow={Math.round(at)}
        onPointerDown={grasp} onKeyDown={press}><span aria-hidden="true">⇔</span></div>
    </div>
  );
}
