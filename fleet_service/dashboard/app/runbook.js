/* A runbook, read from the service: the little of Markdown that runbooks use, as elements. */
import { el, fill } from "./dom.js";
import { to } from "./place.js";
import { cause } from "./words.js";

/** Return the page of a cause's runbook. */
export function runbookPage(name) {
  const heading = el("h1", { tabindex: "-1" }, cause(name));
  const body = el("div", { class: "runbook" }, el("p", { class: "waiting" }, "Reading…"));
  read(name).then((text) => {
    const [title, blocks] = parsed(text);
    heading.textContent = title || cause(name);
    fill(body, blocks);
  }, (error) => fill(body, el("p", { class: "refusal", role: "alert" }, `${error.message} It is docs/runbooks/${name}.md in the repository.`)));
  return { node: el("div", { class: "page" }, el("p", { class: "back" }, el("a", { href: "#/alarms" }, "All alarms")), heading, body), heading, title: "What to do", draw() {}, update() {} };
}

async function read(name) {
  const answer = await fetch(`/dashboard/runbooks/${encodeURIComponent(name)}.md`);
  if (!answer.ok) throw new Error("The service has no such runbook.");
  return answer.text();
}

/** Return the title and the blocks of a text. */
export function parsed(text) {
  let title = "";
  const blocks = [];
  for (const block of text.split(/\n{2,}/).map((one) => one.trimEnd()).filter(Boolean)) {
    if (block.startsWith("# ")) title = block.slice(2);
    else blocks.push(element(block));
  }
  return [title, blocks];
}

function element(block) {
  const heading = /^(#{2,4}) (.*)$/.exec(block);
  if (heading) return el(`h${heading[1].length}`, {}, inline(heading[2]));
  if (/^```/.test(block)) return el("pre", {}, el("code", {}, block.replace(/^```.*\n|\n```$/g, "")));
  if (/^- /.test(block)) return el("ul", {}, items(block, /^- /m).map((one) => el("li", {}, inline(one))));
  if (/^\d+\. /.test(block)) return el("ol", {}, items(block, /^\d+\. /m).map((one) => el("li", {}, inline(one))));
  if (/^ {4}/.test(block)) return el("pre", {}, el("code", {}, block.replace(/^ {4}/gm, "")));
  return el("p", {}, inline(block));
}

const items = (block, mark) => block.split(new RegExp(mark, "gm")).slice(1).map((one) => one.trim());

function inline(text) {
  return text.replace(/\s*\n\s*/g, " ").split(/(`[^`]+`|\*\*[^*]+\*\*|\[[^\]]+\]\([^)]+\))/).map((part) => {
    if (part.startsWith("`")) return el("code", {}, part.slice(1, -1));
    if (part.startsWith("**")) return el("strong", {}, part.slice(2, -2));
    const link = /^\[([^\]]+)\]\(([^)]+)\)$/.exec(part);
    if (!link) return part;
    const other = /^([a-z_]+)\.md$/.exec(link[2]);
    // A page beside the runbooks is in the repository alone: its words stay, and where it is.
    return other ? el("a", { href: to("runbook", other[1]) }, link[1]) : `${link[1]} (${link[2]})`;
  });
}
