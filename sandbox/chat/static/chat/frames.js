/** The log of what goes over the wire. */

import { $, element } from "./dom.js";

const KEPT = 100;
const LONGEST = 600;

export function logFrames(socket) {
  const list = $("frames");
  socket.addEventListener("frame", ({ detail: { direction, text } }) => {
    const shown = text.length > LONGEST ? `${text.slice(0, LONGEST)}… (${text.length} characters)` : text;
    const arrow = element("span", "arrow", direction === "in" ? "←" : "→");
    arrow.setAttribute("aria-label", direction === "in" ? "received" : "sent");
    const time = element("time", "quiet", new Date().toLocaleTimeString());
    list.prepend(element("li", direction, arrow, " ", time, " ", element("code", "", shown)));
    while (list.children.length > KEPT) list.lastChild.remove();
  });
  $("frames-clear").addEventListener("click", () => list.replaceChildren());
}
