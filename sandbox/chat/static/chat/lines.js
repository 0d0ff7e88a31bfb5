/** What was said, on the page. */

import { $, element } from "./dom.js";

export class Lines {
  constructor() {
    this.list = $("lines");
    this.scroll = $("scroll");
    this.older = $("older");
    this.newest = 0;
    this.oldest = Infinity;
  }

  /** Take the lines of a new connection: all of them, or those that were missed. */
  catchUp(lines, more, me) {
    const missedTooMuch = this.newest && more;
    if (missedTooMuch) this.list.replaceChildren();
    if (!this.newest || missedTooMuch) {
      this.oldest = Infinity;
      this.older.hidden = !more;
    }
    for (const line of lines) this.add(line, me);
    this.scroll.scrollTop = this.scroll.scrollHeight;
  }

  /** Add a line, unless it is there already. */
  add(line, me) {
    if (line.id <= this.newest && line.id >= this.oldest) return;
    this.append(spoken(line, me));
    this.newest = Math.max(this.newest, line.id);
    this.oldest = Math.min(this.oldest, line.id);
  }

  /** Add older lines above, and keep what is read where it is. */
  prepend(lines, more, me) {
    const height = this.scroll.scrollHeight;
    this.list.prepend(...lines.map((line) => spoken(line, me)));
    if (lines.length) this.oldest = lines[0].id;
    this.older.hidden = !more;
    this.scroll.scrollTop += this.scroll.scrollHeight - height;
  }

  /** Add something that nobody said. */
  note(text, kind = "") {
    this.append(element("li", `note ${kind}`, text));
  }

  append(item) {
    const { scrollTop, clientHeight, scrollHeight } = this.scroll;
    const atEnd = scrollHeight - scrollTop - clientHeight < 60;
    this.list.append(item);
    if (atEnd) this.scroll.scrollTop = this.scroll.scrollHeight;
  }
}

function spoken({ id, author, text, at }, me) {
  const when = new Date(at);
  const time = element("time", "quiet", when.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" }));
  time.dateTime = at;
  time.title = when.toLocaleString();
  const head = element("span", "head", element("strong", "", author), " ", time);
  const item = element("li", author === me ? "mine" : "", head, element("span", "text", text));
  item.dataset.line = id;
  return item;
}
