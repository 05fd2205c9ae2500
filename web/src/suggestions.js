/* Suggestions under "Where": a combobox as the ARIA Authoring Practices describe it (list autocomplete, manual selection). */

import { $$, element, later } from "./page.js";

const QUIET_MS = 120;
const MIN_LENGTH = 2;

export function suggest(input, list, { onChoice }) {
  let active = -1;
  let asked = "";
  let aborter = null;

  for (const [name, value] of Object.entries({
    role: "combobox",
    "aria-autocomplete": "list",
    "aria-expanded": "false",
    "aria-controls": list.id,
  })) {
    input.setAttribute(name, value);
  }

  const options = () => $$("[role=option]", list);

  function close() {
    list.hidden = true;
    active = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  }

  function light(index) {
    const all = options();
    if (!all.length) return;
    active = (index + all.length) % all.length;
    all.forEach((option, at) => option.setAttribute("aria-selected", String(at === active)));
    input.setAttribute("aria-activedescendant", all[active].id);
    all[active].scrollIntoView({ block: "nearest" });
  }

  function choose(option) {
    input.value = option.dataset.value;
    asked = input.value;
    close();
    onChoice(input.value);
  }

  function show(found) {
    list.replaceChildren(
      ...found.map((one, at) => {
        const option = element("li", { role: "option", id: `${list.id}-${at}`, "aria-selected": "false" }, one.label);
        if (one.sublabel) option.append(element("small", {}, one.sublabel));
        option.dataset.value = one.value;
        option.addEventListener("pointerdown", (event) => {
          event.preventDefault();
          choose(option);
        });
        return option;
      }),
    );
    active = -1;
    list.hidden = !found.length;
    input.setAttribute("aria-expanded", String(!list.hidden));
    input.removeAttribute("aria-activedescendant");
  }

  const look = later(async () => {
    const text = input.value.trim();
    if (text === asked) return;
    asked = text;
    aborter?.abort();
    if (text.length < MIN_LENGTH) return close();
    aborter = new AbortController();
    try {
      const answer = await fetch(`/api/v1/suggest?limit=7&q=${encodeURIComponent(text)}`, { signal: aborter.signal });
      if (answer.ok && document.activeElement === input) show(await answer.json());
    } catch (error) {
      if (error.name !== "AbortError") close(); // offline: typing a name and pressing Enter still works
    }
  }, QUIET_MS);

  input.addEventListener("input", look);
  input.addEventListener("blur", close);
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      if (list.hidden && list.childElementCount) {
        list.hidden = false;
        input.setAttribute("aria-expanded", "true");
      }
      if (!list.hidden) {
        event.preventDefault();
        light(active + (event.key === "ArrowDown" ? 1 : active < 0 ? 0 : -1));
      }
    } else if (event.key === "Enter" && active >= 0 && !list.hidden) {
      event.preventDefault();
      choose(options()[active]);
    } else if (event.key === "Escape" && !list.hidden) {
      event.preventDefault();
      close();
    }
  });
}
