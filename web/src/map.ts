/** The map: drawn from the city's own tiles; cells are coloured by feature state, so a change of measure redraws nothing else. */

import { cuts, classOf, BETTER, RAMP, WORSE } from "./colours";
import type { City, Values, ZoneRow } from "./api";
import { base, name } from "./api";
import type { Lang } from "./words";
import type { ExpressionSpecification, GeoJSONSource, LayerSpecification, Map as Engine, MapMouseEvent, Marker, StyleSpecification } from "maplibre-gl";

type Library = typeof import("maplibre-gl");
type Shape = GeoJSON.GeoJSON;
export interface Click { lon: number; lat: number; row: number | null; place: string | null }

const EMPTY: Shape = { type: "FeatureCollection", features: [] };
const AREA: ExpressionSpecification = ["in", ["geometry-type"], ["literal", ["Polygon", "MultiPolygon"]]];
const LINE: ExpressionSpecification = ["in", ["geometry-type"], ["literal", ["LineString", "MultiLineString"]]];
const PAPER = { light: { ground: "#f6f5f1", water: "#c9dfe8", green: "#dbe8d0", land: "#ecebe6", road: "#ffffff", street: "#e3e0d8", line: "#8d8d8d", edge: "#57534e", building: "#e1ddd3" },
  dark: { ground: "#16191d", water: "#1c3440", green: "#1d2b20", land: "#1b1f24", road: "#3a4048", street: "#2b3037", line: "#7d8590", edge: "#a8a29e", building: "#24292f" } };

export class CityMap {
  private markers: Marker[] = [];
  private coloured = 0;
  hatched: number[] = [];

  private constructor(private library: Library, readonly engine: Engine) {}

  static async open(element: HTMLElement, city: City, dark: boolean, onClick: (click: Click) => void, onHover: (row: number | null) => void): Promise<CityMap> {
    const library = await import("maplibre-gl");
    await import("maplibre-gl/dist/maplibre-gl.css");
    const engine = new library.Map({
      container: element, style: style(city, dark), bounds: city.bounds, fitBoundsOptions: { padding: 24 }, attributionControl: false,
      dragRotate: false, pitchWithRotate: false, touchPitch: false, maxZoom: 17.5, fadeDuration: 0, refreshExpiredTiles: false,
    });
    engine.on("styleimagemissing", (event) => { if (event.id === "hatch" && !engine.hasImage("hatch")) engine.addImage("hatch", hatch(), { pixelRatio: 2 }); });
    engine.addControl(new library.NavigationControl({ showCompass: false }), "bottom-right");
    engine.addControl(new library.ScaleControl({ unit: "metric" }), "bottom-left");
    const map = new CityMap(library, engine);
    engine.on("click", (event: MapMouseEvent) => onClick(map.at(event)));
    engine.on("mousemove", (event: MapMouseEvent) => onHover(map.at(event).row));
    await new Promise<void>((ready) => engine.once("load", () => ready()));
    return map;
  }

  private at(event: MapMouseEvent): Click {
    const { x, y } = event.point;
    const place = this.engine.queryRenderedFeatures([[x - 4, y - 4], [x + 4, y + 4]], { layers: ["places"] })[0];
    const cell = this.engine.queryRenderedFeatures(event.point, { layers: ["cells"] })[0];
    return { lon: event.lngLat.lng, lat: event.lngLat.lat, row: cell ? Number(cell.id) : null, place: place ? String(place.properties["id"]) : null };
  }

  /** Colour every cell by its class on the scale of the city as it is; cells without an answer are hatched, cells where nobody lives stay clear. */
  colour(values: Values, scale: Values = values): void {
    const limits = cuts(scale.header);
    const classes = Int8Array.from(values.value, (value, row) => (values.state[row] === 0 ? classOf(value, limits, values.header.polarity) : -1));
    this.paint(classes, (row) => values.state[row]! > 0 && values.state[row]! < 6);
  }

  /** Colour cells by who gains (blue) and who loses (red) under a scenario. */
  differ(side: Int8Array): void {
    this.paint(Int8Array.from(side, (value) => (value > 0 ? 5 : value < 0 ? 6 : -1)), () => false);
  }

