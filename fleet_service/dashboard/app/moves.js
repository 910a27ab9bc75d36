/* Moves of kiosks to a release: all of them, and one that is watched and stopped. */
import { alarmLine, ofMove } from "./alarm_lines.js";
import { ago, clock } from "./ages.js";
import { actOnMove } from "./acts.js";
import { all, get } from "./api.js";
import { el, refill, shows } from "./dom.js";
import { fleet, venueName } from "./fleet.js";
import { to } from "./place.js";
import { mayOperate } from "./session.js";
import { moveBadge, moveEnded } from "./words.js";

const AGAIN_MS = 1000;

/** Return the list. */
export function movesPage() {
  const heading = el("h1", { tabindex: "-1" }, "Moves");
  const list = el("div", { class: "moves" });
  function draw() {
    const moves = [...fleet.moves.values()].sort((one, other) => moveEnded(one.state) - moveEnded(other.state) || Date.parse(other.made_at) - Date.parse(one.made_at));
    const none = fleet.loaded === "none" ? "Asking the fleet service…" : "No kiosk was ever moved from one release to another.";
    if (!shows(list, moves, none, moves.map(ofMove))) refill(list, moves.length ? moves.map(moveLine) : el("p", { class: "aside" }, none));
  }
  return { node: el("div", { class: "page" }, heading, list), heading, title: "Moves", draw, update: draw };
}

function moveLine(one) {
  return el("article", { class: "move" }, el("h2", {}, el("a", { href: to("move", one.move_id), data: { key: one.move_id } }, `${venueName(one.venue_id)} to ${one.to}`)),
    el("p", {}, moveBadge(one.state), " ", one.why),
    ofMove(one).map(alarmLine),
    el("p", { class: "seen" }, `${progress(one)} · `, ago(one.made_at, { before: "begun " }), ` by ${one.by}`));
}

function progress(one) {
  const moved = one.kiosks.filter((each) => each.state === "moved").length;
  return `${moved} of ${one.kiosks.length} moved`;
}

/** Return the page of one move. */
export function movePage(moveId) {
  const heading = el("h1", { tabindex: "-1" }, "A move");
  const body = el("div", {}, el("p", { class: "waiting" }, "Asking the fleet service…"));
  let decisions = [];
  let failed = "";
  let timer = null;

  async function ask() {
    const path = `/v1/moves/${encodeURIComponent(moveId)}`;
    try {
      if (!fleet.moves.has(moveId)) fleet.moves.set(moveId, await get(path));
      decisions = await all(`${path}/decisions?limit=100`, "decisions");
      failed = "";
    } catch (error) {
      failed = error.words ?? String(error);
    }
    draw();
  }

  function draw() {
    const one = fleet.moves.get(moveId);
    if (!one) return refill(body, el("p", { class: failed ? "refusal" : "waiting", role: failed ? "alert" : false }, failed || "Asking the fleet service…"));
    heading.textContent = `${venueName(one.venue_id)} to ${one.to}`;
    if (shows(body, one, failed, decisions, ofMove(one))) return body;
    return refill(body, failed && el("p", { class: "refusal" }, failed), top(one), alarms(one), kiosks(one), course(decisions));
  }

  ask();
  const again = setInterval(ask, 30_000);
  return {
    node: el("div", { class: "page" }, el("p", { class: "back" }, el("a", { href: "#/moves", data: { key: "back" } }, "All moves")), heading, body),
    heading,
    title: "Move",
    draw,
    update(kinds) {
      draw();
      if (!kinds.has("moves")) return;
      clearTimeout(timer);
      timer = setTimeout(ask, AGAIN_MS / 4);
    },
    leave() {
      clearInterval(again);
      clearTimeout(timer);
    },
  };
}

function top(one) {
  return el("div", { class: "top-state", id: "state" }, moveBadge(one.state), el("p", { class: "why" }, one.why),
    el("p", { class: "aside" }, `${progress(one)} · begun ${clock(one.made_at)} by ${one.by} · each has to prove itself for ${one.settle_s} s or settle a sale${one.canary ? ` · ${one.canary} goes first, alone` : ""}`),
    acts(one));
}

function alarms(one) {
  const found = ofMove(one);
  return found.length ? el("section", {}, el("h2", {}, "Alarms of it"), found.map(alarmLine)) : null;
}

/** What stops it is always in the same place, whatever its state. */
function acts(one) {
  if (moveEnded(one.state) || !mayOperate()) return null;
  const act = (name, words, look = "") => el("button", { type: "button", class: look, data: { key: `move ${name}` }, on: { click: () => actOnMove(one, name) } }, words);
  return el("p", { class: "acts" },
    one.state === "paused" ? act("resume", "Go on", "main") : one.state === "running" && act("pause", "Pause"),
    act("abort", "Abort", "danger"));
}

function kiosks(one) {
  const order = ["failed", "moving_back", "moving", "settling", "waiting", "moved_back", "moved", "left_out"];
  const sorted = [...one.kiosks].sort((each, other) => order.indexOf(each.state) - order.indexOf(other.state));
  return el("section", {}, el("h2", {}, "Kiosks"),
    el("ul", { class: "rows" }, sorted.map((each) => el("li", {}, el("a", { class: "row", href: to("kiosk", each.kiosk_id), data: { key: each.kiosk_id } },
      moveBadge(each.state), el("span", { class: "code" }, fleet.kiosks.get(each.kiosk_id)?.kiosk_code ?? each.kiosk_id),
      el("span", { class: "why" }, `${each.why}${each.kiosk_id === one.canary ? " (goes first)" : ""}`), el("span", { class: "seen" }, ago(each.since, { before: "for ", after: "" })))))));
}

function course(decisions) {
  if (!decisions.length) return null;
  return el("section", {}, el("h2", {}, "What was decided, and why"),
    el("ol", { class: "history decisions", reversed: true }, [...decisions].reverse().map((one) => el("li", {}, el("time", { datetime: one.at }, clock(one.at)),
      el("span", { class: "what" }, one.what, one.kiosk_id ? [": ", el("a", { href: to("kiosk", one.kiosk_id) }, one.kiosk_id)] : ""), el("span", { class: "why" }, one.why)))));
}
