/* Times, and how long ago they are, by the fleet service's clock: a browser's own may be wrong. */
import { el } from "./dom.js";

let ahead = 0;
let measured = false;

/** Learn from an answer's `Date` how far this browser's clock is ahead; of whole seconds. */
export function learnClock(date) {
  const told = Date.parse(date);
  if (Number.isNaN(told)) return;
  const found = Date.now() - told - 500;
  if (!measured || Math.abs(found - ahead) > 2000) ahead = found;
  measured = true;
}

/** Milliseconds since 1970 by the fleet service's clock. */
export const now = () => Date.now() - ahead;

/** "8 s", "4 min", "3 h 5 min", "2 days". */
export function span(ms) {
  const s = Math.max(0, Math.round(ms / 1000));
  if (s < 60) return `${s} s`;
  const min = Math.floor(s / 60);
  if (min < 60) return `${min} min`;
  const h = Math.floor(min / 60);
  if (h < 48) return min % 60 && h < 10 ? `${h} h ${min % 60} min` : `${h} h`;
  return `${Math.floor(h / 24)} days`;
}

const CLOCK = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const DAY = new Intl.DateTimeFormat("en-GB", { weekday: "short", day: "numeric", month: "short" });

/** "Fri, 27 Nov 02:14:07", by the zone of whoever looks; today's day is left out. */
export function clock(iso) {
  const at = new Date(iso);
  const same = at.toDateString() === new Date(now()).toDateString();
  return same ? CLOCK.format(at) : `${DAY.format(at)} ${CLOCK.format(at)}`;
}

/** What a clock on the wall of a venue says now; empty for a zone that the browser doesn't know. */
export function clockIn(zone) {
  try {
    return new Intl.DateTimeFormat("en-GB", { weekday: "short", hour: "2-digit", minute: "2-digit", timeZone: zone }).format(now());
  } catch {
    return "";
  }
}

/** An element that goes on saying how long ago something was; stale after `speaksS` seconds. */
export function ago(iso, { before = "", after = " ago", speaksS = 0 } = {}) {
  const made = el("time", { datetime: iso, title: `${clock(iso)} (${iso})`, data: { before, after, speaksS } });
  tell(made);
  return made;
}

function tell(time) {
  const age = now() - Date.parse(time.dateTime);
  const { before, after, speaksS } = time.dataset;
  const words = `${before}${span(age)}${after}`;
  if (time.textContent !== words) time.textContent = words;
  if (Number(speaksS)) time.classList.toggle("stale", age > Number(speaksS) * 1000);
}

setInterval(() => document.querySelectorAll("time[data-after]").forEach(tell), 5000);
