/* Keys of the whole page, and what tells them. */
import { el } from "./dom.js";

const KEYS = [
  ["/", "Search kiosks"],
  ["?", "This list"],
  ["Tab", "From part to part; a list is one stop"],
  ["↓ ↑ or j k", "From kiosk to kiosk in the list"],
  ["Page Down, Page Up", "From venue to venue"],
  ["Home, End", "First and last kiosk"],
  ["Enter", "Open the kiosk"],
  ["Esc", "In the search: show all again. In a question: do nothing"],
];

/** Hear the keys; `search()` goes to the search. */
export function hearKeys(search) {
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || document.querySelector("dialog[open]")) return;
    if (event.target.closest?.("input, textarea, select")) return;
    const act = { "/": search, "?": showKeys }[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });
}

/** Show which keys there are. */
export function showKeys() {
  const before = document.activeElement;
  const dialog = el("dialog", { "aria-labelledby": "keys-title" },
    el("h2", { id: "keys-title" }, "Keys"),
    el("dl", { class: "keys" }, KEYS.map(([key, words]) => [el("dt", {}, el("kbd", {}, key)), el("dd", {}, words)])),
    el("form", { method: "dialog" }, el("button", { class: "main" }, "Close")));
  dialog.addEventListener("close", () => {
    dialog.remove();
    before?.focus();
  });
  document.body.append(dialog);
  dialog.showModal();
}
