/* Alarms: how one is shown, and what can be done about it. */
import { ago, clock } from "./ages.js";
import { el } from "./dom.js";
import { acknowledge, endSilence, silence } from "./acts.js";
import { fleet, venueName } from "./fleet.js";
import { to } from "./place.js";
import { mayOperate } from "./session.js";
import { cause, isState } from "./words.js";

/** What nobody sees to yet comes first, then the newest. */
export function sorted(alarms) {
  const weight = (one) => (one.gone_since ? 2 : one.acknowledged_at || one.silence ? 1 : 0);
  return [...alarms].sort((one, other) => weight(one) - weight(other) || Date.parse(other.opened_at) - Date.parse(one.opened_at));
}

/** Alarms of no venue alone: they explain the others. */
export const ofMoreThanAVenue = () => sorted([...fleet.alarms.values()].filter((one) => !one.venue_id && !one.closed_at));

/** Those that are about a move, or about moves to a release. */
export const ofMove = (one) => sorted([...fleet.alarms.values()].filter((each) => each.move_id === one.move_id));
export const ofRelease = (one) => sorted([...fleet.alarms.values()].filter((each) => each.release === one.release_id));

/** How many open alarms call for somebody: there, not silenced, and nobody sees to them. */
export const calling = () => [...fleet.alarms.values()].filter((one) => !one.closed_at && !one.gone_since && !one.acknowledged_at && !one.silence).length;

/** A state's own shape; of any other cause, that of a problem. */
const shapeOf = (id) => (isState(id) ? id : "degraded");

const handled = (one) => Boolean(one.acknowledged_at || one.silence || one.gone_since || one.closed_at);

/** One alarm with its acts. */
export function alarmLine(one) {
  const kiosk = one.kiosk_id && fleet.kiosks.get(one.kiosk_id);
  return el("article", { class: "alarm", data: { alarm: one.alarm_id, tone: handled(one) ? "quiet" : "bad" }, "aria-label": `${cause(one.cause)}: ${one.words}` },
    el("h3", {}, el("span", { class: "shape", data: { state: handled(one) ? "closed" : shapeOf(one.cause), tone: handled(one) ? "quiet" : "bad" }, "aria-hidden": "true" }), cause(one.cause),
      el("span", { class: "where" }, where(one, kiosk))),
    el("p", { class: "words" }, one.words),
    el("p", { class: "seen" }, told(one)),
    acts(one));
}

function where(one, kiosk) {
  if (!one.venue_id) return "More than one venue";
  if (!one.kiosk_id) return venueName(one.venue_id);
  return [`${venueName(one.venue_id)}, `, el("a", { href: to("kiosk", one.kiosk_id) }, kiosk ? `${kiosk.kiosk_code} (${one.kiosk_id})` : one.kiosk_id)];
}

function told(one) {
  const parts = [ago(one.opened_at, { before: "for ", after: "" })];
  if (one.closed_at) parts.push(` · over at ${clock(one.closed_at)}`);
  else if (one.gone_since) parts.push(" · ", ago(one.gone_since, { before: "gone for ", after: "" }), "; it closes ten minutes after it went");
  if (one.returned) parts.push(` · came back ${one.returned === 1 ? "once" : `${one.returned} times`}`);
  if (one.acknowledged_at) parts.push(` · seen to by ${one.acknowledged_by} at ${clock(one.acknowledged_at)}${one.note ? `: ${one.note}` : ""}`);
  if (one.silence) parts.push(` · silenced until ${clock(one.silence.until)} by ${one.silence.by}: ${one.silence.reason}`);
  return parts;
}

function acts(one) {
  const runbook = el("a", { class: "button", href: to("runbook", one.cause) }, "What to do");
  if (one.closed_at || !mayOperate()) return el("p", { class: "acts" }, runbook);
  return el("p", { class: "acts" },
    runbook,
    !one.acknowledged_at && el("button", { type: "button", data: { key: `acknowledge ${one.alarm_id}` }, on: { click: () => acknowledge(one) } }, "I see to it"),
    one.silence
      ? el("button", { type: "button", data: { key: `call ${one.alarm_id}` }, on: { click: () => endSilence(one) } }, "Call people again")
      : el("button", { type: "button", data: { key: `silence ${one.alarm_id}` }, on: { click: () => silence(one) } }, "Silence"));
}
