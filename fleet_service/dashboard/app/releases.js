/* Releases: their images, and how many kiosks are told to run each. */
import { alarmLine, ofRelease } from "./alarm_lines.js";
import { ago } from "./ages.js";
import { el, refill } from "./dom.js";
import { fleet, venueName } from "./fleet.js";
import { to } from "./place.js";
import { short } from "./sides.js";
import { count, moveBadge, moveEnded } from "./words.js";

/** Return the page. */
export function releasesPage() {
  const heading = el("h1", { tabindex: "-1" }, "Releases");
  const list = el("div", { class: "moves" });
  function draw() {
    const told = new Map();
    for (const one of fleet.kiosks.values()) if (one.ecs?.release) told.set(one.ecs.release, (told.get(one.ecs.release) ?? 0) + 1);
    const releases = [...fleet.releases.values()].sort((one, other) => Date.parse(other.made_at) - Date.parse(one.made_at));
    const none = fleet.loaded === "none" ? "Asking the fleet service…" : "There is no release yet.";
    refill(list, releases.length ? releases.map((one) => line(one, told.get(one.release_id) ?? 0)) : el("p", { class: "aside" }, none));
  }
  return { node: el("div", { class: "page" }, heading, list), heading, title: "Releases", draw, update: draw };
}

function line(one, number) {
  const moves = [...fleet.moves.values()].filter((each) => each.to === one.release_id && !moveEnded(each.state));
  return el("article", { class: "move" }, el("h2", {}, one.release_id),
    el("p", {}, moveBadge(one.state), ` ${count(number, "kiosk")} told to run it`),
    el("p", { class: "image" }, el("code", {}, short(one.task.image))),
    el("p", { class: "seen" }, ago(one.made_at, { before: "made " }), ` by ${one.by} · ${one.places.map((each) => `${each.region}/${each.cluster}${each.task_definition ? "" : " (nothing there yet)"}`).join(", ") || "no cluster yet"}`),
    ofRelease(one).map(alarmLine),
    moves.map((each) => el("p", {}, moveBadge(each.state), " ", el("a", { href: to("move", each.move_id), data: { key: each.move_id } }, `Move of ${venueName(each.venue_id)}`))));
}
