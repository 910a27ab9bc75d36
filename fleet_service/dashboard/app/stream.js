/* Server-sent events, read by fetch: EventSource tells neither a refusal nor a line that has gone quiet. */
import { learnClock } from "./ages.js";

const SILENCE_MS = 40_000; // The service says something every 15 s.
const PAUSES_MS = [500, 1000, 2000, 5000, 10_000, 15_000];

/** Follows `/v1/stream` from a position until it is stopped; broken off, from where it was. */
export class Stream {
  /** `handlers`: opened(), event(name, data), lost(), refused(status). */
  constructor(position, handlers) {
    this.handlers = handlers;
    this.last = position;
    this.failed = 0;
    this.stopped = false;
    this.wake = () => {};
    this.again = () => this.wake();
  }

  start() {
    addEventListener("online", this.again);
    this.run();
  }

  stop() {
    this.stopped = true;
    removeEventListener("online", this.again);
    this.aborting?.abort();
    this.wake();
  }

  async run() {
    while (!this.stopped) {
      try {
        await this.follow();
      } catch {
        // Whatever it was: it is tried again.
      }
      if (this.stopped) return;
      this.handlers.lost();
      await this.pause(PAUSES_MS[Math.min(this.failed, PAUSES_MS.length - 1)] * (0.8 + 0.4 * Math.random()));
      this.failed += 1;
    }
  }

  async follow() {
    const aborting = (this.aborting = new AbortController());
    let watch = setTimeout(() => aborting.abort(), SILENCE_MS);
    const alive = () => {
      clearTimeout(watch);
      watch = setTimeout(() => aborting.abort(), SILENCE_MS);
    };
    try {
      const headers = { Accept: "text/event-stream", ...(this.last ? { "Last-Event-ID": this.last } : {}) };
      const answer = await fetch("/v1/stream", { headers, signal: aborting.signal, cache: "no-store", credentials: "same-origin" });
      learnClock(answer.headers.get("Date") ?? "");
      if (answer.status === 401) this.handlers.refused(answer.status);
      if (!answer.ok || !answer.body) return;
      this.handlers.opened();
      await this.read(answer.body, alive);
    } finally {
      clearTimeout(watch);
      aborting.abort();
    }
  }

  async read(body, alive) {
    const reader = body.pipeThrough(new TextDecoderStream()).getReader();
    const parser = new Parser((id, name, data) => {
      this.failed = 0;
      if (id) this.last = id;
      if (name || data) this.handlers.event(name, data);
    });
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      alive();
      parser.feed(value);
    }
  }

  pause(ms) {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

/** Lines of an event stream, as they come, to events. */
export class Parser {
  constructor(told) {
    this.told = told;
    this.rest = "";
    this.begin();
  }

  begin() {
    this.id = "";
    this.name = "";
    this.data = [];
  }

  feed(text) {
    const lines = (this.rest + text).split("\n");
    this.rest = lines.pop();
    lines.forEach((line) => this.line(line.replace(/\r$/, "")));
  }

  line(line) {
    if (line === "") {
      // One of an id alone tells where the stream is.
      if (this.id || this.name || this.data.length) this.told(this.id, this.name, this.data.join("\n"));
      this.begin();
      return;
    }
    const [, field, value] = /^([^:]*):? ?(.*)$/s.exec(line);
    if (field === "id") this.id = value;
    else if (field === "event") this.name = value;
    else if (field === "data") this.data.push(value);
  }
}
