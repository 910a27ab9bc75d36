/* All alarms: what calls for somebody first. */
import { alarmLine, calling, sorted } from "./alarm_lines.js";
import { get } from "./api.js";
import { el, refill, shows } from "./dom.js";
import { fleet } from "./fleet.js";
import { count } from "./words.js";

/** Return the page. */
export function alarmsPage() {
  const heading = el("h1", { tabindex: "-1" }, "Alarms");
  const summary = el("p", { class: "summary" });
  const list = el("div", { class: "alarms" });
  const past = el("div", { class: "alarms" });
  const more = el("button", { type: "button", on: { click: () => showPast() } }, "Show alarms that are over");

  function draw() {
    const alarms = sorted(fleet.alarms.values());
    const need = calling();
    summary.textContent = alarms.length ? `${need ? `${count(need, "alarm")} that nobody sees to` : "Somebody sees to all of them"}, ${alarms.length.toLocaleString("en-GB")} in all.` : fleet.loaded === "none" ? "Asking the fleet service…" : "Nothing is wrong that anybody is called for.";
    if (!shows(list, alarms)) refill(list, alarms.map(alarmLine));
  }

  async function showPast(after = "") {
    more.disabled = true;
    try {
      const page = await get(`/v1/alarms?closed=yes&limit=50${after ? `&after=${encodeURIComponent(after)}` : ""}`);
      past.append(...page.alarms.map(alarmLine));
      if (!page.alarms.length && !after) past.append(el("p", { class: "aside" }, "None is over yet; they are kept for 90 days."));
      more.hidden = !page.next_after;
      more.textContent = "Show older ones";
      more.onclick = () => showPast(page.next_after);
    } catch (error) {
      past.append(el("p", { class: "refusal", role: "alert" }, error.words ?? String(error)));
    } finally {
      more.disabled = false;
    }
  }

  return { node: el("div", { class: "page" }, heading, summary, list, el("h2", {}, "Over"), past, more), heading, title: "Alarms", draw, update: draw };
}
