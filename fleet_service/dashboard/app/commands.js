/* What a kiosk was asked to do: by whom, until when, how it stands, what came of it. */
import { withdraw } from "./acts.js";
import { ago, clock, now } from "./ages.js";
import { get } from "./api.js";
import { announce, el } from "./dom.js";
import { changed, fleet } from "./fleet.js";
import { mayOperate } from "./session.js";
import { commandBadge, commandKind, commandOpen, commandState } from "./words.js";

const FEW = 10;
const MOST = 50;
const LOOK_MS = 5000;

const path = (kioskId) => `/v1/ops/kiosks/${encodeURIComponent(kioskId)}/commands`;
const one = (command) => `${path(command.kiosk_id)}/${encodeURIComponent(command.command_id)}`;

/** The commands of one kiosk: `ask()` reads them, `draw()` returns them, `stop()` ends looking. */
export function commandsOf(kioskId) {
  let most = FEW;
  let older = false;
  let failed = "";
  let read = false;
  const before = new Map();
  fleet.commands.clear();
  const looking = setInterval(look, LOOK_MS);

  async function ask() {
    try {
      const page = await get(`${path(kioskId)}?limit=${most}`);
      page.commands.forEach((each) => fleet.commands.set(each.command_id, each));
      older = page.next_after !== null;
      failed = "";
      read = true;
    } catch (error) {
      failed = error.words ?? String(error);
    }
    changed("listed");
  }

  /** No event tells that a time is over, nor what Systems Manager knows before somebody asks. */
  async function look() {
    const asked = newest().filter((each) => commandOpen(each.state) && (each.way === "ssm" || Date.parse(each.expires_at) <= now()));
    for (const each of asked) {
      try {
        fleet.commands.set(each.command_id, await get(one(each)));
        changed("listed");
      } catch {
        return; // It is asked again in a moment.
      }
    }
  }

  function newest() {
    return [...fleet.commands.values()].filter((each) => each.kiosk_id === kioskId).sort((each, other) => Date.parse(other.made_at) - Date.parse(each.made_at));
  }

  function more() {
    most = MOST;
    ask();
  }

  function draw() {
    const all = newest();
    tell(all, before);
    return el("section", { id: "commands" }, el("h2", {}, "What it was asked to do"),
      failed && el("p", { class: "refusal" }, failed),
      all.length ? el("ol", { class: "history commands" }, all.map(line)) : el("p", { class: "aside" }, read ? "Nobody has asked it to do anything." : !failed && "Asking the fleet service…"),
      older && (most === FEW ? el("p", { class: "acts" }, el("button", { type: "button", data: { key: "older commands" }, on: { click: more } }, "Show older ones")) : el("p", { class: "aside" }, el("code", {}, `fleetctl command list ${kioskId}`), " has those before.")));
  }

  return { ask, draw, told: () => [newest(), failed, read, older, most], stop: () => clearInterval(looking) };
}

/** Have a screen reader say what became of what was asked. */
function tell(all, before) {
  for (const each of all) {
    const known = before.get(each.command_id);
    if (known && known !== each.state) announce(`${commandKind(each)}: ${commandState(each.state)}`);
    before.set(each.command_id, each.state);
  }
}

function line(each) {
  const open = commandOpen(each.state);
  return el("li", { data: { command: each.command_id } }, el("time", { datetime: each.made_at }, clock(each.made_at)), commandBadge(each.state),
    el("div", {}, el("p", { class: "what" }, `${commandKind(each)}${each.forced ? ", forced" : ""}${each.way === "ssm" ? ", by Systems Manager" : ""}`), el("p", { class: "why" }, each.why),
      el("p", { class: "seen" }, `${each.by} asked for it${each.reason ? `: ${each.reason}` : ""} · `, open ? `not after ${clock(each.expires_at)}` : times(each)),
      brought(each)),
    open && mayOperate() && el("p", { class: "acts" }, el("button", { type: "button", data: { key: `withdraw ${each.command_id}` }, "aria-label": `Withdraw: ${commandKind(each)} of ${clock(each.made_at)}`, on: { click: () => withdraw(each) } }, "Withdraw")));
}

function times(each) {
  if (each.ended_at) return ["ended ", ago(each.ended_at)];
  if (each.withdrawn_at) return ["withdrawn ", ago(each.withdrawn_at)];
  return `its time was over at ${clock(each.expires_at)}`;
}

/** What it brought back is for operators: it may say more of a venue than its states do. */
function brought(each) {
  if (!each.content_bytes || !mayOperate()) return null;
  const kind = { "text/plain": "Text", "application/json": "JSON", "application/age": "A sealed bundle" }[each.content_type] ?? each.content_type;
  return el("p", {}, el("a", { href: `${one(each)}/content`, download: `${each.kiosk_id}-${each.kind}-${each.command_id}`, data: { key: `brought ${each.command_id}` } }, `${kind} that it brought back`), ` (${each.content_bytes.toLocaleString("en-GB")} bytes)`);
}
