/** The list of rooms, kept up to date. */

import { $, element, postInPlace, showState } from "./dom.js";
import { Socket } from "./socket.js";

const page = $("rooms-page");
const socket = new Socket(() => page.dataset.socket);

function showRoom({ id, name, private: isPrivate }) {
  const link = element("a", "", element("span", "name", name));
  link.href = page.dataset.roomPage.replace("0", id);
  if (isPrivate) link.append(" ", element("span", "tag", "private"));
  const item = element("li", "", link);
  item.dataset.room = id;
  const old = document.querySelector(`[data-room="${id}"]`);
  if (old) old.replaceWith(item);
  else $("rooms").append(item);
}

socket.addEventListener("message", ({ detail: { action, payload } }) => {
  if (action === "room_saved") showRoom(payload);
  if (action === "announced") $("news").prepend(element("p", "", element("strong", "", payload.author), ` announces: ${payload.text}`));
});

// What changed while there was no connection is on the page that the server renders.
let wasLost = false;
socket.addEventListener("state", ({ detail: { name } }) => {
  if (name === "waiting") wasLost = true;
  if (name === "closed" || (name === "open" && wasLost)) location.reload();
});

showState(socket, $("status"));
postInPlace($("announce"));
