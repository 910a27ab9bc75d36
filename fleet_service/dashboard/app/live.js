/* Keeps the fleet up to date: by the stream, or, while that is away, by asking again and again. */
import { clock, now, span } from "./ages.js";
import { get } from "./api.js";
import { byId, el, fill } from "./dom.js";
import { fleet, load, loadQuiet, take } from "./fleet.js";
import { Stream } from "./stream.js";

const POLL_MS = 10_000;
const QUIET_MS = 60_000;
const GRACE_MS = 2000;
const WHOLE_MS = 300_000;

let stream = null;
let timers = [];
/** When the stream was lost, by the service's clock; null: it is there. */
let lostAt = null;
/** When the last answer came. */
let heardAt = null;
let unanswered = "";

/** Load everything and follow it. */
export function goLive() {
  stop();
  lostAt = heardAt = now();
  timers = [
    setInterval(() => (stream ? lostAt !== null && read() : begin()), POLL_MS),
    setInterval(() => lostAt === null && quietly(), QUIET_MS),
    setInterval(read, WHOLE_MS),
    setInterval(show, 1000),
  ];
  begin();
}

/** Stop following, and asking. */
export function stop() {
  stream?.stop();
  stream = null;
  timers.forEach(clearInterval);
  timers = [];
  lostAt = null;
  unanswered = "";
  fill(byId("banner"));
  delete byId("banner").dataset.words;
}

/** Read the lists, and follow the stream from where it was then. */
function begin() {
  stream?.stop();
  stream = null;
  lostAt ??= now();
  return answered(load((position) => {
    if (!timers.length || stream) return; // Signed out meanwhile.
    stream = new Stream(position, { opened, event, lost, refused });
    stream.start();
  }));
}

function opened() {
  lostAt = null;
  heardAt = now();
  if (unanswered) read();
  show();
}

/** Whoever asks as well is told why, and signed out. */
function refused() {
  get("/v1/ops/me").catch(() => {});
}

function lost() {
  if (lostAt === null) timers.push(setTimeout(() => lostAt !== null && stream && read(), GRACE_MS));
  lostAt ??= now();
  show();
}

function event(name, data) {
  heardAt = now();
  if (name === "reset") return begin();
  try {
    take(name, JSON.parse(data));
  } catch {
    begin(); // One that can't be read may have been anything.
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
