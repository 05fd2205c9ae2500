/* The map of a list of results: numbered pins, dots for the rest, the reach as a dashed circle. The list stays the
   accessible equivalent: pins are for pointers only, and Tab walks past the map in one step. */

import { AttributionControl, LngLatBounds, Map as MapLibre, Marker, NavigationControl, ScaleControl, setWorkerUrl } from "maplibre-gl";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url";

import "./styles/map.css";
import { FONT, basemap, fillOutlines } from "./basemap.js";
import { element } from "./page.js";

const EARTH_M_PER_DEGREE = 111_195;
const PIN = "M18 44.5C18 44.5 34 28.3 34 17.5A16 16 0 1 0 2 17.5C2 28.3 18 44.5 18 44.5Z";
const CLOSEST_ZOOM = 15;
const PINS_IN_SIGHT = 12; // the best ones; the others may be anywhere in the reach
const RINGS_M = [500, 1000, 2000, 5000, 10_000, 20_000, 50_000];

setWorkerUrl(workerUrl);

/** Draws the map described in `box.dataset.map`; returns `{ light(place), remove() }`. */
export async function resultsMap(box, { onPin = () => {}, onLight = () => {}, onMove = null } = {}) {
  const given = JSON.parse(box.dataset.map);
  const { style, offline } = await basemap(box.dataset.outlines);
  if (!box.isConnected) return { light() {}, remove() {} };
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const map = new MapLibre({
    container: box,
    style,
    attributionControl: false,
    bounds: boundsOf(given),
    fitBoundsOptions: { padding: paddingOf(box), maxZoom: CLOSEST_ZOOM },
    fadeDuration: calm ? 0 : 150,
    dragRotate: false,
    pitchWithRotate: false,
    cooperativeGestures: matchMedia("(pointer: coarse)").matches,
    locale: {
      "NavigationControl.ZoomIn": box.dataset.zoomIn,
      "NavigationControl.ZoomOut": box.dataset.zoomOut,
      "Map.Title": box.dataset.label,
      "AttributionControl.ToggleAttribution": box.dataset.toggle,
    },
  });
  map.touchZoomRotate.disableRotation();
  map.addControl(new NavigationControl({ showCompass: false }), "top-right");
  map.addControl(new ScaleControl({ unit: "metric" }), "bottom-left");
  map.addControl(new AttributionControl({ compact: false }), "bottom-right");
  if (given.start) new Marker({ element: still(element("div", { class: "start-mark" })) }).setLngLat(given.center).addTo(map);
  for (const at of given.origins ?? []) new Marker({ element: still(element("div", { class: "start-mark" })) }).setLngLat(at).addTo(map);
  const pins = new Map(given.pins.map((pin) => [pin.id, pinOn(map, pin, { onPin, light })]));
  map.on("load", async () => {
    if (given.radius_m) reachOn(map, given);
    if (given.start) ringsOn(map, given);
    dotsOn(map, given.dots ?? []);
    if (offline) await fillOutlines(map);
    box.dataset.ready = "true";
  });
  if (onMove) {
    map.on("moveend", (event) => event.originalEvent && onMove(map.getCenter().toArray(), given.here));
  }

  function light(place) {
    pins.forEach((pin, id) => pin.classList.toggle("lit", id === place));
    onLight(place);
  }

  return { light, remove: () => map.remove(), map };
}

/** Pins are not for the keyboard nor for screen readers: MapLibre would announce each as a marker. */
function still(made) {
  made.setAttribute("aria-hidden", "true");
  return made;
}

function pinOn(map, pin, { onPin, light }) {
  const made = element("div", { class: `pin${pin.rank === 1 || !pin.rank ? " first" : ""}${pin.approximate ? " approximate" : ""}`, title: pin.name });
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 36 46");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", PIN);
  svg.append(path);
  made.append(svg, pin.rank ? String(pin.rank) : "");
  made.addEventListener("pointerenter", () => light(pin.id));
  made.addEventListener("click", () => onPin(pin.id));
  const marker = new Marker({ element: made, anchor: "bottom" }).setLngLat(pin.at).addTo(map);
  made.removeAttribute("role");
  made.removeAttribute("aria-label");
  made.removeAttribute("tabindex");
  still(made);
  made.style.zIndex = String(200 - (pin.rank ?? 0)); // the best ranks stay on top where pins overlap
  return marker.getElement();
}

