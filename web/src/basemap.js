/* The background of every map: IGN's plan when it answers, our own outlines when it does not. */

import { DEPARTEMENTS } from "./departements.js";

const IGN_STYLE = "https://data.geopf.fr/annexes/ressources/vectorTiles/styles/PLAN.IGN/standard.json";
const PATIENCE_MS = 2500;
const COMMUNES_FROM_ZOOM = 7.5;
const STATIONS_FROM_ZOOM = 11;
export const FONT = ["Segoe UI", "DejaVu Sans", "sans-serif"];
const COLOURS = { sea: "#d3e2e8", land: "#f6f5ee", commune: "#dfdccf", departement: "#bdb9a8", name: "#6f6c5f", station: "#54617a" };

const none = () => ({ type: "FeatureCollection", features: [] });

/** `{ style, offline }`: a MapLibre style, and whether it is made of our own outlines. */
export async function basemap(credit) {
  if (document.body.dataset.basemap !== "offline") {
    try {
      const answer = await fetch(IGN_STYLE, { signal: AbortSignal.timeout(PATIENCE_MS) });
      if (answer.ok) return { style: await answer.json(), offline: false };
    } catch {
      /* not reachable from here: our outlines do */
    }
  }
  return { style: outlines(credit), offline: true };
}

function outlines(credit) {
  const names = {
    "text-field": ["get", "name"],
    "text-font": FONT,
  };
  return {
    version: 8,
    sources: {
      departements: { type: "geojson", data: "/outlines/departements.geojson", attribution: credit },
      communes: { type: "geojson", data: none() },
      names: { type: "geojson", data: none() },
      stations: { type: "geojson", data: none() },
    },
    layers: [
      { id: "sea", type: "background", paint: { "background-color": COLOURS.sea } },
      { id: "land", type: "fill", source: "departements", paint: { "fill-color": COLOURS.land, "fill-antialias": false } },
      { id: "near-land", type: "fill", source: "communes", paint: { "fill-color": COLOURS.land, "fill-antialias": false } },
      { id: "communes", type: "line", source: "communes", paint: { "line-color": COLOURS.commune, "line-width": ["interpolate", ["linear"], ["zoom"], 8, 0.5, 12, 1.4] } },
      { id: "departements", type: "line", source: "departements", maxzoom: 9, paint: { "line-color": COLOURS.departement, "line-width": ["interpolate", ["linear"], ["zoom"], 5, 0.7, 10, 1.8], "line-opacity": ["interpolate", ["linear"], ["zoom"], 8, 1, 9, 0] } },
      {
        id: "departement-names", type: "symbol", source: "names", filter: ["==", ["get", "kind"], "departement"], minzoom: 6.2, maxzoom: 8.8,
        layout: { ...names, "text-size": 13, "text-letter-spacing": 0.06, "text-max-width": 8 },
        paint: { "text-color": COLOURS.name, "text-halo-color": COLOURS.land, "text-halo-width": 1.6 },
      },
      {
        id: "stations", type: "circle", source: "stations", minzoom: STATIONS_FROM_ZOOM,
        paint: { "circle-radius": 3, "circle-color": COLOURS.land, "circle-stroke-color": COLOURS.name, "circle-stroke-width": 1.5 },
      },
      {
        id: "station-names", type: "symbol", source: "stations", minzoom: STATIONS_FROM_ZOOM,
        layout: { ...names, "text-size": 11, "text-anchor": "top", "text-offset": [0, 0.5], "text-max-width": 9 },
        paint: { "text-color": COLOURS.station, "text-halo-color": COLOURS.land, "text-halo-width": 1.5 },
      },
      {
        id: "commune-names", type: "symbol", source: "names", filter: ["==", ["get", "kind"], "commune"], minzoom: 8.6,
        layout: { ...names, "text-size": ["interpolate", ["linear"], ["zoom"], 9, ["case", [">", ["get", "size"], 50000], 14, 10.5], 14, ["case", [">", ["get", "size"], 50000], 19, 14]], "text-max-width": 7, "text-padding": 8, "symbol-sort-key": ["-", 0, ["get", "size"]] },
        paint: { "text-color": COLOURS.name, "text-halo-color": COLOURS.land, "text-halo-width": 1.5 },
      },
    ],
  };
}

