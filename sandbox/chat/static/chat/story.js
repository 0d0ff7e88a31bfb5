/** A stream of words, which can be stopped. */

import { $ } from "./dom.js";

export function offerStory(socket) {
  const [form, cancel, text, state] = [$("story"), $("cancel"), $("story-text"), $("story-state")];
  let running = null;

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (running) return;
    text.textContent = "";
    state.textContent = "Telling…";
    const payload = Object.fromEntries(new FormData(form));
    const story = socket.request("story", payload, (frame) => {
      text.append(`${frame.payload.text} `);
    });
    running = story.id;
    cancel.disabled = false;
    try {
      await story.answer;
      state.textContent = "The end.";
    } catch (error) {
      state.textContent = error.payload.code === "cancelled" ? "Cancelled." : error.payload.detail;
    }
    running = null;
    cancel.disabled = true;
  });

  // Whether it came in time, the answer to the story tells.
  cancel.addEventListener("click", () => socket.send("cancel", { id: running }));
}
