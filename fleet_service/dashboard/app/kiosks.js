/* The first page: what needs somebody, and everything else below it. */
import { announce, byId, el, fill, refill, shows } from "./dom.js";
import { ago } from "./ages.js";
import { fleet } from "./fleet.js";
import { here, sayQuery } from "./place.js";
import { rove } from "./roving.js";
import { alarmLine, ofMoreThanAVenue } from "./alarm_lines.js";
import { count, isProblem, shape, state, states } from "./words.js";
import { showVenues } from "./venues.js";

/** Return the page: its node, what to do on changes, and where the focus goes. */
export function kiosksPage() {
  const wanted = { states: new Set(here().query.getAll("state")), text: here().query.get("text") ?? "" };
  const heading = el("h1", { tabindex: "-1" }, "Kiosks");
  const summary = el("p", { class: "summary", id: "summary" });
  const search = el("input", { type: "search", id: "search", value: wanted.text, placeholder: "Venue, kiosk, code or host", "aria-label": "Search kiosks", "aria-keyshortcuts": "/", spellcheck: "false", on: { input: typed, keydown: (event) => event.key === "Escape" && clear() } });
  const filters = el("div", { class: "filters", role: "group", "aria-label": "Show states" });
  const wide = el("div", { class: "wide" });
  const held = el("p", { class: "held", hidden: true }, "The order is kept while you move in the list. ", el("button", { type: "button", on: { click: () => draw(false) } }, "Sort it now"));
  const list = el("div", { id: "venues" });
  rove(list, ".venue");
  list.addEventListener("focusout", (event) => list.contains(event.relatedTarget) || held.contains(event.relatedTarget) || draw(false));
  const buttons = new Map();
  let bad = null;

  function typed() {
    wanted.text = search.value;
    refine();
  }

  function clear() {
    search.value = wanted.text = "";
    wanted.states.clear();
    refine();
  }

  function refine() {
    const query = new URLSearchParams([...wanted.states].map((one) => ["state", one]));
    if (wanted.text) query.set("text", wanted.text);
    sayQuery(query);
    draw(false);
  }

  function draw(hold) {
    const all = [...fleet.kiosks.values()];
    drawFilters(all);
    const shown = all.filter((one) => fits(one, wanted));
    const moved = showVenues(list, shown, hold);
    held.hidden = !(hold && moved);
    const alarms = ofMoreThanAVenue();
    if (!shows(wide, alarms, fleet.sources)) refill(wide, alarms.map(alarmLine), fleet.sources.filter((one) => !one.fresh).map(staleSource));
    fill(summary, words(all, shown));
    tellNewProblems(all);
  }

  function drawFilters(all) {
    const counts = new Map();
    for (const one of all) counts.set(one.state, (counts.get(one.state) ?? 0) + 1);
    for (const id of [...new Set([...states(), ...counts.keys()])]) {
      const number = counts.get(id) ?? 0;
      if (!buttons.has(id)) {
        const figure = el("span", { class: "figure" });
        const button = el("button", { type: "button", "aria-pressed": "false", data: { tone: state(id).tone, filter: id }, on: { click: () => toggle(id) } }, shape(id), figure, el("span", {}, state(id).word));
        buttons.set(id, { button, figure });
        filters.append(button);
      }
      const { button, figure } = buttons.get(id);
      figure.textContent = number.toLocaleString("en-GB");
      button.hidden = !number && !wanted.states.has(id);
      button.setAttribute("aria-pressed", String(wanted.states.has(id)));
    }
  }

  function toggle(id) {
    if (!wanted.states.delete(id)) wanted.states.add(id);
    refine();
  }

  function words(all, shown) {
    if (fleet.loaded === "none") return "Asking the fleet service…";
    const problems = all.filter((one) => isProblem(one.state)).length;
    const needing = problems ? `${count(problems, "kiosk")} with a problem` : "No kiosk has a problem";
    const rest = fleet.loaded === "all" ? ` of ${all.length.toLocaleString("en-GB")}` : "; the others are being read…";
    const filtered = shown.length === all.length ? "" : `; ${shown.length.toLocaleString("en-GB")} shown by your search`;
    return `${needing}${problems || fleet.loaded !== "all" ? rest : `, of ${all.length.toLocaleString("en-GB")}`}${filtered}.`;
  }

  function tellNewProblems(all) {
    const now = new Set(all.filter((one) => isProblem(one.state)).map((one) => `${one.venue_name}, ${one.kiosk_code}: ${state(one.state).word}`));
    const fresh = bad === null ? [] : [...now].filter((one) => !bad.has(one));
    if (fresh.length) announce(fresh.length > 3 ? `${fresh.length} more kiosks have a problem` : fresh.join("; "));
    bad = fleet.loaded === "all" ? now : null;
  }

  const node = el("div", { class: "page" }, el("div", { class: "head" }, heading, summary), el("div", { class: "tools" }, search, filters), wide, held, list);
  return { node, heading, title: "Kiosks", update: () => draw(list.contains(document.activeElement)), draw: () => draw(false) };
}

/** What AWS says of kiosks is old: who reads states has to know. */
function staleSource(one) {
  const when = one.looked_at ? ["was last asked ", ago(one.looked_at)] : "was not asked yet";
  return el("p", { class: "source" }, shape("degraded"), el("span", {}, `${one.words} `, when, one.failure && `: ${one.failure}`, ". What it says of kiosks is not counted."));
}

function fits(kiosk, { states: chosen, text }) {
  if (chosen.size && !chosen.has(kiosk.state)) return false;
  if (!text.trim()) return true;
  const all = [kiosk.kiosk_id, kiosk.kiosk_code, kiosk.venue_id, kiosk.venue_name, kiosk.instance_id ?? "", kiosk.why].join("\n").toLowerCase();
  return text.toLowerCase().trim().split(/\s+/).every((word) => all.includes(word));
}

/** Go to the search, whatever page is open. */
export function goToSearch() {
  if (!byId("search")) location.hash = "#/";
  setTimeout(() => byId("search")?.select(), byId("search") ? 0 : 60);
}
