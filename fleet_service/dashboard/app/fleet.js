/* All that is known of the fleet, in this page's memory: loaded as lists, kept by events. */
import { Away, all, get, streamPosition } from "./api.js";
import { isProblem, states } from "./words.js";

/** Where each kind is read, which field of a page has it, and its id. */
const KINDS = {
  instance: { map: "kiosks", id: "kiosk_id" },
  alarm: { map: "alarms", id: "alarm_id" },
  move: { map: "moves", id: "move_id" },
  release: { map: "releases", id: "release_id" },
  command: { map: "commands", id: "command_id" },
};
const INSTANCES = "/v1/instances?limit=100";

export const fleet = {
  kiosks: new Map(),
  venues: new Map(),
  alarms: new Map(),
  moves: new Map(),
  releases: new Map(),
  /** Of the kiosk whose page is open all that were read; of others what was told since. */
  commands: new Map(),
  sources: [],
  /** none, problems (those alone are there) or all. */
  loaded: "none",
};

const listeners = new Set();
let told = new Set();
let soon = null;
/** A list that comes now may be so old: it is remembered for a few seconds for all who ask. */
const LIST_OLD_MS = 5000;
/** What was told lately, the oldest first: a list may be older than that. */
let heard = [];
let loading = null;
let loadBegan = 0;
/** Counts who was signed in: what was asked for one is not shown to the next. */
let era = 0;

/** Have `listener(kinds)` called after changes; `kinds` has names of the maps. Returns how to end it. */
export function whenever(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Something changed; those who listen hear of it with all else of the same moment. */
export function changed(...kinds) {
  kinds.forEach((one) => told.add(one));
  soon ??= setTimeout(() => {
    const kinds = told;
    told = new Set();
    soon = null;
    listeners.forEach((one) => one(kinds));
  }, 10);
}

/** Take an event of the stream up. */
export function take(kind, item) {
  heard.push({ at: performance.now(), kind, item });
  forgetOld();
  apply(kind, item);
}

/** Keep of what was told what a list may not know yet. */
function forgetOld() {
  const from = (loading ? loadBegan : performance.now()) - LIST_OLD_MS;
  const young = heard.findIndex((one) => one.at >= from);
  if (young) heard.splice(0, young < 0 ? heard.length : young);
}

function apply(kind, item) {
  const gone = kind === "gone";
  const of = KINDS[gone ? item.kind : kind];
  if (!of) return;
  if (gone) fleet[of.map].delete(item.id);
  else fleet[of.map].set(item[of.id], item);
  changed(of.map);
}

/**
 * Read everything anew. Whoever asks meanwhile waits for the same. Raises Refused, Away.
 *
 * `began(position)`: read problems first, and say where the stream was then: who follows it from
 * there misses nothing.
 */
export function load(began) {
  if (began && loading) return loading.catch(() => {}).then(() => load(began));
  loading ??= loadAll(began).finally(() => {
    loading = null;
  });
  return loading;
}

async function loadAll(began) {
  loadBegan = performance.now();
  forgetOld();
  if (began) await loadProblems(began);
  const [kiosks] = await Promise.all([list(INSTANCES, "instances", { seen }), loadVenues(), loadAlarms(), loadMoves(), loadReleases()]);
  replace("kiosks", kiosks, "kiosk_id");
  fleet.loaded = "all";
  // What was told while pages were read, and just before, is newer than they are.
  heard.forEach(({ kind, item }) => apply(kind, item));
}

/** A page of kiosks: shown as it comes where nothing is yet. */
function seen(page) {
  fleet.sources = page.sources;
  if (fleet.loaded === "all") return;
  for (const one of page.instances) fleet.kiosks.set(one.kiosk_id, one);
  changed("kiosks");
}

async function loadProblems(began) {
  const wanted = states().filter(isProblem).map((one) => `&state=${one}`).join("");
  let told = false;
  function seen() {
    if (!told) began(streamPosition());
    told = true;
  }
  for (const one of await list(`${INSTANCES}${wanted}`, "instances", { seen })) fleet.kiosks.set(one.kiosk_id, one);
  if (fleet.loaded === "none") fleet.loaded = "problems";
  changed("kiosks");
}

async function loadVenues() {
  replace("venues", await list("/v1/venues?limit=100", "venues"), "venue_id");
}

/** Read anew what no event tells: whether venues are open, and how asking AWS goes. */
export async function loadQuiet() {
  await loadVenues();
  fleet.sources = (await get("/v1/instances?limit=1")).sources;
  changed("sources");
}

async function loadAlarms() {
  replace("alarms", await list("/v1/alarms?limit=100", "alarms"), "alarm_id");
}

async function loadMoves() {
  replace("moves", await list("/v1/moves?limit=50", "moves"), "move_id");
}

async function loadReleases() {
  replace("releases", await list("/v1/releases?limit=50", "releases"), "release_id");
}

async function list(...asked) {
  const own = era;
  const found = await all(...asked);
  if (own !== era) throw new Away("somebody else asks now");
  return found;
}

function replace(name, items, id) {
  const before = fleet[name];
  const after = new Map(items.map((one) => [one[id], before.get(one[id]) === one ? before.get(one[id]) : one]));
  fleet[name] = after;
  changed(name);
}

/** Forget everything: whoever signs in next may see less. */
export function forget() {
  era += 1;
  for (const name of ["kiosks", "venues", "alarms", "moves", "releases", "commands"]) fleet[name] = new Map();
  fleet.sources = [];
  fleet.loaded = "none";
  heard = [];
}

/** The open alarms of a kiosk, and those of its venue. */
export function alarmsOf(kiosk) {
  return [...fleet.alarms.values()].filter((one) => !one.closed_at && (one.kiosk_id ? one.kiosk_id === kiosk.kiosk_id : one.venue_id === kiosk.venue_id));
}

export const venueName = (venueId) => fleet.venues.get(venueId)?.name || venueId;
