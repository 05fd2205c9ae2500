/* The small panels of a form: what is chosen in them shows on their button, and they close when one looks elsewhere. */

import { $, $$ } from "./page.js";

export function sayNeeds(form) {
  const chosen = $$("input[name=need]:checked", form).map((box) => box.nextElementSibling.textContent);
  const value = $("[data-need] .value", form);
  value.textContent = chosen.join(", ") || value.dataset.none;
}

export function closePanels(form) {
  document.addEventListener("pointerdown", (event) => {
    $$("details.pop[open]").forEach((one) => one.contains(event.target) || (one.open = false));
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    $$("details.pop[open]").forEach((one) => {
      one.open = false;
      $("summary", one).focus();
    });
  });
  form.addEventListener("focusout", (event) => {
    const panel = event.target.closest("details.pop[open]");
    if (panel && event.relatedTarget && !panel.contains(event.relatedTarget)) panel.open = false;
  });
}
