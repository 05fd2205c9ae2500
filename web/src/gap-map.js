/* The planner's map: H3 hexagons coloured by the people out of reach. The table beside it holds the same figures by
   area, so the map is for pointers only and never the only way to know. */

import { cellToBoundary } from "h3-js";
import { AttributionControl, Map as MapLibre, NavigationControl, Popup, setWorkerUrl } from "maplibre-gl";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url";

import "./styles/map.css";
import { element } from "./page.js";

const METROPOLE = [-5.3, 41.2, 9.7, 51.2];

setWorkerUrl(workerUrl);

/** Draws the hexagons that `box.dataset.hexagons` points to; rejects when they cannot be had. */
export async function gapMap(box) {
  const answer = await fetch(box.dataset.hexagons);
  if (!answer.ok) throw new Error(`hexagons: ${answer.status}`);
  const hexagons = featuresOf(await answer.json());
  const map = new MapLibre({
    container: box,
    style: background(),
    attributionControl: false,
    bounds: METROPOLE,
    fitBoundsOptions: { padding: 12 },
    maxZoom: 11,
    fadeDuration: 0,
    dragRotate: false,
    pitchWithRotate: false,
    cooperativeGestures: matchMedia("(pointer: coarse)").matches,
    locale: {
      "NavigationControl.ZoomIn": box.dataset.zoomIn,
      "NavigationControl.ZoomOut": box.dataset.zoomOut,
      "Map.Title": box.dataset.label,
    },
  });
  map.touchZoomRotate.disableRotation();
  map.addControl(new NavigationControl({ showCompass: false }), "top-right");
  map.addControl(new AttributionControl({ compact: false }), "bottom-right");
  map.on("load", () => {
    map.addSource("hexagons", { type: "geojson", data: hexagons });
    map.addLayer({ id: "hexagons", type: "fill", source: "hexagons", paint: paint() }, "departements");
    map.once("idle", () => (box.dataset.ready = "true"));
  });
  explain(map, box, new Popup({ closeButton: false, closeOnClick: false, className: "gap-popup", offset: 8 }));
}

/** Columns as they come, turned into polygons; everything a popup says travels with its hexagon. */
function featuresOf({ cells, people, beyond, mean_m }) {
  const features = cells.map((cell, at) => ({
    type: "Feature",
    properties: { people: people[at], beyond: beyond[at], mean_m: mean_m[at] },
    geometry: { type: "Polygon", coordinates: [cellToBoundary(cell, true)] },
  }));
  return { type: "FeatureCollection", features };
}

/** Our own outlines only: a national map of hexagons reads better without streets. */
function background() {
  return {
    version: 8,
    sources: { departements: { type: "geojson", data: "/outlines/departements.geojson" } },
    layers: [
      { id: "sea", type: "background", paint: { "background-color": "#e4ebe9" } },
      { id: "land", type: "fill", source: "departements", paint: { "fill-color": "#fbfaf6", "fill-antialias": false } },
      {
        id: "departements", type: "line", source: "departements",
        paint: { "line-color": "#6f7772", "line-width": ["interpolate", ["linear"], ["zoom"], 4, 0.5, 9, 1.4], "line-opacity": 0.7 },
      },
    ],
  };
}

/** The legend on the page is the one source of classes and colours. */
function paint() {
  const classes = [...document.querySelectorAll(".gap-legend .swatch")].map((swatch) => ({
    low: Number(swatch.dataset.low),
    colour: getComputedStyle(swatch).backgroundColor,
  }));
  const [first, ...others] = classes;
  return {
    "fill-color": ["step", ["get", "beyond"], first.colour, ...others.flatMap(({ low, colour }) => [low, colour])],
    "fill-antialias": false,
  };
}

function explain(map, box, popup) {
  const number = new Intl.NumberFormat(box.dataset.lang);
  const km = new Intl.NumberFormat(box.dataset.lang, { maximumFractionDigits: 1 });
  map.on("mousemove", "hexagons", ({ features, lngLat }) => {
    const { people, beyond, mean_m } = features[0].properties;
    const lines = [
      element("p", {}, element("b", {}, number.format(beyond)), ` ${box.dataset.beyond}`),
      element("p", {}, `${number.format(people)} ${box.dataset.people}`),
    ];
    if (mean_m != null) lines.push(element("p", {}, `${box.dataset.mean} : ${km.format(mean_m / 1000)}\u00a0km`));
    popup.setLngLat(lngLat).setDOMContent(element("div", {}, ...lines)).addTo(map);
  });
  map.on("mouseleave", "hexagons", () => popup.remove());
}
