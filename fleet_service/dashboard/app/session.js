/* Who is signed in: a token pasted once becomes a cookie that scripts can't read. */
import { clock, now, span } from "./ages.js";
import { change, get, signedInWith } from "./api.js";
import { byId, el, fill } from "./dom.js";

const WARN_MS = 10 * 60_000;

let me = null;
let timer = null;

/** Whoever is signed in, as `/v1/ops/me` says; null: nobody. */
export const whoAmI = () => me;

/** Whether whoever is signed in may change things. The service asks again with every change. */
export const mayOperate = () => me !== null && me.role !== "viewer";

/** Go on with the cookie's session; returns whether there is one. Raises Refused, Away. */
export async function resume() {
  try {
    begin(await get("/v1/ops/me"));
    return true;
  } catch (error) {
    if (error.status === 401) return false;
    throw error;
  }
}

/** End the session, here and at the service. */
export async function leave() {
  try {
    await change("DELETE", "/v1/ops/session");
  } finally {
    end();
  }
}

/** Forget who was signed in. */
export function end() {
  me = null;
  signedInWith("");
  clearInterval(timer);
  byId("nav").hidden = byId("who").hidden = true;
}

function begin(told) {
  me = told;
  signedInWith(told.session?.csrf_token ?? "");
  fill(byId("who-name"), `${told.name}, ${told.role}`);
  byId("nav").hidden = byId("who").hidden = false;
  clearInterval(timer);
  timer = setInterval(warn, 5000);
  warn();
}

function warn() {
  const left = Date.parse(me.session?.expires_at) - now();
  if (!(left < WARN_MS)) return;
  fill(byId("who-name"), `${me.name}, ${me.role}; signed out in ${span(left)}`);
}

/** Show the sign-in in `main`; `why` in words, empty at first; `signedIn()` afterwards. */
export function showSignIn(main, why, signedIn) {
  const token = el("input", { id: "token", type: "password", autocomplete: "current-password", required: true, spellcheck: "false", "aria-describedby": "token-hint" });
  const refusal = el("p", { class: "refusal", role: "alert" }, why);
  const button = el("button", { type: "submit", class: "main" }, "Sign in");
  const form = el("form", { class: "sign-in", on: { submit: (event) => send(event) } },
    el("h1", { tabindex: "-1" }, "Sign in"),
    refusal,
    el("label", { for: "token" }, "Your operator token"),
    token,
    el("p", { id: "token-hint", class: "hint" }, "It begins with eop_. An administrator makes one for each person; this page keeps a session of it, never the token."),
    button);
  async function send(event) {
    event.preventDefault();
    button.disabled = true;
    try {
      begin(await change("POST", "/v1/ops/session", undefined, { "EventPro-Ops-Token": token.value.trim() }));
      token.value = "";
      signedIn();
    } catch (error) {
      fill(refusal, error.words ?? String(error));
      token.focus();
    } finally {
      button.disabled = false;
    }
  }
  fill(main, form);
  document.title = "Sign in · EventPro kiosks";
  token.focus();
}

/** Why somebody is signed out, in words. A browser drops a cookie whose time is over, so none comes. */
export function endedWords(refused) {
  const why = refused.code === "token_missing" ? "Your session has ended. Its time is over." : refused.words;
  return `${why} That was at ${clock(new Date(now()).toISOString())}; signed in again, you are where you were.`;
}
