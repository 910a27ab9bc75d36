/* The words and shapes of states. A shape of its own for each: colour alone tells nobody. */
import { el } from "./dom.js";

/** By gravity. `tone`: bad, warn, quiet or good; `row`: worth a line with its reason. */
const STATES = {
  venue_unreachable: { word: "Venue unreachable", tone: "bad", row: true },
  kiosk_unreachable: { word: "Kiosk unreachable", tone: "bad", row: true },
  agent_silent: { word: "Agent silent", tone: "bad", row: true },
  ui_down: { word: "UI down", tone: "bad", row: true },
  sales_stopped: { word: "Sales stopped", tone: "bad", row: true },
  degraded: { word: "Degraded", tone: "warn", row: true },
  pending: { word: "Pending", tone: "quiet", row: true },
  draining: { word: "Draining", tone: "quiet", row: true },
  revoked: { word: "Revoked", tone: "quiet", row: true },
  well: { word: "Well", tone: "good", row: false },
  closed: { word: "Closed, as expected", tone: "quiet", row: false },
  expected: { word: "Expected", tone: "quiet", row: false },
  retired: { word: "Retired", tone: "quiet", row: false },
};
const ORDER = Object.keys(STATES);

/** All states, the gravest first. */
export const states = () => ORDER;

/** What is known of a state; of a newer service's, that it is worth a look. */
export const state = (id) => STATES[id] ?? { word: spaced(id), tone: "warn", row: true };

export const rank = (id) => (ORDER.includes(id) ? ORDER.indexOf(id) : 0);

/** Whether somebody has to do something about it. */
export const isProblem = (id) => ["bad", "warn"].includes(state(id).tone);

/** Whether a cause is a state as well. */
export const isState = (id) => id in STATES;

/** The shape of a state, for eyes alone: its word is beside it. */
export const shape = (id) => el("span", { class: "shape", data: { state: id, tone: state(id).tone }, "aria-hidden": "true" });

/** Shape and word. */
export const badge = (id) => el("span", { class: "badge", data: { tone: state(id).tone } }, shape(id), el("span", {}, state(id).word));

const MOVES = {
  running: ["Running", "good"], paused: ["Paused", "warn"], stopping: ["Stopping", "bad"], stopped: ["Stopped by a failure", "bad"],
  aborted: ["Aborted", "quiet"], done: ["Done", "good"], waiting: ["Waiting", "quiet"], moving: ["Moving", "good"],
  settling: ["Settling", "good"], moved: ["Moved", "good"], moving_back: ["Moving back", "warn"], moved_back: ["Moved back", "warn"],
  failed: ["Failed", "bad"], left_out: ["Left out", "quiet"], making: ["Being made", "quiet"], live: ["Live", "good"],
};

/** Shape and word of how a move, a kiosk of one, or a release stands. */
export function moveBadge(id) {
  const [word, tone] = MOVES[id] ?? [spaced(id), "warn"];
  return el("span", { class: "badge", data: { tone } }, el("span", { class: "shape", data: { state: `move-${id}`, tone }, "aria-hidden": "true" }), el("span", {}, word));
}

export const moveEnded = (id) => ["stopped", "aborted", "done"].includes(id);

const COMMANDS = {
  waiting: ["Waiting", "quiet"], fetched: ["Fetched", "good"], done: ["Done", "good"], refused: ["Refused", "warn"],
  failed: ["Failed", "bad"], expired: ["Expired", "warn"], withdrawn: ["Withdrawn", "quiet"],
};
const KINDS = { end_drain: "Sell again", restart_ui: "Restart its screen", reboot: "Reboot its host", logs: "Send logs", support_bundle: "Send a support bundle", doctor: "Examine its host" };

/** How a command stands, in a word. */
export const commandState = (id) => (COMMANDS[id] ?? [spaced(id)])[0];

/** What a kiosk is to do. */
export const commandKind = (one) => `${KINDS[one.kind] ?? spaced(one.kind)}${one.kind === "logs" ? `: ${one.source}, ${count(one.lines, "line")}` : ""}`;

/** Shape and word of how a command stands. */
export function commandBadge(id) {
  const [word, tone] = COMMANDS[id] ?? [spaced(id), "warn"];
  return el("span", { class: "badge", data: { tone } }, el("span", { class: "shape", data: { state: `command-${id}`, tone }, "aria-hidden": "true" }), el("span", {}, word));
}

/** Whether it may be done yet. */
export const commandOpen = (id) => ["waiting", "fetched"].includes(id);

const CAUSES = { ui_down: "UI down", ecs_disconnected: "ECS agent disconnected", ecs_inactive: "ECS starts nothing there", ssm_silent: "Systems Manager silent" };

/** A cause as a heading. */
export const cause = (id) => CAUSES[id] ?? spaced(id);

function spaced(id) {
  const words = String(id).replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** "1 kiosk", "2 kiosks". */
export const count = (number, word) => `${number.toLocaleString("en-GB")} ${word}${number === 1 ? "" : "s"}`;
