/* Keeps the fleet up to date: by the stream, or, while that is away, by asking again and again. */
import { clock, now, span } from "./ages.js";
import { byId, el, fill } from "./dom.js";
import { fleet, load, loadQuiet, take } from "./fleet.js";
import { Stream } from "./stream.js";

const POLL_MS = 10_000;
const QUIET_MS = 60_000;
const GRACE_MS = 2000;
/** Lists may be so old when they are asked for: a task remembers what it read for three seconds. */
const REMEMBERED_MS = 4000;
const WHOLE_MS = 300_000;

let stream = null;
let timers = [];
/** When the stream was lost, by the service's clock; null: it is there. */
let lostAt = null;
/** When the last answer came. */
let heardAt = null;
let unanswered = "";

/** Load everything and follow it; `ended(status)` where nobody is signed in any more. */
export function goLive(ended) {
  stop();
  lostAt = heardAt = now();
  wasOpen = false;
  stream = new Stream({ opened, event, lost, refused: ended });
  stream.start();
  timers = [
    // Lists are read once the stream follows, so that nothing falls between; without it, all the same.
    setTimeout(() => wasOpen || read(), GRACE_MS / 2),
    setInterval(read, WHOLE_MS),
    setInterval(() => lostAt !== null && read(), POLL_MS),
    setInterval(() => lostAt === null && quietly(), QUIET_MS),
    setInterval(show, 1000),
  ];
}

export function stop() {
  stream?.stop();
  stream = null;
  timers.forEach(clearInterval);
  timers = [];
  lostAt = null;
  unanswered = "";
  fill(byId("banner"));
}

let wasOpen = false;

function opened() {
  // A stream that goes on where it was broken off tells all that happened; a first one does not.
  if (!wasOpen || !stream?.last) {
    read();
    timers.push(setTimeout(read, REMEMBERED_MS));
  }
  wasOpen = true;
  lostAt = null;
  heardAt = now();
  show();
}

function lost() {
  if (lostAt === null) {
    lostAt = now();
    setTimeout(() => lostAt !== null && stream && read(), GRACE_MS);
  }
  show();
}

function event(name, data) {
  heardAt = now();
  if (name === "reset") return read();
  try {
    take(name, JSON.parse(data));
  } catch {
    read(); // One that can't be read may have been anything.
  }
}

async function read() {
  await answered(load());
}

async function quietly() {
  await answered(loadQuiet());
}

async function answered(asking) {
  try {
    await asking;
    heardAt = now();
    unanswered = "";
  } catch (error) {
    unanswered = error.words ?? "The answer could not be read.";
    if (!error.words) console.error(error);
  }
  show();
}

function show() {
  const liveness = byId("liveness");
  const live = lostAt === null && !unanswered;
  liveness.dataset.live = live ? "yes" : "no";
  liveness.textContent = live ? "Live" : "Not live";
  const words = live ? "" : bannerWords();
  const banner = byId("banner");
  if (words === banner.dataset.words) return;
  banner.dataset.words = words;
  fill(banner, words && el("p", {}, el("span", { class: "shape", data: { state: "degraded", tone: "warn" }, "aria-hidden": "true" }), el("span", {}, words)));
}

function bannerWords() {
  const since = lostAt ?? heardAt;
  if (now() - since < GRACE_MS) return "";
  const about = fleet.loaded === "none" ? "Nothing was loaded yet." : `What you see is of ${clock(heardAt)}.`;
  if (unanswered) return `Not live since ${clock(since)}: ${unanswered} ${about}`;
  return `Not live since ${clock(since)}. Everything is asked for every ${span(POLL_MS)} meanwhile.`;
}
