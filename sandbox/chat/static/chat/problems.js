/** How an error is told to people. */

import { element } from "./dom.js";

const TITLES = {
  malformed_frame: "The server could not read that.",
  unknown_action: "The server doesn't know how to do that.",
  validation_error: "Something in it is not right.",
  not_authenticated: "You are not signed in.",
  permission_denied: "You may not do that.",
  not_found: "That does not exist.",
  throttled: "That was too often.",
  too_large: "That was too large.",
  too_many_pending: "Too much at once.",
  cancelled: "Cancelled.",
  internal_error: "Sorry, that went wrong.",
  connection_lost: "Not connected.",
};

/** @param {object} payload The payload of an `error` frame. */
export function problem(payload) {
  const box = element("div", "problem", element("strong", "", TITLES[payload.code] ?? "It failed."), " ", payload.detail);
  box.dataset.code = payload.code;
  if (payload.errors) {
    const places = payload.errors.map(({ loc, msg }) => element("li", "", element("code", "", loc.join(".")), ` ${msg}`));
    box.append(element("ul", "", ...places));
  }
  if (payload.error_id) box.append(element("p", "quiet", "Tell support this id: ", element("code", "", payload.error_id)));
  return box;
}

/** One line of it, for a form: the first thing to correct. */
export function problemLine(payload) {
  return payload.errors?.[0]?.msg ?? payload.detail;
}
