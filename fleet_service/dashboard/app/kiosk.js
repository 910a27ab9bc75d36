/* One kiosk: what may be said of it, what that rests on, and how it came there. */
import { ago, clock, span } from "./ages.js";
import { alarmLine, sorted } from "./alarm_lines.js";
import { get } from "./api.js";
import { commandsOf } from "./commands.js";
import { el, refill, shows } from "./dom.js";
import { alarmsOf, fleet } from "./fleet.js";
import { to } from "./place.js";
import { sides } from "./sides.js";
import { badge, cause, moveBadge, moveEnded } from "./words.js";

const AGAIN_MS = 1500;

/** Return the page of a kiosk. */
export function kioskPage(kioskId) {
  const heading = el("h1", { tabindex: "-1" }, kioskId);
  const body = el("div", {}, el("p", { class: "waiting" }, "Asking the fleet service…"));
  let detail = null;
  let failed = "";
  let asked = 0;
  let timer = null;
  const commands = commandsOf(kioskId);

  async function ask() {
    asked = performance.now();
    commands.ask();
    try {
      detail = await get(`/v1/instances/${encodeURIComponent(kioskId)}`);
      failed = "";
    } catch (error) {
      failed = error.words ?? String(error);
    }
    draw();
  }

  /** Its history comes with the next round: what an event told is shown at once, the rest asked for. */
  function askSoon() {
    clearTimeout(timer);
    timer = setTimeout(ask, Math.max(0, AGAIN_MS - (performance.now() - asked)));
  }

  function draw() {
    const one = fleet.kiosks.get(kioskId) ?? detail?.instance;
    if (!one) return refill(body, el("p", { class: failed ? "refusal" : "waiting", role: failed ? "alert" : false }, failed || "Asking the fleet service…"));
    heading.textContent = `${one.kiosk_code} at ${one.venue_name}`;
    const moves = movesOf(one);
    if (shows(body, one, detail, failed, alarmsOf(one), moves, fleet.venues.get(one.venue_id), commands.told())) return body;
    const drawn = [top(one, detail), failed && el("p", { class: "refusal" }, failed), findings(one), ownAlarms(one), ownMove(one, moves), sides(one, detail), commands.draw(), history(detail), offline(detail)];
    return refill(body, drawn);
  }

  ask();
  const again = setInterval(ask, 30_000);
  return {
    node: el("div", { class: "page" }, el("p", { class: "back" }, el("a", { href: "#/", data: { key: "back" } }, "All kiosks")), heading, body),
    heading,
    title: kioskId,
    draw,
    update(kinds) {
      draw();
      if (kinds.has("kiosks") || kinds.has("commands")) askSoon();
    },
    leave() {
      clearInterval(again);
      clearTimeout(timer);
      commands.stop();
    },
  };
}

function top(one, detail) {
  const last = detail?.history[0];
  const since = last?.state === one.state ? ago(last.at, { before: "for ", after: "" }) : "";
  return el("div", { class: "top-state", id: "state" }, el("p", {}, badge(one.state), " ", since && el("span", { class: "seen" }, since)), el("p", { class: "why" }, one.why),
    el("p", { class: "aside" }, `${one.kiosk_id} · ${one.venue_id}${one.instance_id ? ` · ${one.instance_id}` : ""} · ${one.standing}`),
    one.unknown.length > 0 && el("p", { class: "unknown" }, `Nobody knows: ${one.unknown.join("; ")}.`));
}

function findings(one) {
  if (!one.findings.length) return null;
  return el("section", {}, el("h2", {}, ["degraded", "sales_stopped"].includes(one.state) ? "What is wrong" : "What was wrong by its last report"),
    el("ul", { class: "findings" }, one.findings.map((each) => el("li", {}, each.words, " ", el("a", { href: to("runbook", each.cause), data: { key: `run ${each.cause}` }, "aria-label": `What to do: ${cause(each.cause)}` }, "What to do")))));
}

function ownAlarms(one) {
  const alarms = sorted(alarmsOf(one));
  if (!alarms.length) return null;
  return el("section", {}, el("h2", {}, "Alarms of it and its venue"), alarms.map(alarmLine));
}

function movesOf(one) {
  return [...fleet.moves.values()].filter((each) => !moveEnded(each.state) && each.kiosks.some((kiosk) => kiosk.kiosk_id === one.kiosk_id));
}

function ownMove(one, moves) {
  return moves.map((each) => {
    const own = each.kiosks.find((kiosk) => kiosk.kiosk_id === one.kiosk_id);
    return el("section", {}, el("h2", {}, `It is being moved to ${each.to}`),
      el("p", {}, moveBadge(own.state), " ", own.why, " ", el("a", { href: to("move", each.move_id), data: { key: `move ${each.move_id}` } }, "Watch the move")));
  });
}

function history(detail) {
  if (!detail?.history.length) return null;
  return el("section", {}, el("h2", {}, "How it came there"),
    el("ol", { class: "history" }, detail.history.map((one, index) => {
      const until = index ? Date.parse(detail.history[index - 1].at) : null;
      const lasted = until === null ? ago(one.at, { before: "for ", after: "" }) : `for ${span(until - Date.parse(one.at))}`;
      return el("li", {}, el("time", { datetime: one.at }, clock(one.at)), badge(one.state), el("span", { class: "why" }, one.why), el("span", { class: "seen" }, lasted));
    })));
}

function offline(detail) {
  if (!detail?.sold_offline.length) return null;
  return el("section", {}, el("h2", {}, "When it had no line"),
    el("p", { class: "aside" }, "It went on recording meanwhile; its first report afterwards told."),
    el("ul", { class: "findings" }, detail.sold_offline.map((one) => el("li", {}, `${clock(one.since)} to ${clock(one.until)}, ${span(Date.parse(one.until) - Date.parse(one.since))}`))));
}
