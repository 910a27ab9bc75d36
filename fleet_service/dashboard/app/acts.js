/* What operators do from here: each asks once more, says what it does, and shows a refusal in words. */
import { clock, now } from "./ages.js";
import { change } from "./api.js";
import { announce, el, fill } from "./dom.js";
import { changed, fleet } from "./fleet.js";
import { whoAmI } from "./session.js";
import { cause, commandKind } from "./words.js";

/** Ask before something is done. `fields`: elements with a name; `send(values)` does it. */
export function ask({ title, says, fields = [], button, danger = false, send }) {
  const refusal = el("p", { class: "refusal", role: "alert" });
  const go = el("button", { type: "submit", class: danger ? "danger" : "main" }, button);
  const dialog = el("dialog", { "aria-labelledby": "ask-title" },
    el("form", { method: "dialog", on: { submit: (event) => submit(event) } },
      el("h2", { id: "ask-title" }, title),
      el("p", {}, says),
      fields,
      refusal,
      el("p", { class: "acts" }, go, el("button", { type: "button", on: { click: () => dialog.close() } }, "Cancel"))));
  const before = document.activeElement;
  async function submit(event) {
    event.preventDefault();
    go.disabled = true;
    try {
      await send(Object.fromEntries(new FormData(event.target)));
      dialog.close();
    } catch (error) {
      fill(refusal, error.words ?? String(error));
      go.disabled = false;
    }
  }
  dialog.addEventListener("close", () => {
    dialog.remove();
    back(before);
  });
  document.body.append(dialog);
  dialog.showModal();
}

function back(before) {
  const same = before?.dataset?.key && document.querySelector(`[data-key="${CSS.escape(before.dataset.key)}"]`);
  (before?.isConnected ? before : same ?? document.querySelector("main h1"))?.focus();
}

/** A line to type into, with its label. */
export const line = (name, label, attributes = {}) =>
  el("label", {}, label, el("input", { name, maxlength: "200", autocomplete: "off", ...attributes }));

const path = (one) => `/v1/alarms/${encodeURIComponent(one.alarm_id)}`;
const place = (one) => `${cause(one.cause)}: ${one.words}`;

/** Say that somebody sees to an alarm. */
export function acknowledge(one) {
  ask({
    title: "See to this alarm",
    says: `${place(one)}. Everybody sees that ${whoAmI().name} does, until it is over.`,
    fields: [line("note", "What you do, for the others (may stay empty)")],
    button: "I see to it",
    send: async ({ note }) => {
      const alarm = await change("POST", `${path(one)}/acknowledge`, { note: note.trim() });
      fleet.alarms.set(alarm.alarm_id, alarm);
      changed("alarms");
      announce("It is said that you see to it");
    },
  });
}

const SILENCES = [["30", "30 minutes"], ["60", "1 hour"], ["240", "4 hours"], ["720", "12 hours"], ["1440", "1 day"], ["10020", "7 days"]];

/** Call nobody for an alarm for a while. */
export function silence(one) {
  ask({
    title: "Silence this alarm",
    says: `${place(one)}. Nobody is called for it until then, also if it goes and comes again.`,
    fields: [
      el("label", {}, "For how long", el("select", { name: "minutes" }, SILENCES.map(([value, words]) => el("option", { value }, words)))),
      line("reason", "Why", { required: true }),
    ],
    button: "Silence it",
    send: async ({ minutes, reason }) => {
      const until = new Date(now() + Number(minutes) * 60_000).toISOString();
      const made = await change("POST", `${path(one)}/silence`, { until, reason: reason.trim() });
      patch(one.alarm_id, { silence: made });
      announce(`Silenced until ${clock(made.until)}`);
    },
  });
}

/** Call people again. A venue's silence ends for all that is the venue's. */
export function endSilence(one) {
  const ofVenue = one.silence.scope.startsWith("venue:");
  ask({
    title: "Call people again",
    says: ofVenue ? "The silence is of the whole venue: people are called for all of it again." : `People are called for this again: ${place(one)}.`,
    button: "Call people again",
    send: async () => {
      const { scope } = one.silence;
      await change("DELETE", `/v1/silences/${encodeURIComponent(scope)}`);
      for (const each of fleet.alarms.values()) if (each.silence?.scope === scope) patch(each.alarm_id, { silence: null });
    },
  });
}

function patch(alarmId, news) {
  const known = fleet.alarms.get(alarmId);
  if (known) fleet.alarms.set(alarmId, { ...known, ...news });
  changed("alarms");
}

/** Have a command told no more. Whoever has it already may do it all the same. */
export function withdraw(one) {
  ask({
    title: "Withdraw this command",
    says: `${commandKind(one)}. ${one.state === "waiting" ? "The kiosk is not told of it any more." : "It was fetched already, and may be done all the same; then it says so."}`,
    button: "Withdraw it",
    danger: true,
    send: async () => {
      const told = await change("DELETE", `/v1/ops/kiosks/${encodeURIComponent(one.kiosk_id)}/commands/${encodeURIComponent(one.command_id)}`);
      fleet.commands.set(told.command_id, told);
      changed("commands");
    },
  });
}

const MOVE_ACTS = {
  pause: ["Pause this move", "No other kiosk is moved until somebody goes on with it. A kiosk that is being moved is still judged, and moved back if it fails.", "Pause it"],
  resume: ["Go on with this move", "The kiosks that wait are moved one after another, each judged before the next.", "Go on"],
  abort: ["Abort this move", "Nobody else is moved, for good. Each kiosk keeps what it was told last: those that have moved stay moved.", "Abort it"],
};

/** Pause a move, go on with it, or abort it. */
export function actOnMove(move, act) {
  const [title, says, button] = MOVE_ACTS[act];
  ask({
    title,
    says,
    fields: [line("why", "Why (it stands beside the decision)")],
    button,
    danger: act === "abort",
    send: async ({ why }) => {
      const told = await change("POST", `/v1/ops/moves/${encodeURIComponent(move.move_id)}/${act}`, { why: why.trim() });
      fleet.moves.set(told.move_id, told);
      changed("moves");
    },
  });
}
