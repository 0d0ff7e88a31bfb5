// JSON values as literals of Python and TypeScript, and programs around them.
const chanx = (globalThis.chanx ??= {});
const NAMES = { true: "True", false: "False", null: "None" };

function python(value, indent = "") {
  const inner = `${indent}    `;
  if (Array.isArray(value)) {
    if (!value.length) return "[]";
    return `[\n${value.map((each) => `${inner}${python(each, inner)},\n`).join("")}${indent}]`;
  }
  if (value && typeof value === "object") {
    const keys = Object.keys(value);
    if (!keys.length) return "{}";
    const lines = keys.map((key) => `${inner}${JSON.stringify(key)}: ${python(value[key], inner)},\n`);
    return `{\n${lines.join("")}${indent}}`;
  }
  return NAMES[String(value)] && typeof value !== "string" ? NAMES[String(value)] : JSON.stringify(value);
}

function typescript(value, indent = "") {
  const inner = `${indent}  `;
  if (Array.isArray(value)) {
    if (!value.length) return "[]";
    return `[\n${value.map((each) => `${inner}${typescript(each, inner)},\n`).join("")}${indent}]`;
  }
  if (value && typeof value === "object") {
    const keys = Object.keys(value);
    if (!keys.length) return "{}";
    const name = (key) => (/^[A-Za-z_$][\w$]*$/.test(key) ? key : JSON.stringify(key));
    const lines = keys.map((key) => `${inner}${name(key)}: ${typescript(value[key], inner)},\n`);
    return `{\n${lines.join("")}${indent}}`;
  }
  return JSON.stringify(value);
}

chanx.python = python;
chanx.programs = {
  JSON: (value) => JSON.stringify(value, null, 2),
  TypeScript: (value, sent) =>
    sent ? `socket.send(JSON.stringify(${typescript(value)}));` : `const message = ${typescript(value)} as const;`,
  Python: (value, sent) =>
    sent ? `await websocket.send(json.dumps(${python(value)}))` : `message = ${python(value)}`,
};
