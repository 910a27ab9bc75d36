/* The four sides that a kiosk's state rests on, each with its age: its report, ECS, Systems Manager, its venue. */
import { ago, clock, clockIn, span } from "./ages.js";
import { el } from "./dom.js";
import { fleet } from "./fleet.js";

const REPORT_SPEAKS_S = 90;
const LOOK_SPEAKS_S = 300;
let hostOpen = true;

/** Return the four cards. */
export function sides(one, detail) {
  return el("section", { class: "sides" }, el("h2", {}, "What that rests on"),
    el("div", { class: "cards" }, report(one.report), ecs(one.ecs), ssm(one.ssm), venue(one, detail)),
    one.report && host(one));
}

function card(name, age, rows) {
  return el("section", { class: "card", "aria-label": name }, el("h3", {}, name), el("p", { class: "seen" }, age), listed(rows));
}

function listed(rows) {
  const told = rows.filter(([, value]) => value !== "" && value !== null && value !== undefined && value !== false);
  return el("dl", {}, told.map(([name, value]) => [el("dt", {}, name), el("dd", {}, value)]));
}

function report(seen) {
  if (!seen) return card("Its report", "It has never reported.", []);
  return card("Its report", ago(seen.seen_at, { before: "kept ", speaksS: REPORT_SPEAKS_S }), [
    ["Waiting to settle", queued(seen)],
    ["Set aside", seen.parked],
    ["Quarantined", seen.quarantined],
    ["Refunds to give", seen.refunds_to_give.length || ""],
    ["Screen", screen(seen)],
    ["Stock", stock(seen.stock)],
    ["Clock", seen.clock_offset_s ? `${Math.abs(seen.clock_offset_s)} s ${seen.clock_offset_s > 0 ? "ahead" : "behind"}` : "right"],
  ]);
}

function queued(seen) {
  return seen.oldest_queued_at ? [`${seen.queued}, the oldest `, ago(seen.oldest_queued_at, { after: " old" })] : seen.queued;
}

function screen(seen) {
  const by = { ecs: "ECS's kiosk UI", standby: "the standby", none: "no kiosk UI answers" }[seen.ui?.source] ?? (seen.supervisor === "silent" ? "the supervisor is silent" : "");
  const busy = seen.screen?.busy ? `busy: ${seen.screen.why}` : seen.screen?.holder ? "idle" : "";
  return [by, busy].filter(Boolean).join(", ");
}

function stock(left) {
  if (!left.length) return "";
  const sum = left.reduce((all, one) => all + one.left, 0);
  const empty = left.filter((one) => one.left === 0).length;
  return `${sum.toLocaleString("en-GB")} tickets of ${left.length} types${empty ? `, ${empty} of them sold out` : ""}`;
}

function ecs(seen) {
  if (!seen) return card("ECS", "Not asked yet.", []);
  return card("ECS", ago(seen.looked_at, { before: "asked ", speaksS: LOOK_SPEAKS_S }), [
    ["Host", seen.status || "ECS has none of it"],
    ["Its agent", [seen.connected ? "connected" : "not connected", seen.changed_at ? [" for ", ago(seen.changed_at, { after: "" })] : ""]],
    ["Told to run", seen.release || "nothing"],
  ]);
}

function ssm(seen) {
  if (!seen) return card("Systems Manager", "Not asked yet.", []);
  return card("Systems Manager", ago(seen.looked_at, { before: "asked ", speaksS: LOOK_SPEAKS_S }), [
    ["Ping", seen.ping || "not known there"],
    ["Last ping", seen.pinged_at ? ago(seen.pinged_at) : ""],
  ]);
}

function venue(one, detail) {
  const seen = fleet.venues.get(one.venue_id);
  const open = detail?.venue_open ?? seen?.is_open;
  const words = open === undefined ? "Not known yet." : open ? "Open: people are expected there now." : "Closed: nobody is expected there now.";
  return card("Its venue's calendar", words, [
    ["There it is", seen && clockIn(seen.time_zone)],
    ["Opening hours", seen && hours(seen.opening_hours)],
    ["Address", seen?.address],
    ["Contact", seen?.contact],
  ]);
}

function hours(times) {
  if (!times.length) return "nobody said: always open";
  return times.map((one) => `${one.days.join(", ")} ${one.opens} to ${one.closes}`).join("; ");
}

function host(one) {
  const seen = one.report;
  const free = seen.free_bytes === null ? "" : `${(seen.free_bytes / 2 ** 30).toFixed(1)} GiB free`;
  return el("details", { class: "host", open: hostOpen, on: { toggle: (event) => (hostOpen = event.target.open) } }, el("summary", { data: { key: "host-summary" } }, "Versions, images, disk and repairs"), listed([
    ["Agent", seen.agent_version],
    ["Image on its screen", seen.ui?.image],
    ["Standby", seen.ui && (seen.ui.standby_ready ? "ready" : "not ready")],
    ["Docker", seen.ui?.docker_away],
    ["Images ahead", seen.images.map((each) => el("div", {}, `${short(each.image)}: ${each.state}${each.why ? `, ${each.why}` : ""}`))],
    ["Crashing", seen.ui?.crashing.length ? seen.ui.crashing.map((each) => el("div", {}, `${short(each.image)}: ${each.ends} times, ${each.last_exit}`)) : ""],
    ["Disk", [seen.room && `room: ${seen.room}`, free].filter(Boolean).join(", ")],
    ["Update lock", seen.update_lock && `until ${clock(seen.update_lock.until)}`],
    ["Journal", seen.epoch_reason && `began anew: ${seen.epoch_reason}${seen.epoch_acknowledged ? "" : "; nobody there has said that they know"}`],
    ["Last outage", seen.was_offline_since && seen.was_offline_until && `${clock(seen.was_offline_since)}, ${span(Date.parse(seen.was_offline_until) - Date.parse(seen.was_offline_since))}`],
    ["Draining", seen.draining && !seen.left && "it opens no new carts"],
    ["Leaving", seen.left ? "it has left" : seen.why_not_left.join("; ")],
    ["Repairs", seen.repairs.length ? [...seen.repairs].reverse().map((each) => el("div", {}, `${clock(each.at)} ${each.name}: ${each.why}; ${each.outcome}`)) : ""],
  ]));
}

/** An image without all of its digest. */
export const short = (image) => image.replace(/(sha256:[0-9a-f]{12})[0-9a-f]+/, "$1…");
