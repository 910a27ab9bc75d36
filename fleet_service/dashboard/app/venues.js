/* The list of venues and their kiosks, problems first. Each venue is drawn again only when it changed. */
import { ago } from "./ages.js";
import { el } from "./dom.js";
import { alarmsOf, fleet, venueName } from "./fleet.js";
import { to } from "./place.js";
import { keepOneStop } from "./roving.js";
import { badge, count, rank, shape, state, states } from "./words.js";

const SPEAKS_S = 90;
const HANDLED = 0.5;
const drawn = new WeakMap();
const stood = new WeakMap();

/** Show the venues of `kiosks` in `list`; `held`: those that are there keep their order. */
export function showVenues(list, kiosks, held) {
  const groups = grouped(kiosks);
  const before = new Map([...list.children].map((one) => [one.dataset.venue, one]));
  const order = held ? asTheyStand(groups, before) : groups;
  const focused = list.contains(document.activeElement) ? document.activeElement.dataset.key : undefined;
  let place = list.firstElementChild;
  for (const group of order) {
    const old = before.get(group.id);
    const node = drawnAnew(old, group);
    if (old && place === old) place = node;
    if (node === place) place = place.nextElementSibling;
    else list.insertBefore(node, place);
  }
  while (place) {
    const gone = place;
    place = place.nextElementSibling;
    gone.remove();
  }
  if (focused) list.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
  keepOneStop(list);
  return order.some((one, index) => one !== groups[index]);
}

function grouped(kiosks) {
  const byVenue = Map.groupBy ? Map.groupBy(kiosks, (one) => one.venue_id) : groupBy(kiosks);
  const groups = [...byVenue].map(([id, own]) => {
    own.sort((one, other) => weight(one) - weight(other) || (one.kiosk_id < other.kiosk_id ? -1 : 1));
    return { id, kiosks: own, weight: weight(own[0]) };
  });
  return groups.sort((one, other) => one.weight - other.weight || (one.id < other.id ? -1 : 1));
}

function groupBy(kiosks) {
  const found = new Map();
  for (const one of kiosks) found.set(one.venue_id, [...(found.get(one.venue_id) ?? []), one]);
  return found;
}

/** By gravity; what somebody sees to comes behind what nobody does. */
function weight(kiosk) {
  return rank(kiosk.state) + (handled(kiosk) ? HANDLED : 0);
}

function handled(kiosk) {
  if (!state(kiosk.state).row) return "";
  const alarms = alarmsOf(kiosk);
  if (!alarms.length || alarms.some((one) => !one.acknowledged_at && !one.silence)) return "";
  const by = alarms.find((one) => one.acknowledged_by)?.acknowledged_by;
  return by ? `Seen to by ${by}` : "Silenced";
}

function asTheyStand(groups, before) {
  const at = new Map([...before.keys()].map((id, index) => [id, index]));
  const place = (one) => at.get(one.id) ?? -1; // What is new comes first: nobody would find it below.
  return [...groups].sort((one, other) => place(one) - place(other));
}

function drawnAnew(node, group) {
  const venue = fleet.venues.get(group.id);
  const looks = JSON.stringify([venue?.name, venue?.is_open, group.kiosks.map((one) => [one.kiosk_id, one.kiosk_code, one.state, one.why, one.report?.seen_at, handled(one)])]);
  if (node && drawn.get(node) === looks) return node;
  const made = venueNode(group, venue);
  drawn.set(made, looks);
  const now = new Map(group.kiosks.map((one) => [one.kiosk_id, one.state]));
  // Not what merely came: pages of a list come one after another.
  if ([...(stood.get(node) ?? [])].some(([id, was]) => now.has(id) && now.get(id) !== was)) made.classList.add("changed");
  stood.set(made, now);
  node?.replaceWith(made);
  return made;
}

function venueNode(group, venue) {
  const whole = group.kiosks.length > 1 && group.kiosks.every((one) => one.state === "venue_unreachable");
  const rows = whole ? [] : group.kiosks.filter((one) => state(one.state).row);
  const chips = whole ? group.kiosks : group.kiosks.filter((one) => !state(one.state).row);
  return el("section", { class: "venue", "aria-label": venueName(group.id), data: { venue: group.id, tone: state(group.kiosks[0].state).tone, quiet: rows.length || whole ? "no" : "yes" } },
    el("h2", {}, venueName(group.id) || group.kiosks[0].venue_name,
      el("span", { class: "aside" }, `${openWords(venue)}${count(group.kiosks.length, "kiosk")}`)),
    whole && wholeRow(group.kiosks),
    rows.length > 0 && el("ul", { class: "rows" }, rows.map((one) => el("li", {}, row(one)))),
    whole ? el("div", { class: "chips" }, el("ul", {}, chips.map((one) => el("li", {}, chip(one))))) : chipLines(chips));
}

const openWords = (venue) => (venue ? `${venue.is_open ? "open" : "closed"} · ` : "");

function wholeRow(kiosks) {
  const last = kiosks.map((one) => one.report?.seen_at).filter(Boolean).sort().at(-1);
  const tag = handled(kiosks[0]);
  return el("p", { class: "row" }, badge("venue_unreachable"), el("span", { class: "why" }, kiosks[0].why),
    el("span", { class: "seen" }, last ? ago(last, { before: "last heard " }) : "never heard", tag && el("span", { class: "tag" }, tag)));
}

function row(kiosk) {
  const seen = kiosk.report?.seen_at;
  const tag = handled(kiosk);
  return el("a", { class: "row", href: to("kiosk", kiosk.kiosk_id), tabindex: "-1", data: { key: kiosk.kiosk_id } },
    badge(kiosk.state),
    el("span", { class: "code" }, kiosk.kiosk_code),
    el("span", { class: "why" }, kiosk.why),
    el("span", { class: "seen" }, seen ? ago(seen, { before: "heard ", speaksS: SPEAKS_S }) : "never heard", tag && el("span", { class: "tag" }, tag)));
}

function chipLines(kiosks) {
  return states().filter((id) => kiosks.some((one) => one.state === id)).map((id) =>
    el("div", { class: "chips" },
      el("span", { class: "badge", data: { tone: state(id).tone } }, el("span", {}, state(id).word)),
      el("ul", {}, kiosks.filter((one) => one.state === id).map((one) => el("li", {}, chip(one))))));
}

function chip(kiosk) {
  return el("a", { class: "chip", href: to("kiosk", kiosk.kiosk_id), tabindex: "-1", title: `${kiosk.kiosk_id}: ${kiosk.why}`, data: { key: kiosk.kiosk_id } },
    shape(kiosk.state), kiosk.kiosk_code, el("span", { class: "unseen" }, `, ${state(kiosk.state).word}`));
}
