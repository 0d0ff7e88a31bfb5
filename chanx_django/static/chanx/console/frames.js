// What has passed: a list of frames with time, direction, size, and the frame that each answers.
const { asyncapi, button, copy, element } = globalThis.chanx;
const LIMIT = 500;
const MOST_BYTES = 256;
const list = document.getElementById("console-frames");
const filter = document.getElementById("console-filter");
const direction = document.getElementById("console-direction");
const frames = [];
const waiting = new Map();

function hex(data) {
  const bytes = new Uint8Array(data);
  const shown = [...bytes.slice(0, MOST_BYTES)].map((each) => each.toString(16).padStart(2, "0"));
  return shown.join(" ") + (bytes.length > MOST_BYTES ? " …" : "");
}

function parse(data) {
  if (typeof data !== "string") return undefined;
  try {
    return JSON.parse(data);
  } catch {
    return undefined;
  }
}

function pairing(frame) {
  const id = asyncapi.idOf(frame.value);
  if (id === undefined || id === null) return "";
  const key = JSON.stringify(id);
  if (frame.direction === "sent") {
    waiting.set(key, frame.at);
    return `id ${key}`;
  }
  if (!waiting.has(key)) return `id ${key}`;
  return `answers id ${key} after ${Math.round(frame.at - waiting.get(key))} ms`;
}

function fits(frame) {
  const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
  const text = frame.item.textContent.toLowerCase();
  return (!direction.value || frame.direction === direction.value) && words.every((word) => text.includes(word));
}

function row(frame, resend) {
  const size = typeof frame.data === "string" ? new TextEncoder().encode(frame.data).length : frame.data.byteLength;
  const what = typeof frame.data === "string" ? "" : "binary, ";
  const head = element("p", { className: "head" });
  const time = element("time", { dateTime: frame.time, textContent: frame.time.slice(11, 23) });
  head.append(time, element("strong", { textContent: frame.direction === "sent" ? " ↑ sent " : " ↓ received " }));
  head.append(element("span", { className: "size", textContent: `${what}${size} bytes` }));
  const pair = pairing(frame);
  if (pair) head.append(" ", element("span", { className: "pair", textContent: pair }));
  const text = typeof frame.data === "string" ? frame.data : hex(frame.data);
  const pretty = frame.value === undefined ? text : JSON.stringify(frame.value, null, 2);
  head.append(" ", button("Copy", () => copy(pretty)));
  if (frame.direction === "sent") head.append(" ", button("Resend", () => resend(frame.data)));
  return element("li", { className: frame.direction }, head, element("pre", {}, element("code", { textContent: pretty })));
}

function add(way, data, connection, resend) {
  const frame = { direction: way, data, connection, value: parse(data), time: new Date().toISOString(), at: performance.now() };
  frame.item = row(frame, resend);
  frame.item.hidden = !fits(frame);
  const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 40;
  frames.push(frame);
  list.append(frame.item);
  if (frames.length > LIMIT) frames.shift().item.remove();
  if (atEnd) list.scrollTop = list.scrollHeight;
}

function clear() {
  frames.length = 0;
  waiting.clear();
  list.replaceChildren();
}

const refilter = () => frames.forEach((frame) => (frame.item.hidden = !fits(frame)));
filter.addEventListener("input", refilter);
direction.addEventListener("input", refilter);
document.getElementById("console-clear").addEventListener("click", clear);
globalThis.chanx.frames = { add, of: (connection) => frames.filter((frame) => frame.connection === connection) };
