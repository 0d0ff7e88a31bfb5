/** Frames that a correct page would never send. */

import { $ } from "./dom.js";
import { problem } from "./problems.js";

const FRAMES = {
  malformed: () => '{"action": "say", ',
  unknown: () => JSON.stringify({ action: "dance" }),
  invalid: () => JSON.stringify({ action: "roll", payload: { sides: "many" } }),
  large: () => JSON.stringify({ action: "say", payload: { text: "x".repeat(70_000) } }),
  binary: () => new Uint8Array([1, 2, 3]),
  fail: () => JSON.stringify({ action: "fail" }),
};

/** Sends them at a click; the answers come as `error` frames without an id. */
export function offerBadInput(socket) {
  const problems = $("problems");
  for (const button of document.querySelectorAll("[data-bad]")) {
    button.addEventListener("click", () => {
      if (!socket.sendRaw(FRAMES[button.dataset.bad]())) {
        problems.replaceChildren(problem({ code: "connection_lost", detail: "Try again when it is back." }));
      }
    });
  }
  socket.addEventListener("message", ({ detail }) => {
    if (detail.action === "error") problems.replaceChildren(problem(detail.payload));
  });
}
