/* Suggestions under "Where": a combobox as the ARIA Authoring Practices describe it (list autocomplete, manual selection). */

import { $$, element, later } from "./page.js";

const QUIET_MS = 120;
const MIN_LENGTH = 2;

/** Returns `dismiss()`, which closes the list and drops an answer that is still on its way. */
export function suggest(input, list, { onChoice }) {
  let active = -1;
  let query = ""; // the latest text that was looked up or dismissed
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

  function dismiss() {
    query = input.value.trim();
    aborter?.abort();
    close();
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
    dismiss();
    onChoice(input.value);
  }

  function show(suggestions) {
    list.replaceChildren(
      ...suggestions.map(({ label, sublabel, value }, at) => {
        const option = element("li", { role: "option", id: `${list.id}-${at}`, "aria-selected": "false" }, label);
        if (sublabel) option.append(element("small", {}, sublabel));
        option.dataset.value = value;
        option.addEventListener("pointerdown", (event) => {
          event.preventDefault();
          choose(option);
        });
        return option;
      }),
    );
    active = -1;
    list.hidden = !suggestions.length;
    input.setAttribute("aria-expanded", String(!list.hidden));
    input.removeAttribute("aria-activedescendant");
  }

  const look = later(async () => {
    const text = input.value.trim();
    if (text === query) return;
    query = text;
    aborter?.abort();
    if (text.length < MIN_LENGTH) return close();
    aborter = new AbortController();
    const { signal } = aborter;
    try {
      const answer = await fetch(`/api/v1/suggest?limit=7&q=${encodeURIComponent(text)}`, { signal });
      const suggestions = answer.ok ? await answer.json() : [];
      if (text === query && document.activeElement === input && !signal.aborted) show(suggestions);
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
    } else if (event.key === "Enter") {
      if (active < 0 || list.hidden) return dismiss();
      event.preventDefault();
      choose(options()[active]);
    } else if (event.key === "Escape" && !list.hidden) {
      event.preventDefault();
      close();
    }
  });

  return { dismiss };
}