/** Keeps the outlines of the communes in sight loaded, and their names in place. */
export async function fillOutlines(map) {
  const answer = await fetch("/outlines/departements.geojson");
  if (!answer.ok) return;
  const departements = (await answer.json()).features.map((feature) => ({
    code: feature.properties.code ?? feature.properties.departement,
    box: boundsOf(feature.geometry),
    feature,
  }));
  const loaded = new Map();
  const communes = [];
  const names = departements.map(({ code, feature }) => label(feature, DEPARTEMENTS[code] ?? feature.properties.name ?? "", "departement"));
  map.getSource("names")?.setData({ type: "FeatureCollection", features: names });

  let stations = false;

  async function look() {
    if (!stations && map.getZoom() >= STATIONS_FROM_ZOOM) {
      stations = true;
      const found = await fetch(`/outlines/stations.json?lang=${document.documentElement.lang}`);
      if (found.ok) map.getSource("stations")?.setData({ type: "FeatureCollection", features: (await found.json()).map(town) });
    }
    if (map.getZoom() < COMMUNES_FROM_ZOOM) return;
    const sight = map.getBounds();
    const wanted = departements.filter(({ code, box }) => !loaded.has(code) && touches(box, sight));
    if (!wanted.length) return;
    wanted.forEach(({ code }) => loaded.set(code, []));
    await Promise.all(
      wanted.map(async ({ code }) => {
        const [shapes, towns] = await Promise.all([fetch(`/outlines/communes/${code}.geojson`), fetch(`/outlines/names/${code}.json`)]);
        if (shapes.ok) loaded.set(code, (await shapes.json()).features);
        if (towns.ok) communes.push(...(await towns.json()).map(town));
      }),
    );
    const features = [...loaded.values()].flat();
    map.getSource("communes")?.setData({ type: "FeatureCollection", features });
    map.getSource("names")?.setData({ type: "FeatureCollection", features: [...names, ...communes] });
  }

  map.on("moveend", look);
  await look();
}

const ringsOf = (geometry) => (geometry.type === "Polygon" ? [geometry.coordinates[0]] : geometry.coordinates.map((polygon) => polygon[0]));

function boundsOf(geometry) {
  const box = [180, 90, -180, -90];
  for (const ring of ringsOf(geometry)) {
    for (const [lon, lat] of ring) {
      box[0] = Math.min(box[0], lon);
      box[1] = Math.min(box[1], lat);
      box[2] = Math.max(box[2], lon);
      box[3] = Math.max(box[3], lat);
    }
  }
  return box;
}

const touches = ([west, south, east, north], sight) =>
  west <= sight.getEast() && east >= sight.getWest() && south <= sight.getNorth() && north >= sight.getSouth();

const town = ([name, lon, lat, size]) => ({ type: "Feature", properties: { name, kind: "commune", size }, geometry: { type: "Point", coordinates: [lon, lat] } });

/** A name at the centroid of the largest part: islands do not pull it into the sea. */
function label(feature, name, kind) {
  let best = { size: -1, at: [0, 0] };
  for (const ring of ringsOf(feature.geometry)) {
    let area = 0;
    let x = 0;
    let y = 0;
    for (let i = 1; i < ring.length; i++) {
      const cross = ring[i - 1][0] * ring[i][1] - ring[i][0] * ring[i - 1][1];
      area += cross;
      x += (ring[i - 1][0] + ring[i][0]) * cross;
      y += (ring[i - 1][1] + ring[i][1]) * cross;
    }
    const size = Math.abs(area);
    if (size > best.size) best = { size, at: area ? [x / (3 * area), y / (3 * area)] : ring[0] };
  }
  return { type: "Feature", properties: { name, kind, size: best.size }, geometry: { type: "Point", coordinates: best.at } };
}
