/* Where somebody is: the address's part behind `#`, e.g. `#/kiosk/till-hb1` or `#/?state=ui_down`. */

/** The path's parts and the query. */
export function here() {
  const [path, query = ""] = location.hash.replace(/^#\/?/, "").split("?");
  return { parts: path.split("/").filter(Boolean).map(decoded), query: new URLSearchParams(query) };
}

/** The address of a place. */
export const to = (...parts) => `#/${parts.map(encodeURIComponent).join("/")}`;

/** Say the filters in the address, without a step back for each letter. */
export function sayQuery(query) {
  const text = query.toString();
  history.replaceState(null, "", `${location.hash.split("?")[0] || "#/"}${text ? `?${text}` : ""}`);
}

function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
