/* Making elements. Text is only ever set as text: nothing here, or anywhere, takes markup. */

/** Return an element: `attributes` by name (`on` has listeners, `data` a dataset), then children. */
export function el(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "on") {
      for (const [event, listener] of Object.entries(value)) made.addEventListener(event, listener);
    } else if (name === "data") {
      Object.assign(made.dataset, value);
    } else {
      made.setAttribute(name, value === true ? "" : String(value));
    }
  }
  made.append(...children.flat(Infinity).filter((one) => one !== null && one !== undefined && one !== false && one !== ""));
  return made;
}

/** Show `children` in the place of whatever `parent` has. */
export function fill(parent, ...children) {
  parent.replaceChildren(...children.flat(Infinity).filter((one) => one !== null && one !== undefined && one !== false && one !== ""));
  return parent;
}

export const byId = (id) => document.getElementById(id);

const shown = new WeakMap();

/** Say whether `parent` shows this already, so that what is selected or open there stays; remember it. */
export function shows(parent, ...told) {
  const looks = JSON.stringify(told);
  if (shown.get(parent) === looks) return true;
  shown.set(parent, looks);
  return false;
}

const BETWEEN_MS = 1500;
let unsaid = [];
let speaking = null;

/** Have a screen reader say something; what comes within a moment is said together. */
export function announce(words) {
  unsaid.push(words);
  speaking ??= setTimeout(say, 50);
}

function say() {
  byId("announcer").textContent = unsaid.join("; ");
  unsaid = [];
  speaking = setTimeout(() => {
    speaking = null;
    if (unsaid.length) say();
  }, BETWEEN_MS);
}

/** Replace what `parent` shows without losing the focus inside: it stays at what has the same `data-key`. */
export function refill(parent, ...children) {
  const key = parent.contains(document.activeElement) ? document.activeElement.dataset.key : undefined;
  fill(parent, ...children);
  if (key) (parent.querySelector(`[data-key="${CSS.escape(key)}"]`) ?? document.querySelector("main h1"))?.focus({ preventScroll: true });
}
