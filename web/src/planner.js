/* The planner's page works without this: only the map needs a script, and it comes last. */

import { $, element } from "./page.js";

const box = $("#gap-map");
if (box) {
  import("./gap-map.js")
    .then(({ gapMap }) => gapMap(box))
    .catch((error) => {
      console.error(error);
      box.replaceChildren(element("p", { class: "hint" }, box.dataset.failed));
      box.dataset.ready = "failed";
    });
}
