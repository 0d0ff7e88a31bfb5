/**
 * A WebSocket that comes back.
 *
 * Events: "state" ({name, seconds, code}), "message" (a frame that answers nothing), "frame" (every frame's text).
 */

const FINAL = new Set([4400, 4401, 4403, 4404]);
const FIRST_WAIT = 500;
const LONGEST_WAIT = 15_000;
const PING_EVERY = 25_000;
const PONG_WITHIN = 10_000;

/** Why a request got no result: the payload of an `error` frame, or that the connection was lost. */
export class RequestFailed extends Error {
  constructor(payload) {
    super(payload.detail);
    this.payload = payload;
  }
}

export class Socket extends EventTarget {
  /** @param {() => string} address Gives the path, asked for at each attempt. */
  constructor(address) {
    super();
    this.address = address;
    this.attempt = 0;
    this.lastId = 0;
    this.pending = new Map();
    window.addEventListener("online", () => this.retry());
    setInterval(() => this.beat(), PING_EVERY);
    this.connect();
  }

  connect() {
    clearTimeout(this.timer);
    this.timer = null;
    this.tell({ name: "connecting" });
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(`${scheme}//${location.host}${this.address()}`);
    this.socket = socket;
    socket.addEventListener("message", (event) => this.received(event.data));
    socket.addEventListener("close", (event) => this.closed(socket, event.code));
  }

  /** Try again at once, when it is waiting. */
  retry() {
    if (this.timer) this.connect();
  }

  /** Send any text or bytes; false when there is no connection. */
  sendRaw(data) {
    if (this.socket.readyState !== WebSocket.OPEN) return false;
    this.socket.send(data);
    this.emit("frame", { direction: "out", text: typeof data === "string" ? data : `${data.byteLength} bytes` });
    return true;
  }

  send(action, payload) {
    return this.sendRaw(JSON.stringify({ action, payload }));
  }

  /**
   * Send a frame and wait for its final answer.
   *
   * @param {(frame: object) => void} [onPart] Takes what a stream sends before its end.
   * @returns {{id: string, answer: Promise<object>}} It rejects with RequestFailed.
   */
  request(action, payload, onPart) {
    const id = `page-${++this.lastId}`;
    const answer = new Promise((resolve, reject) => {
      this.pending.set(id, { resolve, reject, onPart });
      if (!this.sendRaw(JSON.stringify({ action, payload, id }))) this.lose(id);
    });
    return { id, answer };
  }

  received(text) {
    this.emit("frame", { direction: "in", text });
    const frame = JSON.parse(text);
    this.heard = true;
    if (frame.action === "authentication" && frame.payload.status_code === 200) {
      this.attempt = 0;
      this.tell({ name: "open" });
    }
    const waiting = this.pending.get(frame.id);
    if (!waiting) {
      this.emit("message", frame);
    } else if (waiting.onPart && frame.action !== "error" && frame.action !== "complete") {
      waiting.onPart(frame);
    } else {
      this.pending.delete(frame.id);
      if (frame.action === "error") waiting.reject(new RequestFailed(frame.payload));
      else waiting.resolve(frame);
    }
  }

  closed(socket, code) {
    if (socket !== this.socket) return;
    for (const id of [...this.pending.keys()]) this.lose(id);
    if (FINAL.has(code)) {
      this.tell({ name: "closed", code });
      return;
    }
    if (code === 4503) this.attempt = Math.max(this.attempt, 3);
    const longest = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** this.attempt++);
    const wait = longest * (0.5 + Math.random() / 2);
    this.timer = setTimeout(() => this.connect(), wait);
    this.tell({ name: "waiting", seconds: wait / 1000, code });
  }

  lose(id) {
    const { reject } = this.pending.get(id);
    this.pending.delete(id);
    reject(new RequestFailed({ code: "connection_lost", detail: "There is no connection. Try again when it is back." }));
  }

  /** A connection that doesn't answer a ping is given up; nothing else tells a dead network from a quiet room. */
  beat() {
    if (!this.send("ping")) return;
    const socket = this.socket;
    this.heard = false;
    setTimeout(() => {
      if (this.heard || socket !== this.socket) return;
      socket.close();
      this.closed(socket, 1006);
    }, PONG_WITHIN);
  }

  tell(state) {
    this.emit("state", state);
  }

  emit(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}
