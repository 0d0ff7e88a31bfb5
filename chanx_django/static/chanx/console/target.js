// Where to connect: parameters of path and query, and what the security schemes ask for.
const { asyncapi, element, simple } = globalThis.chanx;

function input(container, label, properties = {}) {
  const field = element("input", { type: "text", spellcheck: false, ...properties });
  container.append(element("label", { textContent: `${label} ` }, field));
  return field;
}

function suggestion(given) {
  const [schema] = simple(given ?? {});
  return String(schema.examples?.[0] ?? schema.default ?? schema.enum?.[0] ?? "");
}

const note = (container, text) => container.append(element("p", { className: "note-line", textContent: text }));

// Set a cookie for the handshake alone; what was there before comes back.
function lend(name, value) {
  const before = document.cookie.split("; ").find((each) => each.startsWith(`${name}=`));
  document.cookie = `${name}=${value}; path=/; samesite=strict`;
  return () => {
    document.cookie = before ? `${before}; path=/` : `${name}=; path=/; max-age=0`;
  };
}

class Target {
  constructor(container, channel) {
    this.channel = asyncapi.all.channels[channel];
    this.schemes = asyncapi.schemes(channel);
    this.path = new Map();
    this.query = new Map();
    this.tokens = new Map();
    this.cookies = new Map();
    this.subprotocols = null;
    container.replaceChildren();
    this.parameters(container);
    for (const scheme of this.schemes) this.credential(container, scheme);
    const offered = this.channel.bindings?.ws?.["x-subprotocols"] ?? [];
    if (!this.subprotocols && offered.length) this.offer(container, offered);
  }

  parameters(container) {
    for (const [name, given] of Object.entries(this.channel.parameters ?? {})) {
      const parameter = asyncapi.resolve(given);
      const value = parameter.examples?.[0] ?? suggestion(parameter["x-schema"]);
      this.path.set(name, input(container, `${name} (in the path)`, { value, title: parameter.description ?? "", required: true }));
    }
    const tokens = this.schemes.filter((each) => each.in === "query").map((each) => each.name);
    const query = simple(this.channel.bindings?.ws?.query ?? {})[0];
    for (const [name, given] of Object.entries(query.properties ?? {})) {
      if (tokens.includes(name)) continue;
      const required = (query.required ?? []).includes(name);
      const title = asyncapi.resolve(given).description ?? "";
      this.query.set(name, input(container, `${name} (in the query)`, { placeholder: suggestion(given), title, required }));
    }
  }

  credential(container, scheme) {
    if (scheme.in === "query") {
      this.tokens.set(scheme.name, input(container, `${scheme.name} (token in the query)`, { type: "password" }));
    } else if (scheme.in === "cookie") {
      note(container, `The browser sends the cookie ${scheme.name} by itself if you are signed in here.`);
      this.cookies.set(scheme.name, input(container, `${scheme.name} (another cookie)`, { type: "password" }));
    } else if (scheme.in === "header" && scheme.name.toLowerCase() === "sec-websocket-protocol") {
      this.offer(container, this.channel.bindings?.ws?.["x-subprotocols"] ?? [], scheme.description);
    } else {
      const what = scheme.type === "http" ? `Authorization: ${scheme.scheme}` : (scheme.name ?? scheme.type);
      note(container, `Browsers can't set ${what} for WebSockets; other clients can.`);
    }
  }

  offer(container, offered, description = "") {
    if (description) note(container, description);
    this.subprotocols = input(container, "Subprotocols, with commas between", { value: offered.join(", ") });
  }

  // The path and query without credentials.
  address() {
    const path = this.channel.address.replace(/\{([^}]+)\}/g, (whole, name) => {
      const field = this.path.get(name);
      return field ? encodeURIComponent(field.value) : whole;
    });
    const filled = [...this.query].filter(([, field]) => field.value !== "");
    const query = new URLSearchParams(filled.map(([name, field]) => [name, field.value])).toString();
    return query ? `${path}?${query}` : path;
  }

  url(server) {
    const url = new URL(server + this.address());
    for (const [name, field] of this.tokens) if (field.value) url.searchParams.append(name, field.value);
    if (!asyncapi.servers().has(server) || url.host !== new URL(server).host) throw new Error("This is no server of the document.");
    return url.href;
  }

  protocols() {
    return (this.subprotocols?.value ?? "").split(",").map((each) => each.trim()).filter(Boolean);
  }

  // Set the cookies that were given; returns what takes them back.
  lendCookies() {
    const given = [...this.cookies].filter(([, field]) => field.value);
    const back = given.map(([name, field]) => lend(name, encodeURIComponent(field.value)));
    return () => back.splice(0).forEach((each) => each());
  }
}

globalThis.chanx.Target = Target;
