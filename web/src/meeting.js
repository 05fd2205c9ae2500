/* The page of several people who meet. It works without: here come suggestions, panels that close, and the map. */

import { drawMap, lightUp } from "./list-and-map.js";
import { $, $$, element } from "./page.js";
import { closePanels, sayNeeds } from "./panels.js";
import { suggest } from "./suggestions.js";

const form = $("#meet");
closePanels(form);
form.addEventListener("change", (event) => event.target.name === "need" && sayNeeds(form));

$$("input[name=person]", form).forEach((input) => {
  const list = element("ul", { class: "suggestions", role: "listbox", id: `suggestions-${input.id}`, "aria-label": form.dataset.suggestions });
  list.hidden = true;
  input.after(list);
  suggest(input, list, { onChoice: () => {} });
});

const shown = await drawMap();
lightUp(() => shown);
