/* A list of results and its map light each other up. */

import { $, $$ } from "./page.js";

/** Draws the map of the page, if it has one; returns what `resultsMap` does, or null. */
export async function drawMap(onMove = null) {
  const box = $("#map");
  if (!box) return null;
  const { resultsMap } = await import("./results-map.js");
  if (!box.isConnected) return null;
  return resultsMap(box, {
    onPin: (place) => {
      const item = $(`li[data-place="${place}"]`);
      item?.scrollIntoView({ block: "center", behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
      $("h2 a", item)?.focus({ preventScroll: true });
    },
    onLight: (place) => $$("li[data-place]").forEach((item) => item.classList.toggle("lit", Number(item.dataset.place) === place)),
    onMove,
  });
}

/** Lights up the pin of the result that is pointed at or has the focus; `shown` gives the map. */
export function lightUp(shown) {
  const from = ({ target }) => {
    const item = target.closest?.("li[data-place]");
    if (item) shown()?.light(Number(item.dataset.place));
  };
  document.addEventListener("pointerover", from);
  document.addEventListener("focusin", from);
}
