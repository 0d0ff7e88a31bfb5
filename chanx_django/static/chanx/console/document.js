// The AsyncAPI document of the page, with its references followed.
const chanx = (globalThis.chanx ??= {});
const all = JSON.parse(document.getElementById("asyncapi-document").textContent);

function at(reference) {
  let found = all;
  for (const part of reference.slice(2).split("/")) {
    found = found?.[decodeURIComponent(part).replaceAll("~1", "/").replaceAll("~0", "~")];
  }
  return found ?? {};
}

function resolve(value) {
  const seen = new Set();
  let found = value ?? {};
  while (typeof found.$ref === "string" && !seen.has(found.$ref)) {
    seen.add(found.$ref);
    found = at(found.$ref);
  }
  return found;
}

function operations(channel) {
  return Object.entries(all.operations ?? {})
    .filter(([, operation]) => operation.action === "receive" && operation.channel.$ref === `#/channels/${channel}`)
    .flatMap(([key, operation]) =>
      operation.messages.map((each) => {
        const message = resolve(each);
        const name = key.startsWith(`${channel}_`) ? key.slice(channel.length + 1) : key;
        const label = operation.messages.length > 1 ? `${name}: ${message.name}` : name;
        return { key, label, message };
      }),
    );
}

function schemes(channel) {
  const references = Object.values(all.operations ?? {})
    .filter((operation) => operation.channel.$ref === `#/channels/${channel}`)
    .flatMap((operation) => operation.security ?? []);
  return [...new Set(references.map((each) => each.$ref))].map(at);
}

// Where the id of a frame stands, like ["id"]; null where the document has no such thing.
function idPath(message) {
  const location = resolve(message?.correlationId ?? Object.values(all.components?.correlationIds ?? {})[0]).location;
  return location?.startsWith("$message.payload#/") ? location.split("#/")[1].split("/") : null;
}

function idOf(frame) {
  return (idPath() ?? []).reduce((value, key) => value?.[key], idPath() ? frame : undefined);
}

// The servers of the document, and the one that the page came from: no other host is ever connected to.
function servers() {
  const found = new Map();
  for (const [name, given] of Object.entries(all.servers ?? {})) {
    const server = resolve(given);
    if (!["ws", "wss"].includes(server.protocol)) continue;
    const fill = (text) => text.replace(/\{([^}]+)\}/g, (_, key) => resolve(server.variables?.[key]).default ?? "");
    found.set(fill(`${server.protocol}://${server.host}${server.pathname ?? ""}`).replace(/\/$/, ""), name);
  }
  const own = `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}`;
  if (!found.has(own)) found.set(own, "this site");
  return found;
}

chanx.asyncapi = { all, resolve, operations, schemes, idPath, idOf, servers };