  private paint(classes: Int8Array, isHatched: (row: number) => boolean): void {
    this.hatched = [];
    for (let row = 0; row < classes.length; row += 1) {
      this.engine.setFeatureState({ source: "city", sourceLayer: "cells", id: row }, { k: classes[row]! });
      if (isHatched(row)) this.hatched.push(row);
    }
    this.coloured = classes.length;
    this.engine.setFilter("hatched", ["in", ["id"], ["literal", this.hatched]] as ExpressionSpecification);
  }

  get ready(): boolean { return this.coloured > 0; }

  chosen(row: number | null): void {
    this.engine.setFilter("chosen", ["==", ["id"], row ?? -1]);
  }

  zones(tier: string, zones: ZoneRow[], lang: Lang): void {
    this.engine.setFilter("zones", ["==", ["get", "tier"], tier]);
    for (const marker of this.markers) marker.remove();
    this.markers = zones.filter((zone) => zone.inside && zone.residents > 0).map((zone) => {
      const label = document.createElement("div");
      label.className = "label";
      label.textContent = name(zone, lang);
      label.setAttribute("aria-hidden", "true");
      return new this.library.Marker({ element: label }).setLngLat(zone.centre).addTo(this.engine);
    });
  }

  draw(source: "way" | "reach" | "edits" | "sites", shape: Shape | null): void {
    (this.engine.getSource(source) as GeoJSONSource).setData(shape ?? EMPTY);
  }

  /** Show what another map shows, and follow either; returns what parts them again. */
  follow(other: CityMap): () => void {
    let moving = false;
    const tie = (from: Engine, to: Engine) => (): void => {
      if (moving) return;
      moving = true;
      to.jumpTo({ center: from.getCenter(), zoom: from.getZoom() });
      moving = false;
    };
    const here = tie(this.engine, other.engine);
    const there = tie(other.engine, this.engine);
    there();
    this.engine.on("move", here);
    other.engine.on("move", there);
    return () => { this.engine.off("move", here); other.engine.off("move", there); };
  }

  close(): void { this.engine.remove(); }

  fit(bounds: number[], longest = 15): void {
    const [west, south, east, north] = bounds as [number, number, number, number];
    this.engine.fitBounds([west, south, east, north], { padding: 48, maxZoom: longest, animate: !matchMedia("(prefers-reduced-motion: reduce)").matches });
  }

  fly(lon: number, lat: number): void {
    this.fit([lon - 0.008, lat - 0.006, lon + 0.008, lat + 0.006]);
  }

  dress(dark: boolean): void {
    const paper = PAPER[dark ? "dark" : "light"];
    const paints: [string, string, string][] = [["ground", "background-color", paper.ground], ["landuse", "fill-color", paper.land], ["green", "fill-color", paper.green], ["water", "fill-color", paper.water],
      ["buildings", "fill-color", paper.building], ["streets", "line-color", paper.street], ["roads", "line-color", paper.road], ["lines", "line-color", paper.line], ["zones", "line-color", paper.edge]];
    for (const [layer, property, colour] of paints) if (this.engine.getLayer(layer)) this.engine.setPaintProperty(layer, property as "fill-color", colour);
  }
}

function hatch(): ImageData {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 16;
  const pen = canvas.getContext("2d")!;
  pen.strokeStyle = "#6b7280";
  pen.lineWidth = 2;
  for (const shift of [-16, 0, 16]) { pen.beginPath(); pen.moveTo(shift, 16); pen.lineTo(shift + 16, 0); pen.stroke(); }
  return pen.getImageData(0, 0, 16, 16);
}

