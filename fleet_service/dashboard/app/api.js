/* Asking the fleet service. */
import { learnClock } from "./ages.js";

const PATIENCE_MS = 15_000;
const MOST_KEPT = 300;

/** The service answered, and refused: a problem body (RFC 9457). */
export class Refused extends Error {
  constructor(status, problem) {
    super(problem.title ?? `The fleet service answered ${status}`);
    this.status = status;
    this.code = problem.code ?? "";
    this.detail = problem.detail ?? "";
    this.hint = problem.hint ?? "";
  }

  /** All of it in one line of words. */
  get words() {
    return [this.message, this.detail, this.hint].filter(Boolean).map((one) => one.replace(/[.]?$/, ".")).join(" ");
  }
}

/** No answer came. */
export class Away extends Error {
  get words() {
    return "The fleet service does not answer. Is your own line up?";
  }
}

let csrf = "";
let position = "";
let onSignedOut = () => {};
const kept = new Map();

/** `signedOut(refused)` is called whenever an answer says that nobody is signed in. */
export function setUp({ signedOut }) {
  onSignedOut = signedOut;
}

/** What changes carry from now on; empty: forget whoever was signed in, and what was theirs. */
export function signedInWith(token) {
  csrf = token;
  if (!token) kept.clear();
}

/** Where the stream of changes was when the last list of kiosks was read. */
export const streamPosition = () => position;

/** Return the JSON of a path; the same object again where the service says that it is the same. */
export async function get(path) {
  const before = kept.get(path);
  const answer = await send(path, { headers: before ? { "If-None-Match": before.tag } : {} });
  if (answer.status === 304) return before.body;
  const body = await read(answer);
  const tag = answer.headers.get("ETag");
  if (tag) {
    kept.delete(path);
    kept.set(path, { tag, body });
    if (kept.size > MOST_KEPT) kept.delete(kept.keys().next().value);
  }
  return body;
}

/** Return all items of a list, page by page; `seen` is given each page as it comes. */
export async function all(path, name, { seen = () => {}, pages = 500 } = {}) {
  const found = [];
  let after = "";
  for (let page = 0; page < pages; page += 1) {
    const mark = path.includes("?") ? "&" : "?";
    const body = await get(after ? `${path}${mark}after=${encodeURIComponent(after)}` : path);
    found.push(...body[name]);
    seen(body);
    after = body.next_after;
    if (!after) break;
  }
  return found;
}

/** Change something; return the answer's JSON, null where it has none. */
export async function change(method, path, body, headers = {}) {
  const json = body === undefined ? {} : { "Content-Type": "application/json" };
  const answer = await send(path, {
    method,
    headers: { ...json, ...(csrf ? { "EventPro-Csrf-Token": csrf } : {}), ...headers },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  return answer.status === 204 ? null : read(answer);
}

async function send(path, init) {
  let answer;
  try {
    answer = await fetch(path, { credentials: "same-origin", cache: "no-store", redirect: "error", signal: AbortSignal.timeout(PATIENCE_MS), ...init });
  } catch (error) {
    throw new Away("no answer", { cause: error });
  }
  learnClock(answer.headers.get("Date") ?? "");
  position = answer.headers.get("EventPro-Stream-Position") ?? position;
  return answer;
}

async function read(answer) {
  let body;
  try {
    body = await answer.json();
  } catch {
    if (answer.ok) throw new Away("an answer that is cut off");
    body = {};
  }
  if (answer.ok) return body;
  const refused = new Refused(answer.status, body);
  if (answer.status === 401) onSignedOut(refused);
  throw refused;
}
