/* The search page. Everything here is a convenience: the form and the list work without it. */

import { drawMap, lightUp } from "./list-and-map.js";
import { $, $$, later } from "./page.js";
import { closePanels, sayNeeds } from "./panels.js";
import { suggest } from "./suggestions.js";

const form = $("#search");
const where = $("#where");
const near = $("#near");
const words = $("#script").dataset;
let shown = null; // the map of the current answer
let asking = null;
let current = location.search; // of the answer shown

/** Asks the page for an address and swaps the answer in, so that focus and the filled-in form stay where they are. */
async function go(address, { push = true, focus = false } = {}) {
  asking?.abort();
  asking = new AbortController();
  const answer = $("#answer");
  answer.setAttribute("aria-busy", "true");
  $("#status").textContent = words.searching;
  try {
    const response = await fetch(address, { signal: asking.signal, headers: { Accept: "text/html" } });
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const fresh = $("#answer", page);
    if (!fresh) return location.assign(address);
    if (push) history.pushState({}, "", address);
    current = location.search;
    document.title = page.title;
    document.body.className = page.body.className;
    $(".hero")?.remove();
    for (const part of [".logo", ".menu", ".languages"]) $(part).replaceWith($(part, page));
    answer.replaceWith(fresh);
    $("#status").textContent = ($("#count", fresh) ?? $("#problem", fresh))?.textContent.trim() ?? "";
    if (focus) $("#answer h1")?.setAttribute("tabindex", "-1"), $("#answer h1")?.focus();
    draw();
  } catch (error) {
    if (error.name !== "AbortError") location.assign(address);
  } finally {
    $("#answer").removeAttribute("aria-busy");
  }
}

function address() {
  const asked = new URLSearchParams();
  for (const [name, value] of new FormData(form)) {
    if (value !== "" || name === "date") asked.append(name, value);
  }
  return `/?${asked}`;
}

/** A position to 100 m: it stands in the address of the page, hence in the history and in links that are shared. */
const rough = (lat, lon) => `${lat.toFixed(3)},${lon.toFixed(3)}`;

const refine = later(() => where.value.trim() && go(address()), 60);

form.addEventListener("submit", (event) => {
  event.preventDefault();
  suggestions.dismiss();
  $$("details.pop[open]", form).forEach((panel) => (panel.open = false));
  go(address());
});

form.addEventListener("change", (event) => {
  const field = event.target;
  if (field.name === "need") sayNeeds(form);
  if (field.matches("input:not([type=checkbox], [type=radio])")) return; // typed: Enter or the button asks
  if (field.hasAttribute("data-reload") && where.value.trim()) return location.assign(address()); // another brand
  refine();
});

closePanels(form);

where.addEventListener("input", () => (near.value = ""));
const suggestions = suggest(where, $("#suggestions"), { onChoice: () => ((near.value = ""), $("#answer .split") && refine()) });

const around = $("#around");
if ("geolocation" in navigator && window.isSecureContext) {
  around.hidden = false;
  around.addEventListener("click", () => {
    $("#status").textContent = words.searching;
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        where.value = words.around;
        near.value = rough(coords.latitude, coords.longitude);
        where.setCustomValidity("");
        go(address(), { focus: true });
      },
      () => {
        $("#status").textContent = words.noPosition;
        where.setCustomValidity(words.noPosition);
        where.reportValidity();
        where.addEventListener("input", () => where.setCustomValidity(""), { once: true });
      },
      { timeout: 10_000, maximumAge: 60_000 },
    );
  });
}

lightUp(() => shown);

/* Back and forward change the search; a jump within the page (skip link, "see the map") does not. */
window.addEventListener("popstate", () => location.search !== current && location.reload());

async function draw() {
  shown?.remove();
  shown = null;
  shown = await drawMap(([lon, lat], template) => {
    const link = $("#here");
    link.href = template.replace("NEAR", encodeURIComponent(rough(lat, lon)));
    link.hidden = false;
  });
}

draw();
