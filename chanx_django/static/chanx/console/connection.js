// One connection at a time: opens it, tells of what comes, and comes back when it is lost.
const { frames } = globalThis.chanx;
const LONGEST = 30_000;
const FINAL = [1000, 4400, 4401, 4403, 4404];

class Connection {
  constructor(changed) {
    this.changed = changed;
    this.socket = null;
    this.number = 0;
    this.attempts = 0;
    this.timer = null;
  }

  get open() {
    return this.socket?.readyState === WebSocket.OPEN;
  }

  get busy() {
    return this.socket !== null || this.timer !== null;
  }

  // `target` says where; `again` whether to come back.
  connect(target, server, again) {
    this.drop();
    const giveBack = target.lendCookies();
    let socket;
    try {
      socket = new WebSocket(target.url(server), target.protocols());
    } catch (error) {
      giveBack();
      this.changed(`Can't connect: ${error.message}`);
      return;
    }
    this.socket = socket;
    this.number += 1;
    socket.binaryType = "arraybuffer";
    socket.addEventListener("open", () => {
      giveBack();
      this.attempts = 0;
      this.changed(socket.protocol ? `Connected with ${socket.protocol}` : "Connected");
    });
    const number = this.number;
    socket.addEventListener("message", ({ data }) => frames.add("received", data, number, (each) => this.send(each)));
    socket.addEventListener("close", (event) => {
      giveBack();
      if (this.socket === socket) this.closed(event, () => this.connect(target, server, again), again());
    });
    this.changed("Connecting…");
  }

  closed({ code, reason }, retry, again) {
    this.socket = null;
    const why = `Closed with ${code}${reason ? `: ${reason}` : ""}`;
    if (!again || FINAL.includes(code)) {
      this.changed(why);
      return;
    }
    const delay = Math.min(LONGEST, 1000 * 2 ** this.attempts) * (0.5 + Math.random() / 2);
    this.attempts += 1;
    this.timer = setTimeout(() => {
      this.timer = null;
      retry();
    }, delay);
    this.changed(`${why}. Reconnecting…`);
  }

  drop() {
    clearTimeout(this.timer);
    this.timer = null;
    const socket = this.socket;
    this.socket = null;
    socket?.close();
    this.changed("Not connected");
  }

  send(data) {
    if (!this.open) {
      this.changed("Not connected: nothing was sent");
      return;
    }
    this.socket.send(data);
    frames.add("sent", data, this.number, (each) => this.send(each));
  }
}

globalThis.chanx.Connection = Connection;
