/** One room. */

import { offerBadInput } from "./bad.js";
import { $, element, postInPlace, showState } from "./dom.js";
import { logFrames } from "./frames.js";
import { Lines } from "./lines.js";
import { problemLine } from "./problems.js";
import { Socket } from "./socket.js";
import { offerStory } from "./story.js";

const page = $("room-page");
const lines = new Lines();
const people = new Set();
const writing = new Map();
let me = null;

const socket = new Socket(() => (lines.newest ? `${page.dataset.socket}?since=${lines.newest}` : page.dataset.socket));

const REFUSALS = {
  4400: ["This address is wrong", "The room's address has a part that the server doesn't take."],
  4401: ["You are signed out", "Sign in to come back to this room."],
  4403: ["This room is private", "Only its owner and its members may enter. Ask the owner to let you in."],
  4404: ["There is no such room", "It was deleted, or it never existed."],
};

const take = {
  opened({ room, you, owner, lines: found, more }) {
    me = you;
    showName(room.name);
    $("rename-box").hidden = owner !== you;
    people.clear();
    lines.catchUp(found, more, me);
  },
  said(line) {
    writing.delete(line.author);
    showWriting();
    lines.add(line, me);
  },
  typing({ name }) {
    clearTimeout(writing.get(name));
    writing.set(name, setTimeout(() => stopWriting(name), 3000));
    showWriting();
  },
  present({ name }) {
    people.add(name);
    showPeople();
  },
  absent({ name }) {
    people.delete(name);
    stopWriting(name);
    showPeople();
  },
  rolled({ name, sides, value }) {
    lines.note(`${name} rolls a ${value} (of ${sides})`);
  },
  announced({ author, text }) {
    lines.note(`${author} announces: ${text}`, "announcement");
  },
  room_saved({ name }) {
    if (name !== $("room-name").textContent) lines.note(`The room is now called “${name}”`);
    showName(name);
  },
};

function showName(name) {
  $("room-name").textContent = name;
  document.title = `${name} · chanx sandbox`;
}

function showPeople() {
  const names = [...people].sort();
  $("people").replaceChildren(...names.map((name) => element("li", "", name === me ? `${name} (you)` : name)));
}

function stopWriting(name) {
  clearTimeout(writing.get(name));
  writing.delete(name);
  showWriting();
}

function showWriting() {
  const names = [...writing.keys()];
  $("typing").textContent = names.length ? `${names.join(", ")} ${names.length > 1 ? "are" : "is"} writing…` : "";
}

function showProblem(payload) {
  $("say-problem").textContent = payload ? problemLine(payload) : "";
  $("say-problem").hidden = !payload;
}

/** Send a form as a message; what the server doesn't take comes back, before what was written since. */
function sends(form, action) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const payload = Object.fromEntries(new FormData(form));
    form.reset();
    try {
      await socket.request(action, payload).answer;
      showProblem(null);
    } catch (error) {
      showProblem(error.payload);
      for (const [name, value] of Object.entries(payload)) form.elements[name].value = value + form.elements[name].value;
    }
  });
}

socket.addEventListener("message", ({ detail: { action, payload } }) => take[action]?.(payload));
socket.addEventListener("state", ({ detail: { name, code } }) => {
  if (name !== "open") {
    people.clear();
    showPeople();
  }
  if (name === "closed") {
    const [title, text] = REFUSALS[code];
    $("gate-title").textContent = title;
    $("gate-text").textContent = text;
    $("gate-login").hidden = code !== 4401;
    $("gate").hidden = false;
    page.hidden = true;
  }
});

sends($("say"), "say");
sends($("rename"), "rename");
$("roll").addEventListener("click", () => socket.send("roll", {}));
$("older").addEventListener("click", async () => {
  try {
    const { payload } = await socket.request("history", { before: lines.oldest }).answer;
    lines.prepend(payload.lines, payload.more, me);
  } catch (error) {
    showProblem(error.payload);
  }
});

let lastTold = 0;
$("say").addEventListener("input", () => {
  if (Date.now() - lastTold < 2000) return;
  lastTold = Date.now();
  socket.send("typing");
});

showState(socket, $("status"), $("retry"));
postInPlace($("announce"));
offerStory(socket);
offerBadInput(socket);
logFrames(socket);
