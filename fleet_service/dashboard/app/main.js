/* Begins, and shows the page that the address names. */
import { calling } from "./alarm_lines.js";
import { alarmsPage } from "./alarms.js";
import { setUp } from "./api.js";
import { byId, el, fill } from "./dom.js";
import { fleet, forget, whenever } from "./fleet.js";
import { hearKeys, showKeys } from "./keys.js";
import { kioskPage } from "./kiosk.js";
import { goToSearch, kiosksPage } from "./kiosks.js";
import { goLive, stop } from "./live.js";
import { movePage, movesPage } from "./moves.js";
import { here } from "./place.js";
import { releasesPage } from "./releases.js";
import { runbookPage } from "./runbook.js";
import { end, endedWords, leave, resume, showSignIn, whoAmI } from "./session.js";
import { isProblem, moveEnded } from "./words.js";

const main = byId("main");
const PAGES = { "": ["kiosks", kiosksPage], kiosk: ["kiosks", kioskPage], alarms: ["alarms", alarmsPage], moves: ["moves", movesPage], move: ["moves", movePage], releases: ["releases", releasesPage], runbook: ["alarms", runbookPage] };
let page = null;
let came = "";

/** Show the page of the address; the focus goes to its heading, or back to where one came from. */
function show() {
  if (!whoAmI()) return;
  const { parts } = here();
  const [name, make] = PAGES[parts[0] ?? ""] ?? ["", nowhere];
  page?.leave?.();
  page = make(parts[1] ?? "");
  fill(main, page.node);
  document.querySelectorAll("nav a").forEach((one) => (one.dataset.page === name ? one.setAttribute("aria-current", "page") : one.removeAttribute("aria-current")));
  page.draw();
  const back = name === "kiosks" && !parts[0] && came ? main.querySelector(`[data-key="${CSS.escape(came)}"]`) : null;
  (back ?? page.heading).focus({ preventScroll: !back });
  if (!back) scrollTo(0, 0);
  came = parts[0] === "kiosk" ? parts[1] : "";
  sayTitle();
}

function nowhere() {
  const heading = el("h1", { tabindex: "-1" }, "There is no such page");
  return { node: el("div", { class: "page" }, heading, el("a", { href: "#/" }, "All kiosks")), heading, title: "Nowhere", draw() {}, update() {} };
}

function sayTitle() {
  if (!page) return;
  const problems = [...fleet.kiosks.values()].filter((one) => isProblem(one.state)).length;
  const title = `${problems ? `(${problems}) ` : ""}${page.title} · EventPro kiosks`;
  if (document.title !== title) document.title = title;
  count("alarms", calling());
  count("moves", [...fleet.moves.values()].filter((one) => !moveEnded(one.state)).length);
}

function count(name, number) {
  byId(`count-${name}`).textContent = number ? ` ${number}` : "";
}

function signedIn() {
  show();
  goLive();
}

function signedOut(refused) {
  if (!whoAmI()) return;
  closeAll();
  showSignIn(main, endedWords(refused), signedIn);
}

/** What was shown goes: whoever sits there next may not see it. */
function closeAll() {
  document.querySelectorAll("dialog[open]").forEach((one) => one.close());
  stop();
  end();
  forget();
  page?.leave?.();
  page = null;
}

async function signOut() {
  let words = "You are signed out.";
  try {
    await leave();
  } catch (error) {
    words = `${error.words ?? error} The session may still be open there: it ends by itself.`;
  }
  closeAll();
  showSignIn(main, words, signedIn);
}

async function begin() {
  try {
    if (await resume()) signedIn();
    else showSignIn(main, "", signedIn);
  } catch (error) {
    fill(main, el("p", { class: "refusal", role: "alert" }, `${error.words ?? error} `, el("button", { type: "button", on: { click: () => begin() } }, "Try again")));
  }
}

setUp({ signedOut });
whenever((kinds) => {
  page?.update(kinds);
  sayTitle();
});
addEventListener("hashchange", show);
byId("sign-out").addEventListener("click", signOut);
byId("keys-button").addEventListener("click", showKeys);
hearKeys(() => whoAmI() && goToSearch());
begin();
