/* The page of a place: its small map. */

import { $ } from "./page.js";

const box = $("#map");
if (box) {
  const { resultsMap } = await import("./results-map.js");
  await resultsMap(box);
}