function style(city: City, dark: boolean): StyleSpecification {
  const paper = PAPER[dark ? "dark" : "light"];
  const has = new Set(city.layers);
  const tile = (layers: string[]): string => `${location.origin}${base(city)}/tiles/${layers.join(",")}/{z}/{x}/{y}.mvt?v=${city.hash}`;
  const from = (layer: string, rest: object): LayerSpecification => ({ source: "city", "source-layer": layer, ...rest }) as LayerSpecification;
  const colours = ["match", ["coalesce", ["feature-state", "k"], -1], ...RAMP.flatMap((colour, k) => [k, colour]), 5, BETTER, 6, WORSE, "rgba(0,0,0,0)"] as unknown as ExpressionSpecification;
  const wanted: [string, LayerSpecification][] = [
    ["landuse", from("landuse", { id: "landuse", type: "fill", filter: AREA, paint: { "fill-color": paper.land } })],
    ["green", from("green", { id: "green", type: "fill", filter: AREA, paint: { "fill-color": paper.green } })],
    ["water", from("water", { id: "water", type: "fill", filter: AREA, paint: { "fill-color": paper.water } })],
    ["water", from("water", { id: "rivers", type: "line", filter: LINE, paint: { "line-color": paper.water, "line-width": 2 } })],
    ["buildings", from("buildings", { id: "buildings", type: "fill", minzoom: 14, paint: { "fill-color": paper.building } })],
    ["cells", from("cells", { id: "cells", type: "fill", paint: { "fill-color": colours, "fill-opacity": ["interpolate", ["linear"], ["zoom"], 11, 0.85, 15, 0.5] } })],
    ["cells", from("cells", { id: "hatched", type: "fill", filter: ["==", ["id"], -1], paint: { "fill-pattern": "hatch" } })],
    ["streets", from("streets", { id: "streets", type: "line", minzoom: 13, paint: { "line-color": paper.street, "line-width": ["interpolate", ["linear"], ["zoom"], 13, 0.6, 17, 3] } })],
    ["roads", from("roads", { id: "roads", type: "line", minzoom: 10, paint: { "line-color": paper.road, "line-width": ["interpolate", ["linear"], ["zoom"], 10, 0.5, 17, 5] } })],
    ["lines", from("lines", { id: "lines", type: "line", paint: { "line-color": paper.line, "line-width": 1.4, "line-dasharray": [3, 2] } })],
    ["zones", from("zones", { id: "zones", type: "line", filter: ["==", ["get", "tier"], city.area_tier], paint: { "line-color": paper.edge, "line-width": 1.4 } })],
    ["places", from("places", { id: "places", type: "circle", minzoom: 14, paint: { "circle-radius": ["interpolate", ["linear"], ["zoom"], 14, 1.6, 17, 5], "circle-color": "#1f2937", "circle-stroke-color": "#ffffff", "circle-stroke-width": ["interpolate", ["linear"], ["zoom"], 14, 0.5, 17, 1.5] } })],
    ["cells", from("cells", { id: "chosen", type: "line", filter: ["==", ["id"], -1], paint: { "line-color": "#111827", "line-width": 3 } })],
  ];
  const drawn: LayerSpecification[] = [
    { id: "reach", type: "fill", source: "reach", paint: { "fill-color": "#7b3294", "fill-opacity": 0.18, "fill-outline-color": "#7b3294" } },
    { id: "way", type: "line", source: "way", paint: { "line-color": "#7b3294", "line-width": 4 } },
    { id: "edits-lines", type: "line", source: "edits", paint: { "line-color": "#111827", "line-width": 4 } },
    { id: "edits", type: "circle", source: "edits", filter: ["==", ["geometry-type"], "Point"], paint: { "circle-radius": 8, "circle-color": "#fde047", "circle-stroke-color": "#111827", "circle-stroke-width": 3 } },
    { id: "sites", type: "circle", source: "sites", paint: { "circle-radius": 9, "circle-color": "#7b3294", "circle-stroke-color": "#ffffff", "circle-stroke-width": 2 } },
  ];
  const shown = [...new Set(wanted.map(([layer]) => layer))].filter((layer) => has.has(layer));
  const empty = { type: "geojson" as const, data: EMPTY };
  return {
    version: 8,
    sources: { city: { type: "vector", tiles: [tile(shown)], minzoom: 0, maxzoom: 15, bounds: city.bounds, promoteId: { cells: "row" } }, way: empty, reach: empty, edits: empty, sites: empty },
    layers: [{ id: "ground", type: "background", paint: { "background-color": paper.ground } }, ...wanted.filter(([layer]) => has.has(layer)).map(([, layer]) => layer), ...drawn],
  };
}