/** Room for pins at the edges, and for the part of a tall map that starts below the fold. */
function paddingOf(box) {
  const { top, bottom, height } = box.getBoundingClientRect();
  const hidden = top < innerHeight / 2 ? Math.min(Math.max(0, bottom - innerHeight), height / 2) : 0;
  return { top: 62, left: 40, right: 58, bottom: 34 + hidden };
}

function boundsOf(given) {
  const bounds = new LngLatBounds(given.center, given.center);
  (given.origins ?? []).forEach((at) => bounds.extend(at));
  given.pins.slice(0, PINS_IN_SIGHT).forEach((pin) => bounds.extend(pin.at));
  if (given.pins.length === 0 && given.radius_m) circle(given.center, given.radius_m).forEach((at) => bounds.extend(at));
  return bounds;
}

function reachOn(map, given) {
  const ring = circle(given.center, given.radius_m);
  map.addSource("reach", { type: "geojson", data: { type: "Feature", properties: {}, geometry: { type: "Polygon", coordinates: [ring] } } });
  const brand = getComputedStyle(document.documentElement).getPropertyValue("--brand").trim();
  map.addLayer({ id: "reach-fill", type: "fill", source: "reach", paint: { "fill-color": brand, "fill-opacity": 0.03 } });
  map.addLayer({ id: "reach-line", type: "line", source: "reach", paint: { "line-color": brand, "line-opacity": 0.5, "line-width": 1.5, "line-dasharray": [4, 4] } });
}

/** Thin circles at round distances: how far is "1 km" on this map, also where no street is drawn. */
function ringsOn(map, given) {
  const number = new Intl.NumberFormat(document.documentElement.lang);
  const features = RINGS_M.filter((ring_m) => ring_m < given.radius_m).map((ring_m) => ({
    type: "Feature",
    properties: { name: ring_m < 1000 ? `${ring_m} m` : `${number.format(ring_m / 1000)} km` },
    geometry: { type: "LineString", coordinates: circle(given.center, ring_m) },
  }));
  map.addSource("rings", { type: "geojson", data: { type: "FeatureCollection", features } });
  map.addLayer({ id: "rings", type: "line", source: "rings", paint: { "line-color": "#6f6c5f", "line-opacity": 0.28, "line-width": 1 } });
  if (!map.getStyle().glyphs) {
    map.addLayer({
      id: "ring-names", type: "symbol", source: "rings",
      layout: { "symbol-placement": "line", "symbol-spacing": 420, "text-field": ["get", "name"], "text-font": FONT, "text-size": 11 },
      paint: { "text-color": "#6f6c5f", "text-halo-color": "#f6f5ee", "text-halo-width": 2 },
    });
  }
}

function dotsOn(map, dots) {
  const features = dots.map((at) => ({ type: "Feature", properties: {}, geometry: { type: "Point", coordinates: at } }));
  map.addSource("dots", { type: "geojson", data: { type: "FeatureCollection", features } });
  const brand = getComputedStyle(document.documentElement).getPropertyValue("--brand").trim();
  map.addLayer({ id: "dots", type: "circle", source: "dots", paint: { "circle-radius": 5.5, "circle-color": brand, "circle-opacity": 0.45 } });
}

/** Ring of a circle of `radius_m` around [lon, lat], as the crow flies. */
function circle([lon, lat], radius_m, steps = 96) {
  const dLat = radius_m / EARTH_M_PER_DEGREE;
  const dLon = dLat / Math.cos((lat * Math.PI) / 180);
  return Array.from({ length: steps + 1 }, (_, step) => {
    const angle = (2 * Math.PI * step) / steps;
    return [lon + dLon * Math.cos(angle), lat + dLat * Math.sin(angle)];
  });
}
