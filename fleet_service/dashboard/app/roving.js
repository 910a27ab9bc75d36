/* One stop of the Tab key for a whole list: arrows move inside it. */

const STEPS = { ArrowDown: 1, ArrowRight: 1, j: 1, ArrowUp: -1, ArrowLeft: -1, k: -1 };

/** Have the links with `data-key` inside `list` share one stop; `groups` are stepped by PageUp, PageDown. */
export function rove(list, groups) {
  const links = () => [...list.querySelectorAll("a[data-key]")];
  list.addEventListener("focusin", (event) => hold(list, event.target.closest("a[data-key]")));
  list.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const own = event.target.closest("a[data-key]");
    const next = own && target(event, own, links(), groups);
    if (!next) return;
    event.preventDefault();
    next.focus();
    next.scrollIntoView({ block: "nearest" });
  });
}

/** Make sure that exactly one link of a list can be reached by Tab. */
export function keepOneStop(list) {
  const held = list.querySelector('a[data-key][tabindex="0"]');
  hold(list, held ?? list.querySelector("a[data-key]"));
}

function hold(list, link) {
  if (!link) return;
  for (const one of list.querySelectorAll('a[data-key][tabindex="0"]')) if (one !== link) one.tabIndex = -1;
  link.tabIndex = 0;
}

function target(event, own, links, groups) {
  const at = links.indexOf(own);
  if (event.key in STEPS) return links[at + STEPS[event.key]];
  if (event.key === "Home") return links[0];
  if (event.key === "End") return links.at(-1);
  if (event.key === "PageDown") return links.slice(at + 1).find((one) => one.closest(groups) !== own.closest(groups));
  if (event.key === "PageUp") {
    const before = links.slice(0, at).findLast((one) => one.closest(groups) !== own.closest(groups));
    return before && links.find((one) => one.closest(groups) === before.closest(groups));
  }
  return undefined;
}
